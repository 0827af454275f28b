"""Files to and from the platform: 9101, 9102, and the tables inside the archives; never whole in memory."""

"""``mi-bridge reconcile``: compare our settlements with the platform's books, and report what differs."""

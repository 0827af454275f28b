"""What a request is, which states it may pass through, and what an answer means for it."""

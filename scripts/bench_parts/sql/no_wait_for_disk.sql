-- For the observer's own notes only.
SET synchronous_commit = off

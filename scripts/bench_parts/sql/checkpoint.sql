-- Every run begins with nothing left to write from the run before.
CHECKPOINT

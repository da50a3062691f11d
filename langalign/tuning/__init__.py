"""Step 1: an encoder is tuned to the task before it is frozen."""

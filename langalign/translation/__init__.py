"""Step 0: pairs are made by translating, and no answer is paid for twice."""

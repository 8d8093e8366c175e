"""Training: the loop, what it records, the evaluation of its result, and the exported files."""

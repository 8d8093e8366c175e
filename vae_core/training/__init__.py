"""Training: the loop, the evaluation at its end, and the files that it writes."""

"""Train: the form, the queue, and the live view of a run."""

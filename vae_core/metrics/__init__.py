"""Metrics of a trained run, in NumPy; each names its source."""

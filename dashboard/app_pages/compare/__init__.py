"""Compare: runs of several β side by side."""

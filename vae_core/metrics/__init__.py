"""Numbers about a trained run, in NumPy; each says where it comes from."""

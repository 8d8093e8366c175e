"""Read pictures in a zip or a folder, and find their labels and their split."""

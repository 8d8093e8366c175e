"""A run as a zip for somebody else, and back."""

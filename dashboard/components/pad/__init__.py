"""A pad to draw on."""

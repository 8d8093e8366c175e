"""Arithmetic: the direction from one group of images to another, added to any picture."""

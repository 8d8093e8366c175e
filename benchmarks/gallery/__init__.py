"""The runs that ship in pretrained/: their recipes, their training, and their README."""

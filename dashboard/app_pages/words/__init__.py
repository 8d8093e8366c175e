"""Words: walks between two texts, samples, and the plane as a grid of words."""

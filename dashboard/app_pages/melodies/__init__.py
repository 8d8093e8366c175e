"""Melodies: a path between two melodies, samples of the prior, and reconstructions."""

"""Melodies: a walk between two melodies, samples of the prior, and reconstructions."""

"""Latent space: where a run puts its data, and what a point decodes to."""

"""Latent space: a scatter of the posteriors, and what points, selections and drawings decode to."""

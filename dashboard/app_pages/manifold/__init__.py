"""Manifold: the latent plane as pictures, paths through it, and exports."""

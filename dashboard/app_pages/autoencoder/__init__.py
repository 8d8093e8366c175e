"""Autoencoder vs VAE: the same networks without noise and rate, and what that costs."""

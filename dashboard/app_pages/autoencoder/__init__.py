"""Autoencoder vs VAE: the same networks with and without noise and rate."""

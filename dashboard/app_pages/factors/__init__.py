"""Known factors: which latent dimension follows what the pictures were made from."""

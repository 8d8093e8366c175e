"""Known factors: which latent dimension follows which factor of the pictures."""

"""A latent vector added to pictures, by a slider."""

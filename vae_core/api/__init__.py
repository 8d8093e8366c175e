"""What notebooks and scripts call; its names are those of `vae_core` itself."""

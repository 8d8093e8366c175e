"""Functions for notebooks and scripts. `vae_core` itself exports them."""

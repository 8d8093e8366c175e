"""Points of the latent space: planes, paths, samples, alignment, arithmetic, coverage."""

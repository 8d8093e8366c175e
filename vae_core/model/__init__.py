"""The VAE: architectures, likelihoods, priors and objectives, and the schedules of beta."""

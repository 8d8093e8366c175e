"""Learn: what KL is, from entropy to the ELBO of a run, one section per file."""

"""Learn: what KL is, from entropy up to the ELBO of a run; a section a file."""

"""Priors p(z): one file each."""

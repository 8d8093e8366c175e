"""Benchmarks; each prints its measurements, also when they are worse than the aims."""

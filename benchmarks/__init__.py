"""Benchmarks. Each prints what it measures, even if it misses the aim."""

"""Benchmarks. Each prints what it measures, also if it is worse than the aim."""

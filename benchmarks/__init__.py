"""Measurements that print what they found, also when it is not flattering."""

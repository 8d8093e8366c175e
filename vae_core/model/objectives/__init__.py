"""Objectives: what training minimises, one file each."""

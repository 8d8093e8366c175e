"""A run's decoder in the browser."""

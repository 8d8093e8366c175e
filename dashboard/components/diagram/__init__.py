"""A drawing in the colours of the page."""

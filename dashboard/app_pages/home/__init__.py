"""Home: the lesson at a glance, on runs that open at once."""

"""Home: what β does, on the runs of one sweep."""

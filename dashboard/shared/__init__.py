"""What several pages share, a file a thing."""

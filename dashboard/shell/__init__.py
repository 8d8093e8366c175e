"""What surrounds every page: the link, presentation mode, memory."""

"""What the web server refuses before a page runs."""

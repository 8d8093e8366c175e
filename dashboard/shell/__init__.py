"""Parts around every page: links, presentation mode, and the process's memory."""

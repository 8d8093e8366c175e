"""Browser components: a Python function each, and its JavaScript beside it."""

"""Browser components: each has a Python function, with its JavaScript in the same folder."""

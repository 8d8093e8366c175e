"""The sections of the Learn page, one a module: controls, a call, a figure."""

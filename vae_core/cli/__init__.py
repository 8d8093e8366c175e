"""The command line: `app` knows the commands, each has a file, and the options for the fields of a
config are made from their metadata.

Built on Click. Its options are objects, so they can be made from the metadata, and an option that
isn't given has no value, which data of different kinds fill differently. Typer and Cyclopts would
need generated functions for that. Streamlit installs Click anyway.
"""

"""The command line: `app` lists the commands, and each command has a file.

Options for the fields of a config are made from the fields' metadata. In Click options are objects,
so this is simple. An option that isn't given has no value there, so the kind of data can fill it.
Typer and Cyclopts would need generated functions. Streamlit installs Click anyway.
"""

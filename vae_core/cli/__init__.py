"""The command line: `app` lists the commands, and each command has a file.

Options for the fields of a config are made from the fields' metadata. This is simple in Click,
where options are objects. (Typer and Cyclopts make them from a function's arguments.) If an option
isn't given, the field gets the usual setting of the kind of data. Streamlit installs Click anyway.
"""

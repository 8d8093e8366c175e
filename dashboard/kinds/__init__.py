"""How items of a kind of data are shown, one file per kind."""

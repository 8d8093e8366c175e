"""How an item of a kind of data looks, one file a kind."""

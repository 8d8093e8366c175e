"""Parts that several pages share, one file per part."""

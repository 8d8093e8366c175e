"""Read tables: a row is an image. A table holds text (csv), or typed columns (Parquet)."""

"""Read tables: a row is an image. A table holds text (csv), or typed columns (Parquet).

    csv             .csv and .tsv: the rows, and what is said of them
    csv_lines       lines in UTF-8 or UTF-16
    csv_quotes      rows that are in quotation marks as a whole
    csv_dialect     delimiter, header and empty columns
    csv_preamble    what is above the first row of data
    parquet         .parquet
    parquet_types   what a column of .parquet holds, by its type

What a column is, for both:

    columns         `choose`: pixels, label, split, or left out
    sample          the first rows, column by column
    label_column    the column, or the one-hot columns, of the labels
    split           the column of the split
    pixel_order     the order of the pixel columns
    column_values   what the fields of a column look like
    column_names    the words for labels, files and numbers of rows

What a field is:

    number_text     numbers with decimal commas, thousands, TRUE and FALSE
    image_cells     a whole image in one cell
    pixel_numbers   fields of pixels as numbers
    label_values    fields of labels as labels
"""

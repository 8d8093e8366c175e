"""Read pictures in a zip or a folder, and find their labels and their split.

zip, folder       list the files
entries           sorts the files, and reads pictures, labels and split
decode            a picture file as grey arrays

labels_and_split  decides among folders, tables and names
masks             pictures that are masks of others
folder_labels     labels in the folders
folder_split      the split in the folders
name_labels       labels in the names of the pictures

table_labels      labels and split in tables beside the pictures
table_rows        the cells of such a table: delimiters, encodings, JSON
table_columns     its columns of names, labels and the split
table_headings    the words that head these columns
picture_names     finds the picture that a cell names
"""

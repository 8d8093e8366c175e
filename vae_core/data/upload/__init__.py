"""Make a data set from a user's file, or refuse it with one sentence that says why.

A user's file can hold anything, so it is read in a child process with limited memory and time:

    reader          the parent: starts the child, and keeps or discards what it wrote
    child           the child: reads, splits, and writes the data and a preview
    limits          sizes of files and images, and the resources of the child

The child finds out what the file is:

    single_file     unpacks gzip, and a zip that holds one file of data
    gzip_chunks     unpacks gzip within a limit
    formats         chooses the reader by the first bytes and the name
    other_formats   tells by the first bytes or the name that a format is not read
    other_texts     tells that a text is JSON, XML, SQL ...
    conversions     what each format that isn't read is, and how to convert it

Its readers, a folder a kind of file; texts, one per line, are read by `vae_core.data.text_items`:

    arrays/         .npz, .npy, IDX, .mat, .h5
    pictures/       image files in a .zip or a folder
    tables/         .csv, .tsv, .parquet: one image per row

What the readers share:

    images          collects images as grey squares of one size
    scale           which pixel value is black, and which is white
    labels          labels as indices and names
    split_words     words such as train and test in names of arrays, folders, columns and files
    hidden_files    files that are hidden, or that systems add
    emnist          a note on the files of EMNIST
    wording         counts and lists of names for sentences
"""

"""Make a data set from a user's file, or refuse it with one sentence that says why.

    arrays     .npz, .npy, IDX, .mat, .h5: see `arrays.arrays.read_arrays`
    pictures   .zip or a folder; the labels are the names of folders, or in a table beside them
    tables     .csv, .tsv, .parquet: one image per row; see `tables.columns.choose`
    texts      .txt, one text per line; see `vae_core.data.text_items.parse_items`

Each may be packed with gzip. Of other formats `conversions` says how to convert them. Colour
becomes grey (luma of ITU-R 601). Images are cropped to the middle square and resized with Pillow's
bilinear filter. If a file has no split, a fifth is held out, drawn by a fixed seed.

A user's file can hold anything, so it is read in a child process with limited memory and time:

    python -m vae_core.data.upload.child REQUEST

It prints one line of JSON, the summary or the error.
"""

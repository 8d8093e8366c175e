"""Make a data set from a user's file, or refuse it with one sentence that says why.

    .npz   `x`, or `x_train` and `x_test`: (n, h, w), (n, h, w, 3) or (n, pixels); labels `y`, or
           `y_train` and `y_test`, whole numbers or text; `label_names`
    .zip   PNG, JPEG, GIF, BMP, WebP, TIFF, PGM or PPM; labels and split are in the names of
           folders, see `folder_labels`, or labels in a table beside them, see `label_tables`; a
           folder on disk is read the same way
    .csv   one image per row; labels in a column named label, or in the first column if the other
           columns make a square
    .txt   one text per line; see `vae_core.data.text_items.parse_items`

Colour becomes grey (luma of ITU-R 601). Images are cropped to the middle square and resized with
Pillow's bilinear filter. White is 255, or 1 if no pixel is above 1.
Without `x_test` a fifth is held out, drawn by a fixed seed.

A user's file can hold anything, so it is read in a child process with limited memory and time:

    python -m vae_core.data.upload.child REQUEST

It prints one line of JSON, the summary or the error.
"""

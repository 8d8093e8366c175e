"""A file of the user's own -> a data set, or one sentence that says why not.

    .npz   `x`, or `x_train` and `x_test`: (n, h, w), (n, h, w, 3) or (n, pixels); labels `y`, or
           `y_train` and `y_test`, whole numbers or text; `label_names`
    .zip   PNG, JPEG, GIF, BMP, WebP or TIFF; labels are the names of folders, if all are in one
    .csv   an image a row; labels in a column named label, or in the first where the others make
           a square
    .txt   a text a line, for an architecture of texts; see `vae_core.text.items_of`

Colour becomes grey by the luma of ITU-R 601; of what is not square the middle is taken; where the
size differs it is resized (bilinear, over the area of each new pixel). Pixels are 0 to 255, or 0 to
1 where none is above 1. Without `x_test` a fifth is held out, drawn by a fixed seed.

Nobody knows what is in a file from outside, so it is read in a process of its own, whose memory
and time are limited:

    python -m vae_core.data.upload.child REQUEST   prints one line of JSON, the summary or the error
"""

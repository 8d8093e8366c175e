"""Data sets by name: images (n, h, w, c) in [0, 1], or texts; each has a held-out part.

`VAE_LAB_DATA` names a folder with data files. It is searched first, for mnist.npz and
fashion_mnist.npz (in the layout of keras.datasets) and olivetti_faces.npz (arrays `images` and
`target`). What is not there is downloaded with the usual loader.

`digits` and `shapes` need no file. `shapes_NUMBER_SIZE` draws NUMBER shapes of SIZE pixels per
side; a fifth is held out. `melodies` is made from scores in the music21 package and stored with the
user's own data sets.

The user's own data sets come from `vae_core.data.upload` and are stored as `.datasets/<name>.npz`
in the default run store. Their name contains a hash of their content, so a name always stands for
the same data.
"""

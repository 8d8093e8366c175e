"""Data sets by name: images (n, h, w, c) or vectors (n, features) in [0, 1], or texts.

Each data set has a training part and a held-out part.

`VAE_LAB_DATA` names a folder with data files: mnist.npz and fashion_mnist.npz (in the layout of
keras.datasets), olivetti_faces.npz (arrays `images` and `target`), names.txt and melodies.npz.
Images that are not in this folder are downloaded by Keras or scikit-learn.

`digits`, `shapes` and `unicode_names` need no file. `shapes_NUMBER_SIZE` draws NUMBER shapes of
SIZE pixels per side; a fifth is held out. `melodies` is made from scores in the music21 package and
stored with the user's own data sets.

The user's own data sets come from `vae_core.data.upload` and are stored as `.datasets/<name>.npz`
in the default run store. The name contains a hash of the content, so it always means the same data.
"""

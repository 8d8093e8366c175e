"""Data sets by name: grey square images, float32 in [0, 1], with the set's own split; or texts.

`VAE_LAB_DATA` names a folder that is looked in first (mnist.npz, fashion_mnist.npz in the layout
of keras.datasets, olivetti_faces.npz as scikit-learn's loader has it: images and target); else the
usual loader downloads. `digits` and `shapes` need neither, and `shapes_NUMBER_SIZE` asks for as
many shapes of that many pixels a side, a fifth of them held out. `melodies` are made of scores that
music21 carries, and kept beside the user's own.

Data sets of the user's own (`vae_core.data.upload` makes them) lie in `.datasets/<name>.npz` of
the default run store. Their name holds a hash of their content, so a name always means the same
images.
"""

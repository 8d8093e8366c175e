"""Read images from files that hold named arrays in another format than NumPy's."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from vae_core.data.upload.hdf5 import HDF5, hdf5_arrays
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.matlab import matlab_arrays
from vae_core.data.upload.npz import read_npz


def read_converted(path: Path, images: Images) -> Raw:
    """Add the images of an HDF5 or .mat file to `images`, and return their labels."""
    with open(path, "rb") as file:
        is_hdf5 = file.read(len(HDF5)) == HDF5
    arrays = (hdf5_arrays if is_hdf5 else matlab_arrays)(path, images.shown, images.limits)
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "arrays.npz", allow_pickle=False, **arrays)
        return read_npz(Path(folder) / "arrays.npz", images)

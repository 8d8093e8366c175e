"""Read images from files that hold named arrays in another format than NumPy's."""

from __future__ import annotations

from pathlib import Path

from vae_core.data.upload.arrays import in_memory, read_arrays
from vae_core.data.upload.hdf5 import HDF5, hdf5_arrays
from vae_core.data.upload.images import Images, Raw
from vae_core.data.upload.matlab import matlab_arrays

CONVERTED = (".h5", ".hdf5", ".hdf", ".mat")


def read_converted(path: Path, images: Images) -> Raw:
    """Add the images of an HDF5 or .mat file to `images`, and return their labels."""
    with open(path, "rb") as file:
        is_hdf5 = file.read(len(HDF5)) == HDF5
    arrays = (hdf5_arrays if is_hdf5 else matlab_arrays)(path, images.shown, images.limits)
    return read_arrays({name: in_memory(array) for name, array in arrays.items()}, images)

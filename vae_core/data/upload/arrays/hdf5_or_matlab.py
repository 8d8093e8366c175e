"""Read images and labels from an HDF5 or .mat file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from vae_core.data.upload.arrays.arrays import read_arrays
from vae_core.data.upload.arrays.hdf5 import HDF5, MATLAB, hdf5_arrays
from vae_core.data.upload.arrays.matlab import matlab_arrays
from vae_core.data.upload.arrays.stored import in_memory
from vae_core.data.upload.images import Images, Raw
from vae_core.sandbox import RefusedError

HDF5_OR_MATLAB = (".h5", ".hdf5", ".hdf", ".mat")


def read_hdf5_or_matlab(path: Path, images: Images) -> Raw:
    """Add the images of an HDF5 or .mat file to `images`, and return their labels."""
    with open(path, "rb") as file:
        first = file.read(len(MATLAB))
    is_hdf5, is_matlab = first.startswith((HDF5, MATLAB)), not first.startswith(HDF5)
    nested = (hdf5_arrays if is_hdf5 else matlab_arrays)(path, images.shown, images.limits)
    arrays = {name: in_memory(array) for name, array in nested.named().items()}
    try:
        raw = read_arrays(arrays, images, columns_first=is_matlab)
    except RefusedError as error:
        raise RefusedError(" ".join([str(error), *nested.what_was_left_out()])) from error
    if is_matlab:
        raw = _counted_from_0(raw)
    return replace(raw, notes=(*raw.notes, *nested.notes, *nested.what_was_left_out()))


def _counted_from_0(raw: Raw) -> Raw:
    """Change labels that index their names from 1, as MATLAB does, if they must do so."""
    labels = np.asarray(raw.labels if raw.labels is not None else [])
    if raw.label_names is None or labels.dtype.kind not in "iuf" or labels.size != len(labels):
        return raw
    if labels.min() < 1 or labels.max() != len(raw.label_names):
        return raw
    note = "The labels count the names from 1, as MATLAB does."
    return replace(raw, labels=labels.astype(np.int64) - 1, notes=(*raw.notes, note))

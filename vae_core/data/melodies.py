"""The data set `melodies`: melodies of two bars from Bach's chorales."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vae_core.data import chorales
from vae_core.data.dataset import Dataset, DatasetError, items_of_arrays, of_items
from vae_core.data.local_files import local_file, read_npz
from vae_core.data.own import OWN_KEYS, own_folders
from vae_core.runs.disk import replace_file

MELODIES = "melodies.npz"

NO_MELODIES = (
    "data set 'melodies' is not on this machine, and making it needs music21: pip install "
    "'.[music]' to make it when a run is first trained on it, or put a melodies.npz made elsewhere "
    "into a folder and name that folder in VAE_LAB_DATA."
)


def load_melodies(make: bool = True) -> Dataset:
    """Load the melodies of `vae_core.data.chorales`.

    Args:
        make: whether to make and store them if they are not on this machine yet.

    Raises:
        DatasetError: they are not on this machine, and can't be made.
    """
    path = melodies_file()
    if path is None and make and chorales.available():
        arrays = chorales.make_arrays()
        path = own_folders()[-1] / MELODIES  # one for all stores
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, lambda to: np.savez_compressed(to, allow_pickle=False, **arrays))
    if path is None:
        raise DatasetError(NO_MELODIES)
    return of_items("melodies", items_of_arrays(path, read_npz(path, *OWN_KEYS, "vocabulary")))


def melodies_file() -> Path | None:
    """Return the file of the data set, in VAE_LAB_DATA or the user's folder; None if absent."""
    stored = [folder / MELODIES for folder in own_folders()]
    return local_file(MELODIES) or next(filter(Path.is_file, stored), None)


def melody_sources(part: str) -> list[str]:
    """Return the source of each melody, such as `BWV 269, ..., bars 1 and 2`.

    Args:
        part: `train` or `test`.

    Raises:
        DatasetError: the data set is not on this machine.
    """
    path = melodies_file()
    if path is None:
        raise DatasetError(NO_MELODIES)
    key = f"sources_{part}"
    return list(map(str, read_npz(path, key)[key]))

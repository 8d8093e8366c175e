"""The data sets by name. A new data set is a loader, and a line here."""

from __future__ import annotations

import functools
from pathlib import Path

from vae_core.config import VaeLabError
from vae_core.data import chorales
from vae_core.data.dataset import Dataset, DatasetError
from vae_core.data.digits import DIGIT_INK, DIGIT_NAMES, load_digits
from vae_core.data.local_files import local_file
from vae_core.data.melodies import NO_MELODIES, load_melodies, melodies_file
from vae_core.data.mnist import FASHION_NAMES, from_npz
from vae_core.data.names import NAMES, NO_NAMES, load_names
from vae_core.data.olivetti_faces import FACES, load_olivetti_faces
from vae_core.data.own import OWN_NAME, is_own, own_names, own_path, own_source
from vae_core.data.shapes import SHAPES_USUAL, number_and_size, shapes_source
from vae_core.data.source import Ink, Source
from vae_core.data.unicode_names import load_unicode_names
from vae_core.graphemes import shortened
from vae_core.registry import Registry
from vae_core.runs.store import RunStore


def own_file(name: str) -> Path | None:
    """Return the file of one of the user's own data sets; None for data sets of VAE Lab.

    Raises:
        DatasetError: the name is unknown, or the file is not on this machine.
    """
    if name in DATASETS or number_and_size(name):
        return None
    path = own_path(name)
    if not OWN_NAME.fullmatch(name):
        raise DatasetError(
            f"unknown data set {shortened(name, 80)!r}: choose one of {', '.join(names())}; a file "
            "or folder of your own is named by its path."
        )
    if not is_own(path):
        raise DatasetError(
            f"the data set {name} is not on this machine: upload its file again, or copy "
            f"{name}.npz from the machine that has it into {path.parent}."
        )
    return path


def delete_own(name: str, store: RunStore) -> None:
    """Delete one of the user's own data sets. Runs that were trained on it stay.

    Args:
        name: of the data set.
        store: the store of runs that may need the data set.

    Raises:
        DatasetError: the name is unknown, or an active run needs the data set.
    """
    path = own_file(name)
    if path is None:
        raise DatasetError(f"{name} comes with VAE Lab and can't be deleted.")
    for run in store.scan()[0]:
        if run.config.dataset == name and run.status().active:
            raise DatasetError(f"run {run.id} needs {name}: stop it first.")
    path.unlink(missing_ok=True)


# Name -> `Source`. The entry point of a plug-in names a `Source`, too.
DATASETS = Registry(
    "data set",
    "vae_lab.datasets",
    {
        "digits": Source(
            load_digits, (8, 8, 1), 1437, bundled=True, usual_epochs=200, ink=DIGIT_INK
        ),
        "shapes": shapes_source("shapes", *SHAPES_USUAL),
        "mnist": Source(
            lambda: from_npz("mnist", DIGIT_NAMES),
            (28, 28, 1),
            60_000,
            ink=Ink(centred=True),
            contrast=("4", "9"),
        ),
        "fashion_mnist": Source(
            lambda: from_npz("fashion_mnist", FASHION_NAMES),
            (28, 28, 1),
            60_000,
            contrast=("Sneaker", "Ankle boot"),
        ),
        FACES: Source(load_olivetti_faces, (64, 64, 1), 280),
        "unicode_names": Source(
            load_unicode_names, (33,), 4676, bundled=True, kind="text", usual_epochs=60
        ),
        "names": Source(
            load_names,
            (16,),
            23_596,
            kind="text",
            missing=lambda: None if local_file(NAMES) else NO_NAMES,
        ),
        "melodies": Source(
            load_melodies,
            (33,),
            2748,
            kind="text",
            shown_as="melodies",
            stored=lambda: load_melodies(make=False),
            missing=lambda: None if melodies_file() or chorales.available() else NO_MELODIES,
            usual_epochs=120,
        ),
    },
)


def names() -> list[str]:
    """Return the names of all data sets, those of the user last."""
    return [*DATASETS, *own_names()]


def source(name: str) -> Source:
    """Return the source of a data set.

    Raises:
        DatasetError: the name is unknown, or the file is not on this machine or damaged.
    """
    path = own_file(name)
    if path is None:
        drawn = number_and_size(name)
        known: Source = shapes_source(name, *drawn) if drawn else DATASETS[name]
        return known
    stat = path.stat()
    return own_source(path, (stat.st_ino, stat.st_mtime_ns, stat.st_size))


def find_source(name: str) -> Source | None:
    """Return the source of a data set; None if it is not on this machine, or damaged."""
    try:
        return source(name)
    except VaeLabError:
        return None


def check_name(name: str) -> None:
    """Raise `DatasetError` if there is no data set of this name."""
    source(name)


@functools.lru_cache(maxsize=2)
def load(name: str) -> Dataset:
    """Load a data set. The last two data sets stay in memory for the next run.

    Raises:
        DatasetError: the name is unknown, the file is missing and there is no network, or the
            content is invalid.
    """
    return source(name).load()


def stored(name: str) -> Dataset:
    """Load a data set for the pages, as `load` does, but without making one that takes a minute.

    Raises:
        DatasetError: see `load`. Also if the data set has yet to be made.
    """
    return (source(name).stored or functools.partial(load, name))()

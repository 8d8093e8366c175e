"""Open a run or a data set."""

from __future__ import annotations

import os
from pathlib import Path

from vae_core.api.trained_run import TrainedRun
from vae_core.cli.config_options import is_path
from vae_core.data import registry
from vae_core.data.dataset import Dataset
from vae_core.data.upload import reader
from vae_core.data.upload.labels import ALL
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, default_store, pretrained_store


def open_run(run: str | Path, store: str | Path | None = None) -> TrainedRun:
    """Open a run: trained here or elsewhere, finished or not.

    Args:
        run: the run's id, a part that no other id has, or the path of its folder.
        store: the folder of runs in which to look for the id. None: the runs that you trained,
            then the runs that ship with the project.

    Raises:
        VaeLabError: no run fits, several do, or the run is damaged.
    """
    text = os.fspath(run)
    if isinstance(run, Path) or Path(text).name != text:
        folder = Run(Path(text).resolve())
        folder.files.check()
        return TrainedRun(folder)
    stores = [RunStore(store)] if store is not None else [default_store(), pretrained_store()]
    for opened in stores:
        if opened.has(text):
            return TrainedRun(opened.get(text))
    fitting = {
        match.id: match
        for opened in reversed(stores)
        for match in opened.scan()[0]
        if text and text in match.id
    }
    if not fitting:
        raise RunError(f"no run has {text[:150]!r} in the id; vae_core.runs() lists all.")
    if len(fitting) > 1:
        some = ", ".join([*fitting][:3]) + (", ..." if len(fitting) > 3 else "")
        raise RunError(f"{len(fitting)} runs have {text!r} in the id: {some}; give more of the id.")
    return TrainedRun(*fitting.values())


def load_dataset(name: str | Path, size: int | None = None, labels: str = ALL) -> Dataset:
    """Load a data set by its name, such as "digits" or "mnist", or read a file of your own.

    Args:
        name: of the data set; or the path of a file or folder, which is read but not stored.
        size: pixels per side of the images of a file; None for their own size.
        labels: `all` labels of a file, the 99 most `frequent` and one for the others, or `none`.

    Returns:
        A data set with these arrays. x_train and x_test (held out) are images (n, h, w, c) float32
        in [0, 1], with c = 1 if they are grey, or texts (n, length) int32, tokens of `vocabulary`.
        y_train and y_test (n,) int64 are indices into `label_names`. `notes` says how a file was
        read. The arrays are kept for the
        next call, so copy one before you write into it.

    Raises:
        VaeLabError: there is no data set with this name (the message lists them), or it is not
            in the folder that `VAE_LAB_DATA` names and can't be downloaded; or the file can't be
            used.
    """
    text = os.fspath(name)
    if isinstance(name, Path) or is_path(text):
        upload = reader.read(Path(text), Path(text).name, size, labels=labels)
        return upload.source.load()
    return registry.load(text)

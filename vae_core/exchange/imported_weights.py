"""Check the weights of an imported run, and export its networks again."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from vae_core import kinds, sandbox
from vae_core.hdf5_objects import datasets, is_plain
from vae_core.runs.files import WEIGHTS
from vae_core.runs.records import DatasetSize, item_shape
from vae_core.runs.run import Run
from vae_core.sandbox import RefusedError

DEEPEST = 8  # levels of groups


def weights(content: bytes, name: str) -> dict[str, np.ndarray]:
    """Read a Keras weights file: path in the file -> float32 array.

    Args:
        content: of the file.
        name: of the import, for error messages.

    Raises:
        RefusedError: the file holds anything but plain float32 arrays in groups.
    """
    import h5py

    file_name = f"{name}: {WEIGHTS}"
    arrays: dict[str, np.ndarray] = {}
    size = 0

    def refused(what: str) -> RefusedError:
        return RefusedError(f"{file_name} {what}.")

    def is_float32(item: Any) -> bool:
        return isinstance(item.id.get_type(), h5py.h5t.TypeFloatID) and item.dtype == np.float32

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            for path, item in datasets(file, DEEPEST, refused):
                size += item.id.get_storage_size()
                if size > len(content):  # one array under many names
                    raise refused("holds an array twice")
                if not (is_float32(item) and is_plain(item)):
                    raise refused("holds an array that is not plain float32")
                arrays["/".join(path)] = item[()]
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # h5py raises many kinds of errors on damaged files
        raise RefusedError(f"{file_name} is damaged, or not a weights file.") from error
    if not all(np.isfinite(array).all() for array in arrays.values()):
        raise RefusedError(f"{file_name} holds a weight that is not finite.")
    return arrays


def write_networks(
    run: Run, dataset: DatasetSize, stored: dict[str, np.ndarray], name: str
) -> None:
    """Write the weights and exports of an imported run.

    The model is built from the config. Keras then loads a weights file that it has written itself,
    in which the numbers are replaced by the imported ones.

    Args:
        run: the new run folder.
        dataset: the data set in the run's records.
        stored: the imported weights.
        name: of the import, for error messages.

    Raises:
        RefusedError: the weights have other names or shapes than those of the model.
    """
    import h5py

    from vae_core.training.checkpoint import weights_file  # TensorFlow, only where it is needed
    from vae_core.training.export import export

    kind = kinds.of_run(run.config)
    vae = kind.new_vae(run.config, item_shape(dataset), dataset.get("vocabulary", ""))
    vae.optimizer = None
    fresh = weights_file(vae)
    expected = weights(fresh, name)
    for path in sorted(expected.keys() | stored.keys()):
        want, got = (
            str(arrays[path].shape) if path in arrays else "nothing"
            for arrays in (expected, stored)
        )
        if want != got:
            raise RefusedError(
                f"{name}: {WEIGHTS} does not fit the config: {sandbox.display_name(path)} of "
                f"{path.count('/')} levels should be {want}, but is {got}."
            )
    own = run.path / "own.weights.h5"
    own.write_bytes(fresh)
    with h5py.File(own, "r+") as file:
        for path, array in stored.items():
            file[path][...] = array
    vae.load_weights(own)
    own.unlink()
    export(vae, run)

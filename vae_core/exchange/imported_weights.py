"""Check the weights of an imported run, and make its exports anew."""

from __future__ import annotations

import io
import math
from typing import Any

import numpy as np

from vae_core import kinds, sandbox
from vae_core.runs.files import WEIGHTS
from vae_core.runs.records import DatasetSize, item_shape
from vae_core.runs.run import Run
from vae_core.sandbox import RefusedError

MOST_OBJECTS, DEEPEST = 1000, 8  # of groups and arrays in the weights


def weights(content: bytes, name: str) -> dict[str, np.ndarray]:
    """The arrays of a Keras weights file by their paths, if it holds nothing but plain ones."""
    import h5py

    file_name = f"{name}: {WEIGHTS}"
    found: dict[str, np.ndarray] = {}
    seen = size = 0

    def visit(group: Any, path: str, depth: int) -> None:
        nonlocal seen, size
        for key in group:
            seen += 1
            if seen > MOST_OBJECTS or depth > DEEPEST:
                raise RefusedError(f"{file_name} holds more than weights.")
            if not isinstance(group.get(key, getlink=True), h5py.HardLink):
                raise RefusedError(f"{file_name} holds a link, which is not followed.")
            item = group[key]
            if isinstance(item, h5py.Group):
                visit(item, f"{path}{key}/", depth + 1)
            elif isinstance(item, h5py.Dataset):
                size += item.id.get_storage_size()
                if size > len(content):  # one array under many names
                    raise RefusedError(f"{file_name} holds an array twice.")
                found[f"{path}{key}"] = plain(item)
            else:
                raise RefusedError(f"{file_name} holds something that is no array.")

    def plain(item: Any) -> np.ndarray:
        layout = item.id.get_create_plist()
        kind = item.id.get_type()
        if (
            layout.get_layout() not in (h5py.h5d.CONTIGUOUS, h5py.h5d.COMPACT)
            or layout.get_external_count()
            or layout.get_nfilters()
            or not isinstance(kind, h5py.h5t.TypeFloatID)
            or item.dtype != np.float32
            or item.shape is None
            or item.id.get_storage_size() != math.prod(item.shape) * 4
        ):
            raise RefusedError(f"{file_name} holds an array that is not plain float32.")
        return item[()]

    try:
        with h5py.File(io.BytesIO(content), "r") as file:
            visit(file, "", 0)
    except (RefusedError, MemoryError):
        raise
    except Exception as error:  # h5py raises what it likes on a damaged file
        raise RefusedError(f"{file_name} is damaged, or no weights file.") from error
    if not all(np.isfinite(array).all() for array in found.values()):
        raise RefusedError(f"{file_name} holds a weight that is not finite.")
    return found


def write_networks(
    run: Run, dataset: DatasetSize, stored: dict[str, np.ndarray], name: str
) -> None:
    """Write weights and exports of the model that the config asks for.

    Keras reads a file that it has just written itself, with the numbers put in.

    Args:
        run: gets the files.
        dataset: the data set in the run's records.
        stored: the weights by their paths, see `weights`.
        name: of the import, for sentences.
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
            str(found[path].shape) if path in found else "nothing" for found in (expected, stored)
        )
        if want != got:
            raise RefusedError(
                f"{name}: {WEIGHTS} does not fit the config: {sandbox.display_name(path)} of "
                f"{path.count('/')} levels should be {want}, and is {got}."
            )
    own = run.path / "own.weights.h5"
    own.write_bytes(fresh)
    with h5py.File(own, "r+") as file:
        for path, array in stored.items():
            file[path][...] = array
    vae.load_weights(own)
    own.unlink()
    export(vae, run)

"""Find the files of data sets in the folder VAE_LAB_DATA, or download them."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from vae_core.data.dataset import DatasetError


def local_file(file_name: str) -> Path | None:
    """Return the path of a file in the folder VAE_LAB_DATA; None if it is not there.

    Raises:
        DatasetError: VAE_LAB_DATA is not a folder.
    """
    folder = os.environ.get("VAE_LAB_DATA")
    if not folder:
        return None
    if not Path(folder).is_dir():
        raise DatasetError(
            f"VAE_LAB_DATA names {folder!r}, which is not a folder: correct it or unset it."
        )
    path = Path(folder) / file_name
    return path if path.is_file() else None


def read_npz(path: Path, *keys: str) -> dict[str, np.ndarray]:
    """Read some arrays of an npz file.

    Raises:
        DatasetError: the file lacks one of them, or is damaged.
    """
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as data:
            return {key: data[key] for key in keys}
    except KeyError as error:
        needed = " and ".join([", ".join(keys[:-1]), keys[-1]] if keys[1:] else keys)
        raise DatasetError(f"{path} lacks an array: it must hold {needed}.") from error
    except Exception as error:  # NumPy, zipfile and zlib raise many errors on a damaged file
        raise DatasetError(
            f"{path} can't be read as a plain npz file; replace or remove it."
        ) from error


def rows_of_file(path: Path, key: str, chunk: int) -> Iterator[np.ndarray]:
    """Yield the rows of an array in an npz file in chunks; all of MNIST would take 47 MB.

    Raises:
        DatasetError: the file lacks the array, or is damaged.
    """
    try:
        with zipfile.ZipFile(path) as file, file.open(f"{key}.npy") as member:
            version_1 = np.lib.format.read_magic(member) == (1, 0)
            shape, by_column, dtype = (
                np.lib.format.read_array_header_1_0(member)
                if version_1
                else np.lib.format.read_array_header_2_0(member)
            )
            if by_column or dtype.hasobject or not shape:
                raise ValueError("not rows of numbers")
            row = dtype.itemsize * math.prod(shape[1:])
            for start in range(0, shape[0], chunk):
                number = min(chunk, shape[0] - start)
                content = member.read(number * row)
                yield np.frombuffer(content, dtype).reshape(number, *shape[1:])
    except KeyError as error:
        raise DatasetError(f"{path} lacks an array: it must hold {key}.") from error
    except Exception as error:  # as in `read_npz`
        raise DatasetError(
            f"{path} can't be read as a plain npz file; replace or remove it."
        ) from error


def download(name: str) -> dict[str, np.ndarray]:
    """Download a data set of keras.datasets: x_train, y_train, x_test, y_test.

    Raises:
        DatasetError: it can't be downloaded.
    """
    import keras  # imports TensorFlow, so this runs only in the training process

    try:
        (x_train, y_train), (x_test, y_test) = getattr(keras.datasets, name).load_data()
    except Exception as error:  # urllib, ssl, hash and file errors all mean that there is no file
        raise download_error(name) from error
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def download_error(name: str) -> DatasetError:
    """Return the error for a data set that can't be downloaded; it says what to do."""
    folder = os.environ.get("VAE_LAB_DATA")
    put = f"put {name}.npz into {folder or 'a folder that VAE_LAB_DATA names'}"
    return DatasetError(
        f"data set {name!r} could not be downloaded: connect to a network, {put}, "
        "or use the bundled 'digits'."
    )

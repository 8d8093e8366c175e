"""Data sets of users, stored without a reader of files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vae_core.data.own import own_folder, own_name


def keep(file_name: str, **arrays: np.ndarray) -> Path:
    """Store a data set among the user's own, and return its path; its stem is the name."""
    path = own_folder() / f"{own_name(file_name, arrays)}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, allow_pickle=False, **arrays)
    return path


def flags(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Flags of 6x10 pixels in three colours, uint8, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n).astype(np.uint8)
    x = rng.integers(0, 25, (n, 6, 10, 3)).astype(np.uint8)
    x[labels == 0, :3, :, 0] = 230
    x[labels == 1, :, :5, 2] = 230
    return x, labels


def flowers(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Vectors of five measurements in [0, 1], float32, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, n).astype(np.uint8)
    middle = np.array([[0.2, 0.8, 0.5, 0.3, 0.6], [0.7, 0.1, 0.5, 0.9, 0.2]])[labels]
    return np.clip(middle + rng.normal(0, 0.05, middle.shape), 0, 1).astype(np.float32), labels


def keep_flags() -> str:
    """Store a data set of colour images, and return its name."""
    return _keep_both("Flags.npz", flags(100, 0), flags(40, 1))


def keep_flowers() -> str:
    """Store a data set of vectors, and return its name."""
    return _keep_both("Flowers.csv", flowers(100, 0), flowers(40, 1))


def _keep_both(
    file_name: str, train: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]
) -> str:
    (x_train, y_train), (x_test, y_test) = train, test
    names = np.array(["first", "second"])
    return keep(
        file_name,
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        label_names=names,
    ).stem

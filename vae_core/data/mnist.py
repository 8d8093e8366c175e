"""MNIST and Fashion-MNIST, 28x28, from files in the layout of keras.datasets."""

from __future__ import annotations

from vae_core.data.dataset import Dataset, checked, grey_squares
from vae_core.data.local_files import download, local_file, read_npz

FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def from_npz(name: str, label_names: tuple[str, ...]) -> Dataset:
    """Load a data set of keras.datasets from its file, or download it."""
    path = local_file(f"{name}.npz")
    keys = ("x_train", "y_train", "x_test", "y_test")
    arrays = read_npz(path, *keys) if path else download(name)
    x_train, y_train, x_test, y_test = (arrays[key] for key in keys)
    return grey_squares(checked(name, x_train, y_train, x_test, y_test, label_names))

"""scikit-learn's handwritten digits, 8x8."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np

from vae_core.data.dataset import Dataset, DatasetError, checked
from vae_core.data.source import Ink

DIGIT_NAMES = tuple(str(digit) for digit in range(10))
DIGIT_INK = Ink(share=1.0, centred=True, brush=0.13)  # the digits fill the picture


def load_digits() -> Dataset:
    """Load scikit-learn's 1,797 handwritten 8x8 digits; 360 are held out by a fixed seed.

    The file in scikit-learn's package is read directly. Importing scikit-learn would take 2 s and
    80 MB, also on the pages.
    """
    package = importlib.util.find_spec("sklearn")
    if package is None or package.origin is None:
        raise DatasetError("scikit-learn, which has the digits, is not installed: install it.")
    rows = np.loadtxt(Path(package.origin).parent / "datasets/data/digits.csv.gz", delimiter=",")
    order = np.random.default_rng(0).permutation(len(rows))
    images, labels = rows[order, :64].reshape(-1, 8, 8) / 16.0, rows[order, 64].astype(np.int64)
    return checked("digits", images[360:], labels[360:], images[:360], labels[:360], DIGIT_NAMES)

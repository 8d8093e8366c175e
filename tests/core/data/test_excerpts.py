"""Training images that are read in chunks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vae_core.data import excerpts, registry
from vae_core.data.dataset import DatasetError


def test_training_chunks_are_the_training_images_in_order() -> None:
    data = registry.load("digits")
    chunks = list(excerpts.training_chunks("digits", 500))
    assert [len(labels) for _, labels in chunks] == [500, 500, 437]
    assert np.array_equal(np.concatenate([images for images, _ in chunks]), data.x_train)
    assert np.array_equal(np.concatenate([labels for _, labels in chunks]), data.y_train)


def test_training_chunks_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match="not on this machine"):
        next(excerpts.training_chunks("mnist"))
    images = np.full((3, 28, 28), 51, np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=np.array([1, 2, 3], np.uint8))
    ((pixels, labels),) = excerpts.training_chunks("mnist")
    assert pixels.dtype == np.float32
    assert pixels == pytest.approx(np.full((3, 28, 28, 1), 0.2))
    assert labels.tolist() == [1, 2, 3]
    several = np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)
    np.savez_compressed(tmp_path / "mnist.npz", x_train=several, y_train=np.arange(7))
    chunks = list(excerpts.training_chunks("mnist", 3))
    assert [len(labels) for _, labels in chunks] == [3, 3, 1]
    assert np.concatenate([pixels for pixels, _ in chunks]) == pytest.approx(
        several[..., None] / 255
    )
    for wrong in (images[:, :9], images[:2], np.repeat(images, 2, axis=0)):
        np.savez(tmp_path / "mnist.npz", x_train=wrong, y_train=np.zeros(3, int))
        with pytest.raises(DatasetError, match="other images"):
            list(excerpts.training_chunks("mnist"))
    np.savez(tmp_path / "mnist.npz", y_train=np.zeros(3, int))
    with pytest.raises(DatasetError, match="lacks an array"):
        list(excerpts.training_chunks("mnist"))

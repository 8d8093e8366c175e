"""The child process that reads a file: it parses it, splits it and writes a preview."""

from __future__ import annotations

import warnings
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data import text_items, tokens
from vae_core.data.dataset import with_channels
from vae_core.data.own import own_name
from vae_core.data.upload.conversions import refuse_other_ending
from vae_core.data.upload.converted import read_converted
from vae_core.data.upload.csv import read_csv
from vae_core.data.upload.images import Images, index_labels
from vae_core.data.upload.limits import (
    ENDINGS,
    FEWEST_HELD_OUT,
    FEWEST_IMAGES,
    HELD_OUT,
    LARGEST_TEXT,
    SHOWN_EACH,
    SHOWN_LABELS,
    SHOWN_TEXTS,
    SIZES,
    TEXT_ENDING,
    Limits,
)
from vae_core.data.upload.npz import read_npz
from vae_core.data.upload.parquet import read_parquet
from vae_core.data.upload.reader import Summary
from vae_core.data.upload.zip import read_zip
from vae_core.sandbox import RefusedError


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Read one file, and write data.npz and preview.npz to the requested folder.

    Args:
        request: made by `vae_core.data.upload.reader.read`.

    Returns:
        The fields of `Summary`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        summary = _parse(
            Path(request["path"]),
            request["file_name"],
            request["size"],
            Limits(**request["limits"]),
            Path(request["folder"]),
        )
    return asdict(summary)


def _parse(path: Path, file_name: str, size: int | None, limits: Limits, folder: Path) -> Summary:
    if size is not None and not SIZES[0] <= size <= SIZES[1]:
        raise RefusedError(f"The size must be from {SIZES[0]} to {SIZES[1]} pixels, got {size}.")
    refuse_other_ending(file_name)
    sandbox.check_file(path, file_name, ENDINGS, limits.file_bytes)
    shown = sandbox.display_name(file_name)
    if Path(file_name).suffix.lower() == TEXT_ENDING:
        return _parse_text(path, file_name, shown, folder)
    images = Images(shown, size, limits)
    reader = {
        **{".npz": read_npz, ".zip": read_zip, ".parquet": read_parquet},
        **dict.fromkeys((".h5", ".hdf5", ".mat"), read_converted),
    }
    raw = reader.get(Path(file_name).suffix.lower(), read_csv)(path, images)
    if images.count < FEWEST_IMAGES:
        raise RefusedError(
            f"{shown} holds {images.count} {'image' if images.count == 1 else 'images'}: at least "
            f"{FEWEST_IMAGES} are needed."
        )
    labels, label_names = index_labels(shown, raw.labels, raw.label_names, images.count)
    x = images.joined()
    order, notes = np.arange(len(x)), images.notes()
    train = raw.train
    if raw.held_out is not None:
        order, train = np.argsort(raw.held_out, kind="stable"), int((~raw.held_out).sum())
    if train is None:
        order = np.random.default_rng(0).permutation(len(x))
        train = len(x) - len(x) // HELD_OUT
        notes.append(f"A fifth, {len(x) - train:,} images drawn by a fixed seed, is held out.")
    elif len(x) - train < FEWEST_HELD_OUT or train < FEWEST_IMAGES - FEWEST_HELD_OUT:
        raise RefusedError(
            f"{shown}: x_train must hold at least {FEWEST_IMAGES - FEWEST_HELD_OUT} images and "
            f"x_test {FEWEST_HELD_OUT}, got {train} and {len(x) - train}."
        )
    training, held_out = order[:train], order[train:]
    arrays = {
        "x_train": x[training],
        "y_train": labels[training],
        "x_test": x[held_out],
        "y_test": labels[held_out],
        "label_names": np.array(label_names),
    }
    np.savez(folder / "data.npz", allow_pickle=False, **arrays)
    counts = np.bincount(labels, minlength=len(label_names))
    _write_preview(folder / "preview.npz", x, labels)
    return Summary(
        own_name(file_name, arrays),
        with_channels(x).shape[1:],
        len(training),
        len(held_out),
        label_names,
        tuple(int(count) for count in counts),
        (*raw.notes, *notes),
    )


def _parse_text(path: Path, file_name: str, shown: str, folder: Path) -> Summary:
    if path.stat().st_size > LARGEST_TEXT:
        raise RefusedError(
            f"{shown} is larger than {sandbox.format_bytes(LARGEST_TEXT)}: leave some lines out."
        )
    texts, notes = text_items.parse_items(path.read_bytes(), shown)
    items = text_items.split(texts)
    arrays = {key: np.array(value) for key, value in items._asdict().items()}
    np.savez(folder / "data.npz", allow_pickle=False, **arrays)
    np.savez(
        folder / "preview.npz",
        allow_pickle=False,
        images=np.zeros((0, 1, 1), np.uint8),
        labels=np.zeros(0, np.int64),
        texts=np.array(tokens.decode(items.x_train[:SHOWN_TEXTS], items.vocabulary)),
    )
    counts = np.bincount(np.concatenate([items.y_train, items.y_test]))
    notes.append(f"A fifth, {len(items.x_test):,} texts drawn by a fixed seed, is held out.")
    return Summary(
        own_name(file_name, arrays),
        items.x_train.shape[1:],
        len(items.x_train),
        len(items.x_test),
        items.label_names,
        tuple(int(count) for count in counts),
        tuple(notes),
        "text",
    )


def _write_preview(path: Path, x: np.ndarray, labels: np.ndarray) -> None:
    """Write a preview: the first images (k, h, w) of the commonest labels, and labels (k,)."""
    counts = np.bincount(labels)
    largest = np.sort(np.argsort(-counts, kind="stable")[:SHOWN_LABELS])
    some = np.concatenate([np.flatnonzero(labels == label)[:SHOWN_EACH] for label in largest])
    np.savez(path, allow_pickle=False, images=x[some], labels=labels[some])


if __name__ == "__main__":
    sandbox.serve(answer)

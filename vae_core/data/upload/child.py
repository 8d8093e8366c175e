"""The child process that reads a file: it parses it, splits it and writes a preview."""

from __future__ import annotations

import warnings
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from vae_core import sandbox
from vae_core.data import text_items, tokens
from vae_core.data.dataset import with_channels
from vae_core.data.own import own_name
from vae_core.data.upload import formats
from vae_core.data.upload.images import Images
from vae_core.data.upload.labels import index_labels
from vae_core.data.upload.limits import (
    FEWEST_HELD_OUT,
    FEWEST_IMAGES,
    HELD_OUT,
    LARGEST_TEXT,
    SHOWN_EACH,
    SHOWN_LABELS,
    SHOWN_TEXTS,
    SIZES,
    Limits,
)
from vae_core.data.upload.reader import Summary
from vae_core.data.upload.single_file import unpacked
from vae_core.data.upload.wording import counted
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
            request["labels"],
            Limits(**request["limits"]),
            Path(request["folder"]),
        )
    return asdict(summary)


def _parse(
    path: Path, file_name: str, size: int | None, use: str, limits: Limits, folder: Path
) -> Summary:
    if size is not None and not SIZES[0] <= size <= SIZES[1]:
        raise RefusedError(f"The size must be from {SIZES[0]} to {SIZES[1]} pixels, got {size}.")
    shown = sandbox.display_name(file_name)
    if not path.is_dir():
        sandbox.check_file(path, file_name, limits.file_bytes)
    path, plain_name, unpacked_notes = unpacked(path, file_name, folder, limits)
    if formats.is_text(path, plain_name):
        return _parse_text(path, file_name, shown, folder)
    images = Images(shown, size, limits)
    raw = formats.reader_of(path, plain_name, images)(path, images)
    raw = replace(raw, notes=(*unpacked_notes, *raw.notes))
    if images.count < FEWEST_IMAGES:
        raise RefusedError(
            f"{shown} holds {counted(images.count, 'image', 'images')}: at least {FEWEST_IMAGES} "
            "are needed."
        )
    labels, label_names, label_notes = index_labels(
        shown, raw.labels, raw.label_names, images.count, use
    )
    notes = [*label_notes, *images.notes()]
    x = images.joined()
    if raw.held_out is None:
        order = np.random.default_rng(0).permutation(len(x))
        training, held_out = np.split(order, [len(x) - len(x) // HELD_OUT])
        notes.append(f"A fifth, {len(held_out):,} images drawn by a fixed seed, is held out.")
    else:
        training, held_out = np.flatnonzero(~raw.held_out), np.flatnonzero(raw.held_out)
        if len(held_out) < FEWEST_HELD_OUT or len(training) < FEWEST_IMAGES - FEWEST_HELD_OUT:
            raise RefusedError(
                f"{shown} has {len(training)} training and {len(held_out)} held-out images: at "
                f"least {FEWEST_IMAGES - FEWEST_HELD_OUT} and {FEWEST_HELD_OUT} are needed."
            )
    arrays = {
        "x_train": x[training],
        "y_train": labels[training],
        "x_test": x[held_out],
        "y_test": labels[held_out],
        "label_names": np.array(label_names),
        "notes": np.array([*raw.notes, *notes]),
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
    notes.append(f"A fifth, {len(items.x_test):,} texts drawn by a fixed seed, is held out.")
    arrays = {key: np.array(value) for key, value in items._asdict().items()}
    np.savez(folder / "data.npz", allow_pickle=False, **arrays, notes=np.array(notes))
    np.savez(
        folder / "preview.npz",
        allow_pickle=False,
        images=np.zeros((0, 1, 1), np.uint8),
        labels=np.zeros(0, np.int64),
        texts=np.array(tokens.decode(items.x_train[:SHOWN_TEXTS], items.vocabulary)),
    )
    counts = np.bincount(np.concatenate([items.y_train, items.y_test]))
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

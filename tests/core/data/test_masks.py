"""Masks of pictures are left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.core.data.picture_sets import encoded, read_files
from tests.core.data.upload_files import IMAGES
from vae_core.data.upload.pictures.masks import find_masks


@pytest.mark.parametrize(
    ("picture", "mask"),
    [
        ("images/{i}.jpg", "masks/{i}.png"),
        ("img/{i}.jpg", "Segmentation Masks/{i}.png"),
        ("train/img/{i}.jpg", "train/label/{i}.png"),
        ("train/{i}.jpg", "train_masks/{i}_mask.gif"),
        ("JPEGImages/{i}.jpg", "SegmentationClass/{i}.png"),
        ("images/{i}.jpg", "ground_truth/{i}.png"),
        ("{c}/images/{i}.jpg", "{c}/masks/{i}.png"),
        ("{c}/{i}.jpg", "{c}/{i}_mask.png"),
        ("{i}.jpg", "{i}-Segmentation.png"),
        ("images/{i}.jpg", "annotations/trimaps/{i}.png"),
    ],
)
def test_masks_are_found(picture: str, mask: str) -> None:
    paths = [
        tuple(name.format(i=i, c="ab"[i % 2]).split("/"))
        for name in (picture, mask)
        for i in range(9)
    ]
    masks, notes = find_masks(paths)
    assert masks.tolist() == [False] * 9 + [True] * 9
    assert len(notes) == 1
    assert notes[0].startswith("9 masks ")
    assert "left out" in notes[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mask/{i}.jpg", "no_mask/{i}.jpg"),
        ("mask/{i}.jpg", "nomask/{i}.jpg"),
        ("with_mask/{i}.jpg", "images/{i}.jpg"),
        ("a/{i}_mask.jpg", "b/{i}.jpg"),
        ("gt/{i}.jpg", "bmw/{i}.jpg"),
        ("x_{i}.jpg", "y_{i}_label.jpg"),
    ],
)
def test_other_pictures_are_no_masks(one: str, other: str) -> None:
    paths = [tuple(name.format(i=i).split("/")) for name in (one, other) for i in range(9)]
    masks, notes = find_masks(paths)
    assert not masks.any()
    assert notes == []


def test_masks_do_not_change_labels_and_split(tmp_path: Path) -> None:
    files: dict[str, bytes] = {}
    for i, image in enumerate(IMAGES):
        folder = f"{'val' if i % 4 == 0 else 'train'}/{'ab'[i % 3 == 0]}"
        files[f"{folder}/images/{i:02}.png"] = encoded(image)
        files[f"{folder}/masks/{i:02}.png"] = encoded(image // 128)
    found = read_files(tmp_path, files)
    by_image = {x.tobytes(): y for x, y in zip(found.x, found.labels or [], strict=True)}
    assert by_image == {IMAGES[i].tobytes(): "ab"[i % 3 == 0] for i in range(24)}
    assert found.held_out is not None
    assert {x.tobytes() for x in found.x[found.held_out]} == {x.tobytes() for x in IMAGES[::4]}
    assert (
        found.notes == "24 masks in masks were left out. The images in val are held out: 6 of 24."
    )

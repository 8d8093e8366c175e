"""A table beside pictures gives their labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.picture_sets import Found, encoded, read_files
from vae_core.sandbox import RefusedError

COUNT = 24
IMAGES = np.random.default_rng(1).integers(0, 256, (COUNT, 8, 8)).astype(np.uint8)
NAMES = [f"{i:02}.png" for i in range(COUNT)]
LABELS = [("ant", "bee", "cow")[i % 3] for i in range(COUNT)]


def table(header: str = "filename,label", row: str = "{name},{label}", ending: str = "\n") -> str:
    rows = [
        row.format(name=name, stem=Path(name).stem, label=label, number=i % 3)
        for i, (name, label) in enumerate(zip(NAMES, LABELS, strict=True))
    ]
    return ending.join([*([header] if header else []), *rows])


def read(folder: Path, tables: Mapping[str, str | bytes], where: str = "images/") -> Found:
    files = {}
    for i, (name, image) in enumerate(zip(NAMES, IMAGES, strict=True)):
        part = "test" if i % 3 == 0 else "train"
        place = where.format(i=i, label=LABELS[i], half="ab"[i % 2], part=part)
        files[f"{place}{name}"] = encoded(image)
    more = {
        name: text if isinstance(text, bytes) else text.encode() for name, text in tables.items()
    }
    return read_files(folder, files | more)


def check(found: Found, labels: list[str] = LABELS) -> None:
    assert found.labels is not None
    by_image = {x.tobytes(): y for x, y in zip(found.x, found.labels, strict=True)}
    assert by_image == {x.tobytes(): y for x, y in zip(IMAGES, labels, strict=True)}


ONE_HOT = "\n".join(
    [
        "image,ant,bee,cow",
        *(f"{i:02},{','.join(str(int(i % 3 == j)) for j in range(3))}" for i in range(COUNT)),
    ]
)


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("labels.csv", table(), "images/"),
        ("labels.csv", table("id,label", "{stem},{label}"), "images/"),
        ("labels.csv", table("label,id", "{label},{stem}", "\r\n") + "\r\n", ""),
        ("annotations.csv", table("image,width,class", "images/{name},8,{label}"), "images/"),
        ("train.csv", table("Path,Target", "data/images/{name},{label}"), "images/"),
        ("labels.csv", table("file_name,label", r".\images\{name},{label}"), "images/"),
        ("images/metadata.csv", table("file_name,text", "{name},{label}"), "images/"),
        ("labels.txt", table("", "{name} {label}"), "images/"),
        ("labels.tsv", table("file\tlabel\tby", "{name}\t{label}\tme"), "images/"),
        ("labels.csv", table("", "{name};{label}"), "images/"),
        ("labels.csv", "sep=;\n" + table("file;label", '"{name}";"{label}"'), "images/"),
        ("labels.csv", "\ufeff" + table(), "images/"),
        ("truth.csv", ONE_HOT, "images/"),
        ("labels.csv", table("image_id,dx", "{stem},{label}"), "{half}/"),
        ("Labels.CSV", table("File Name,Label", "IMAGES/{stem}.PNG,{label}"), "images/"),
        ("labels.csv", table("file,label", "{stem}.jpg,{label}"), "images/"),  # converted since
        ("labels.csv", table(",file,label", "7,{name},{label}"), "images/"),
        ("labels.csv", table("path,label", "/home/me/images/{name},{label}"), "images/"),
        ("labels.csv", table("file,class_id,class_name", "{name},{number},{label}"), "images/"),
    ],
)
def test_a_table_gives_the_labels(tmp_path: Path, name: str, text: str, where: str) -> None:
    found = read(tmp_path, {name: text}, where)
    check(found)
    said = f"The labels are those in {Path(name).name}"
    assert f"{said}{', not the names of the folders' * ('half' in where)}." in found.notes
    assert "not an image" not in found.notes


def test_numbers_that_lost_their_zeros_or_gained_a_point(tmp_path: Path) -> None:
    rows = [f"{i},{i % 3}.0" for i in range(COUNT)]
    found = read(tmp_path, {"labels.csv": "\n".join(["id,label", *rows])})
    check(found, [str(i % 3) for i in range(COUNT)])


def test_a_table_in_utf_16(tmp_path: Path) -> None:
    check(read(tmp_path, {"labels.csv": table().encode("utf-16")}))


def test_a_table_in_another_encoding_is_said(tmp_path: Path) -> None:
    text = table().replace("bee", "Bär")
    found = read(tmp_path, {"labels.csv": text.encode("cp1252")})
    check(found, [label.replace("bee", "Bär") for label in LABELS])
    assert "labels.csv is not in UTF-8, and was read as Windows-1252." in found.notes


def test_a_table_with_quoted_labels(tmp_path: Path) -> None:
    found = read(tmp_path, {"labels.csv": table("file,label", '{name},"{label}, a ""pet"""')})
    check(found, [f'{label}, a "pet"' for label in LABELS])


def test_a_table_per_folder(tmp_path: Path) -> None:
    """As GTSRB: each folder of a class has its own table, and the names repeat."""
    files: dict[str, bytes] = {}
    for c in range(3):
        for i in range(8):
            files[f"Images/{c:05}/{i:05}.ppm"] = encoded(IMAGES[8 * c + i], "ppm")
        rows = [f"{i:05}.ppm;8;8;{c}" for i in range(8)]
        files[f"Images/{c:05}/GT-{c:05}.csv"] = "\n".join(["Filename;W;H;ClassId", *rows]).encode()
    found = read_files(tmp_path, files)
    check(found, [str(i // 8) for i in range(COUNT)])
    assert "The labels are those in GT-00000.csv and 2 more tables" in found.notes


def test_a_table_for_each_part_of_a_split(tmp_path: Path) -> None:
    files = {f"train/{i}.png": encoded(IMAGES[i]) for i in range(18)}
    files |= {f"test/{i}.png": encoded(IMAGES[18 + i]) for i in range(6)}
    for part, first, count in (("train", 0, 18), ("test", 18, 6)):
        rows = [f"{i}.png,{LABELS[first + i]}" for i in range(count)]
        files[f"{part}_labels.csv"] = "\n".join(["file,label", *rows]).encode()
    found = read_files(tmp_path, files)
    check(found)
    assert found.held_out is not None
    assert {x.tobytes() for x in found.x[found.held_out]} == {x.tobytes() for x in IMAGES[18:]}
    assert "The images in test are held out: 6 of 24." in found.notes


def test_a_test_set_without_labels_is_left_out(tmp_path: Path) -> None:
    files = {f"train/{i:02}.png": encoded(IMAGES[i]) for i in range(18)}
    files |= {f"test/x{i}.png": encoded(IMAGES[18 + i]) for i in range(6)}
    rows = [f"{i:02},{LABELS[i]}" for i in range(18)]
    files["labels.csv"] = "\n".join(["id,breed", *rows]).encode()
    files["sample_submission.csv"] = b"id,breed\n" + b"\n".join(b"x%d,ant" % i for i in range(6))
    found = read_files(tmp_path, files)
    assert found.labels == LABELS[:18]
    assert np.array_equal(found.x, IMAGES[:18])
    assert found.held_out is None
    assert "6 images were left out, because no image of their folder has a label." in found.notes
    assert "sample_submission.csv was not used: it is called a submission" in found.notes


def test_single_gaps_are_said(tmp_path: Path) -> None:
    text = table().replace("05.png,cow\n", "") + "\n77.png,ant\n78.png,ant"
    found = read(tmp_path, {"labels.csv": text})
    assert len(found.x) == COUNT - 1
    assert IMAGES[5].tobytes() not in {x.tobytes() for x in found.x}
    assert "1 image was left out, because labels.csv has no label for it: 05.png." in found.notes
    assert "2 rows have no image, in labels.csv; the first is 77.png." in found.notes


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        (
            table("file,label", "{name},{label}").replace(",cow", ","),
            "images/",
            r"labels.csv has no label for 8 of 24 images, such as 02.png: add the rows, or leave",
        ),
        (table() + "\n03.png,cow", "images/", "gives 03.png two labels, ant and cow: keep one"),
    ],
)
def test_tables_that_do_not_fit(tmp_path: Path, text: str, where: str, message: str) -> None:
    with pytest.raises(RefusedError, match=message):
        read(tmp_path, {"labels.csv": text}, where)


def test_numbers_that_begin_at_another_number(tmp_path: Path) -> None:
    text = "\n".join(["id,label", *(f"{i + 1},{label}" for i, label in enumerate(LABELS))])
    with pytest.raises(RefusedError) as caught:
        read(tmp_path, {"labels.csv": text})
    assert str(caught.value) == (
        "set.zip: the numbers in labels.csv begin at another number than those of the images: 24 "
        "has no image, and 00.png no row. Write the names of the images."
    )


@pytest.mark.parametrize("missing", ["", "nan", "NaN", "null", "#N/A"])
def test_missing_labels_are_no_class(tmp_path: Path, missing: str) -> None:
    found = read(tmp_path, {"labels.csv": table().replace("05.png,cow", f"05.png,{missing}")})
    assert {*(found.labels or [])} == {"ant", "bee", "cow"}
    assert "1 image was left out, because labels.csv has no label for it: 05.png." in found.notes


def test_texts_about_single_pictures_are_not_read(tmp_path: Path) -> None:
    texts = {f"images/{i:02}.txt": f"{NAMES[0]} {LABELS[i]}" for i in range(COUNT)}
    found = read(tmp_path, texts)
    assert found.labels is None
    assert found.notes == "24 files that are not images were left out."


def test_a_name_that_fits_several_pictures(tmp_path: Path) -> None:
    files = {
        f"{c}/{i:02}.png": encoded(IMAGES[12 * j + i])
        for j, c in enumerate("ab")
        for i in range(12)
    }
    rows = [f"{c}/{i:02}.png,{LABELS[12 * j + i]}" for j, c in enumerate("ab") for i in range(12)]
    text = "\n".join(["path,label", *rows])
    (tmp_path / "1").mkdir()
    check(read_files(tmp_path / "1", files | {"labels.csv": text.encode()}))
    (tmp_path / "2").mkdir()
    text = text.replace("a/07.png", "07.png")
    with pytest.raises(
        RefusedError, match=r"names 07.png, which fits 2 images: write their folders"
    ):
        read_files(tmp_path / "2", files | {"labels.csv": text.encode()})


def test_boxes_in_a_file_per_picture_are_no_labels(tmp_path: Path) -> None:
    boxes = {
        f"boxes/{i:02}.txt": f"{i % 7:02} 0.5 0.5 0.1 0.1\n01 0.2 0.2 0.1 0.1" for i in range(24)
    }
    found = read(tmp_path, boxes, "images/{label}/")
    check(found)
    assert found.notes == "24 files that are not images were left out."


@pytest.mark.parametrize(
    ("name", "text", "note"),
    [
        ("classes.csv", "id,name\n00,ant\n01,bee\n02,cow", "classes.csv was not used"),
        (
            "README.txt",
            "The label of each image is its class.\nBye.",
            "1 file that is not an image",
        ),
        (
            "labels.csv",
            "label\nant\nbee",
            "labels.csv was not used: it has no column of file names",
        ),
        ("labels.json", "{}", "labels.json was not read: if it holds labels, save them as labels"),
        ("labels.npy", "x", "labels.npy was not read: if it holds labels, save them as labels"),
        (
            "sizes.csv",
            table("file,width,height", "{name},8,{number}"),
            "none of its columns (width",
        ),
        ("notes.txt", "Hello", "1 file that is not an image was left out."),
        ("images.txt", table("", "{stem}x {name}"), "1 file that is not an image"),
    ],
)
def test_other_tables_are_left_alone(tmp_path: Path, name: str, text: str, note: str) -> None:
    found = read(tmp_path, {name: text}, "{label}/")
    check(found)
    assert note in found.notes


def test_masks_that_have_the_names_of_the_pictures(tmp_path: Path) -> None:
    """As the pets of Oxford: the table lies beside the masks."""
    files = {f"images/{name}": encoded(image) for name, image in zip(NAMES, IMAGES, strict=True)}
    files |= {f"annotations/trimaps/{name}": encoded(IMAGES[0] // 99) for name in NAMES}
    files["annotations/list.txt"] = table("", "{stem} {label}").encode()
    found = read_files(tmp_path, files)
    check(found)
    assert len(found.x) == COUNT
    assert found.notes == (
        "24 masks in annotations were left out. The labels are those in list.txt."
    )


def test_a_few_labelled_pictures_beside_the_split_are_left_out(tmp_path: Path) -> None:
    files = {
        f"{'Test' if i % 4 == 0 else 'Train'}/{name}": encoded(image)
        for i, (name, image) in enumerate(zip(NAMES, IMAGES, strict=True))
    }
    files["Meta/m.png"] = encoded(IMAGES[0] // 2)
    files["labels.csv"] = (table() + "\nMeta/m.png,ant").encode()
    found = read_files(tmp_path, files)
    check(found)
    assert len(found.x) == COUNT
    assert "1 image was left out, because no image of their folder has a label." in found.notes


def test_tables_of_one_name_are_counted(tmp_path: Path) -> None:
    """As Roboflow exports them."""
    files: dict[str, bytes] = {}
    for part, rows in (("train", range(18)), ("valid", range(18, 24))):
        lines = [f"{NAMES[i]}, " + ", ".join(str(int(i % 3 == j)) for j in range(3)) for i in rows]
        files[f"{part}/_classes.csv"] = "\n".join(["filename, ant, bee, cow", *lines]).encode()
        files |= {f"{part}/{NAMES[i]}": encoded(IMAGES[i]) for i in rows}
    found = read_files(tmp_path, files)
    check(found)
    assert found.notes == (
        "The labels are those in 2 tables called _classes.csv. The images in valid are held out: "
        "6 of 24."
    )

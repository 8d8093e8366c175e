"""Columns of a table beside pictures are found by their headings, or else by what they hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.data.test_label_tables import COUNT, LABELS, NAMES, check, read, table
from vae_core.sandbox import RefusedError

UNKNOWN = "it is neither in UTF-8 nor in a Western encoding: save it as UTF-8"
BY_CONTENT = "In labels.csv column {} was read as the label, and column {} as the name of the image"


ROWS = table("").split("\n")


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (table("fichier,étiquette"), ""),
        (table("Datei;Klasse", "{name};{label}"), ""),
        (table("archivo|clase", "{name}|{label}"), ""),
        (table("Файл\tКласс", "{name}\t{label}"), ""),
        (table("图片,标签"), ""),
        (table("画像,ラベル"), ""),
        (table("a,b"), BY_CONTENT.format("b", "a")),
        (table("b;a;n", "{label};{stem};{name}8"), BY_CONTENT.format("b", "a")),
        (table("b;a", r"{label};x\images\{name}"), BY_CONTENT.format("b", "a")),
        (table("nr,sort,width", "{stem},{label},8"), BY_CONTENT.format("sort", "nr")),
        (table("pic,number,sort", "{name},{number},{label}"), BY_CONTENT.format("sort", "pic")),
        (table("", "{name},{label},0.5"), BY_CONTENT.format("2", "1")),
        ("\n".join(f"{i},{row}" for i, row in enumerate(ROWS)), "column 3 was"),
        (table("'file','label'", "'{name}','{label}'"), ""),
        ("# made by hand\n" + table(), "labels.csv starts with another line, which was left out."),
        ("# a\n# b, c, d\n\n" + table(), "starts with another 2 lines, which were left out."),
        ("# file,label\n" + table(""), ""),
        ("My labels\n" + table("file;label", "{name};{label}"), "starts with another line"),
        (table("", "{name} {label}"), ""),
        (table("", "{name}   {label}  "), ""),
        (table("", "{name}: {label}"), ""),
        (table("url,label", "https://example.org/images/{name}?raw=1,{label}"), ""),
        (table("file,label,fold", "{name},{label},{number}"), "fold was not used as a split"),
        (table("file,fine_label,class,category", "{name},{stem}x,{label},z"), "not category."),
        (table("file,x,y,class", "{name},1,{number}1,{label}"), ""),
    ],
)
def test_columns_are_found(tmp_path: Path, text: str, note: str) -> None:
    found = read(tmp_path, {"labels.csv": text})
    check(found)
    assert note in found.notes
    assert "The labels are those in labels.csv." in found.notes
    assert note or found.notes == "The labels are those in labels.csv."


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    text = table("Bild;Klasse", "{name};{label}").replace("bee", "Bär")
    found = read(tmp_path, {"labels.csv": text.encode(encoding)})
    check(found, [label.replace("bee", "Bär") for label in LABELS])


@pytest.mark.parametrize(
    ("encoding", "word"), [("cp1251", "собака"), ("gbk", "狗"), ("cp932", "犬"), ("koi8-r", "кот")]
)
def test_encodings_that_are_not_known(tmp_path: Path, encoding: str, word: str) -> None:
    text = table().replace("bee", word).encode(encoding)
    with pytest.raises(RefusedError, match=f"labels.csv can't be used, because {UNKNOWN}, or take"):
        read(tmp_path, {"labels.csv": text})
    (tmp_path / "2").mkdir()
    found = read(tmp_path / "2", {"labels.csv": text}, "{label}/")
    check(found)
    assert f"labels.csv was not used, because {UNKNOWN}." in found.notes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.json", json.dumps(dict(zip(NAMES, LABELS, strict=True)))),
        (
            "classes.json",
            json.dumps({c: [NAMES[i] for i in range(COUNT) if LABELS[i] == c] for c in {*LABELS}}),
        ),
        ("names.json", json.dumps({name: [LABELS[i]] for i, name in enumerate(NAMES)})),
        (
            "records.json",
            json.dumps(
                {
                    "by": "me",
                    "rows": [{"file": name, "class": LABELS[i]} for i, name in enumerate(NAMES)],
                }
            ),
        ),
        (
            "all.json",
            json.dumps(
                [{"image": n, "box": [1], "label": y} for n, y in zip(NAMES, LABELS, strict=True)]
            ),
        ),
        ("metadata.jsonl", table("", '{{"file_name": "{name}", "text": "{label}"}}')),
    ],
)
def test_json(tmp_path: Path, name: str, text: str) -> None:
    found = read(tmp_path, {name: text})
    check(found)
    assert f"The labels are those in {name}." in found.notes


@pytest.mark.parametrize(
    ("name", "text", "candidates"),
    [
        ("list_attr.csv", "image_id,Male,Smiling", "Male, Smiling"),
        ("list_attr.txt", "24\nMale Smiling", "Male, Smiling"),
        ("trainval.txt", "", "column 2, column 3"),
    ],
)
def test_several_columns_that_may_be_the_label(
    tmp_path: Path, name: str, text: str, candidates: str
) -> None:
    row = "{name},{a},{b}" if name.endswith(".csv") else "{name}  {a:2}  {b}"
    rows = [row.format(name=n, a=1 - 2 * (i % 2), b=i % 3) for i, n in enumerate(NAMES)]
    files = {name: "\n".join([text, *rows])}
    with pytest.raises(RefusedError) as caught:
        read(tmp_path, files)
    cure = "name one of them label" if text else "write a first line of headings"
    assert str(caught.value) == (
        f"set.zip: {name} can't be used, because several of its columns may be the label "
        f"({candidates}): {cure}, or take the table out."
    )
    (tmp_path / "2").mkdir()
    check(read(tmp_path / "2", files, "{label}/"))


@pytest.mark.parametrize("where", ["images/", "{label}/"])
@pytest.mark.parametrize(
    ("name", "text", "note"),
    [
        ("labels.csv", table(row="x{name},{label}"), "no image has a name in its column filename,"),
        ("list.csv", table("a,b", "x{name},{label}"), "no image has a name in its column a, such"),
        ("history.csv", "epoch,loss\n1x,0.5\n2x,0.25", "none of its columns names the images."),
        ("points.csv", table("file,eye_x,eye_y", "{name},{number},{number}"), "none of its col"),
        ("labels.txt", "ant\nbee\ncow", "none of its columns names the images: write the name"),
        (
            "list_partition.txt",
            table("", "{name} {number}"),
            "it does not name the parts of the split in words such as train and test.",
        ),
        ("empty.csv", "file,label", "it has headings, but no rows."),
        ("wide.csv", "file" + ",x" * 1001 + "\n00.png", "it has more than 1,000 columns."),
        ("prices.csv", table("file;price", "{name};{number},5"), "none of its columns (price)"),
        ("sizes.csv", table("file,width", "{name},8"), "none of its columns (width) is called"),
    ],
)
def test_a_table_that_is_not_used_is_named(
    tmp_path: Path, where: str, name: str, text: str, note: str
) -> None:
    found = read(tmp_path, {name: text}, where)
    assert f"{name} was not used: {note}" in found.notes
    assert "not an image" not in found.notes
    if "label" in where:
        check(found)


def test_a_guess_does_not_replace_the_folders(tmp_path: Path) -> None:
    found = read(tmp_path, {"more.csv": table("a,b,c", "{name},{number},8")}, "{label}/")
    check(found)
    assert "more.csv was not used: none of its columns (b, c) is called label" in found.notes


def test_tables_of_other_programs_are_named(tmp_path: Path) -> None:
    found = read(tmp_path, {"labels.xlsx": b"PK", "_annotations.coco.json": '{"images": []}'})
    assert found.notes == (
        "labels.xlsx was not read: if it holds labels, save them as labels.csv. The same goes for "
        "1 more such file."
    )
    assert len(found.x) == COUNT


def test_labels_of_several_words_after_a_blank(tmp_path: Path) -> None:
    found = read(tmp_path, {"labels.txt": table("", "{name} big {label}")})
    check(found, [f"big {label}" for label in LABELS])


def test_two_columns_of_one_name(tmp_path: Path) -> None:
    text = table("file,label,label", "{name},{label},{stem}")
    message = "labels.csv can't be used, because two of its columns are called label: rename one of"
    with pytest.raises(RefusedError, match=message):
        read(tmp_path, {"labels.csv": text})
    (tmp_path / "2").mkdir()
    text = table("file,label,label", "{name},{label},{number}")
    check(read(tmp_path / "2", {"labels.csv": text}))


def test_accents_of_labels_may_be_written_in_two_ways(tmp_path: Path) -> None:
    text = table().replace("bee", "Bär").replace("04.png,Bär", "04.png,Ba\u0308r")
    assert "\u0308" in text
    found = read(tmp_path, {"labels.csv": text})
    check(found, [label.replace("bee", "Bär") for label in LABELS])

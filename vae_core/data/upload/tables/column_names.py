"""The names of columns that say what a column of a table is, in lower case."""

from __future__ import annotations

import re

LABEL_NAMES = (
    *("label", "labels", "class", "classes", "target", "targets", "y", "emotion", "digit"),
    *("class_label", "class label", "classlabel", "label_name", "class_name", "classname"),
    *("class_id", "classid", "label_id", "labelid", "label_names", "class_names", "y_true"),
)
# A column of these names is the label only if none of the other names is there.
WEAK_LABEL_NAMES = (
    *("category", "categories", "species", "letter", "name", "kind", "type", "breed", "symbol"),
    *("character", "char", "diagnosis", "dx", "expression", "outcome", "group"),
)
INDEX = re.compile(
    r"|unnamed: \d+(_level_\d+)?|__index_level_\d+__|index|idx|id|#|nr|no|row|rownames|rowid"
    r"|(image|img|row)[ _]?id"
)
FILE_NAMES = (
    *("filename", "file_name", "file", "fname", "path", "file_path", "filepath", "image", "img"),
    *("image_name", "img_name", "image_path", "img_path", "image_file", "url"),
)
EVERY_LABEL_NAME = LABEL_NAMES + WEAK_LABEL_NAMES


def key_of(name: str) -> str:
    """Return a name without the quotation marks of OpenML, in lower case."""
    return name.strip(" '\t").lower()

"""The headings of columns in tables beside pictures."""

from __future__ import annotations

import re
import unicodedata


def plain_heading(head: str) -> str:
    """Return a heading in small letters, without accents and signs."""
    head = "".join(c for c in unicodedata.normalize("NFKD", head) if not unicodedata.combining(c))
    return re.sub(r"[\W_]", "", unicodedata.normalize("NFC", head).casefold())


# Headings, see `plain_heading`. Of several columns of labels the first here counts.
_NAMES = {
    *("filename", "file", "image", "imagename", "imagefile", "imagefilename", "imageid", "img"),
    *("imgname", "imgid", "id", "path", "filepath", "imagepath", "imgpath", "picture", "photo"),
    *("name", "fname", "filenames", "files", "images", "fichier", "datei", "dateiname", "archivo"),
    *("arquivo", "bestand", "plik", "fil", "файл", "文件名", "图片", "画像"),
}
_LABELS = (
    *("classname", "labelname", "categoryname", "label", "labels", "class", "classes", "category"),
    *("target", "classid", "labelid", "categoryid", "targetid", "y", "digit", "diagnosis", "dx"),
    *("species", "breed", "emotion", "expression", "groundtruth", "cls", "tag"),
    *("etiquette", "etikett", "etichetta", "etiqueta", "classe", "clase", "klasse", "klass"),
    *("klasa", "kategorie", "categorie", "categoria", "kategoria", "rotulo", "класс", "метка"),
    *("类别", "標籤", "标签", "ラベル", "クラス"),
)
NAMES = {*map(plain_heading, _NAMES)}
LABELS = tuple(map(plain_heading, _LABELS))
# Headings of numbers that are no labels.
SIZES = {*("width", "height", "w", "h", "size", "channels", "depth", "x", "xmin", "xmax", "ymin")}
SIZES |= {*("ymax", "x1", "x2", "y1", "y2", "roix1", "roix2", "roiy1", "roiy2")}

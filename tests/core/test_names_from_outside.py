"""Names from outside are kept whole, on one line, and are cut only between characters."""

from __future__ import annotations

import unicodedata

import pytest

from vae_core import sandbox
from vae_core.bidirectional import isolated
from vae_core.graphemes import clusters, first_clusters, shortened

WHOLE = [
    "T-shirt/top",
    "हिन्दी",
    "ไทยกำลัง",
    "می‌خواهم",
    "👨‍👩‍👧‍👦 family",
    "🏴󠁧󠁢󠁳󠁣󠁴󠁿 Alba",
    "\U0001fae9 newer than Python's table",
    "<b>&amp;</b> *x* _y_ $z$ `q` [l](m) :smile: \\n",
    "∀ε>0 ∃δ",
    "x" * 200,
    "ab̈́c" * 40,
]


@pytest.mark.parametrize("name", WHOLE)
def test_a_label_is_kept_whole(name: str) -> None:
    whole = unicodedata.normalize("NFC", name)
    assert sandbox.clean_label(name) == whole
    assert sandbox.clean_label(whole) == whole


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("  two \t words \n", "two words"),
        ("a\0b\x1b[31mc", "a b [31mc"),
        ("a\u2028b\u2029c\x85d", "a b c d"),
        ("evil\u202egnp.exe\u202c", "evilgnp.exe"),
        ("\u2066isolated\u2069", "isolated"),
        ("\ufeffa", "a"),
        ("\udcff", "(none)"),
        ("", "(none)"),
        ("\u200b\u200d", "(none)"),
        ("ka\u0308se", "käse"),
        ("k\u202ea\u202c\u0308", "kä"),
    ],
)
def test_a_label_is_one_visible_line(name: str, clean: str) -> None:
    assert sandbox.clean_label(name) == clean
    assert sandbox.clean_label(clean) == clean


def test_a_long_label_is_cut_between_characters() -> None:
    long = "क्षि" * 100  # 4 code points a character
    clean = sandbox.clean_label(long)
    assert clean == "क्षि" * 50
    assert sandbox.clean_label(clean) == clean
    assert len(sandbox.clean_label("e" + "\u0323" * 5000)) == 200


def test_labels_cleaned_by_the_old_rule_come_back_unchanged() -> None:
    """The old rule kept letters, digits and some signs, 40 at most; such names are stored."""

    def old(text: str) -> str:
        text = unicodedata.normalize("NFC", text[:1000])
        text = "".join(c if c.isalnum() or c in " .,+-#/()&'%" else " " for c in text)
        return " ".join(text.split())[:40].strip() or "(none)"

    everything = "".join(map(chr, [*range(0x20, 0xD800), *range(0xE000, 0x11000)]))
    for start in range(0, len(everything), 13):
        name = old(everything[start : start + 60])
        assert sandbox.clean_label(name) == name


def test_clusters_are_characters_as_people_see_them() -> None:
    characters = ["हि", "न्दी", "👨‍👩‍👧", "👍🏽", "🇩🇪", "🇫🇷", "é", "กำ", "ى‌", "❤️", "x", "각", "1️⃣"]
    text = unicodedata.normalize("NFD", "".join(characters))
    assert clusters(text) == [unicodedata.normalize("NFD", c) for c in characters]


def test_names_are_shortened_in_the_middle() -> None:
    taxon = "Animalia_Arthropoda_Insecta_Coleoptera_Coccinellidae_Harmonia_axyridis"
    assert shortened(taxon, 30) == "Animalia_Arthropoda_…_axyridis"
    assert shortened(taxon, len(taxon)) == taxon
    assert shortened("हिन्दी" * 9, 7) == "हिन्दीहिन्दी…हिन्दी"
    assert shortened("e\u0301" * 7, 7) == "e\u0301" * 7
    assert first_clusters("🇩🇪🇫🇷", 3) == "🇩🇪"
    for most in range(1, 9):
        assert len(clusters(shortened(taxon, most))) == most


def test_a_file_name_in_a_sentence() -> None:
    assert sandbox.display_name("a/b\\c\u202e\n\0می‌خواهم.zip") == isolated("c???می‌خواهم.zip")
    assert len(sandbox.display_name("x" * 100)) == 40

"""Right-to-left names are isolated in sentences, and nothing else is changed."""

from __future__ import annotations

import pytest

from dashboard.kinds.text_tables import table
from dashboard.shared import markdown
from vae_core import sandbox
from vae_core.bidirectional import isolated

ARABIC, HEBREW = "قطط", "חתול"


@pytest.mark.parametrize("text", [ARABIC, HEBREW, f"a {ARABIC} b", "\u202eabc"])
def test_right_to_left_texts_are_isolated(text: str) -> None:
    assert isolated(text) == f"\u2068{text}\u2069"
    assert markdown.quote(text) == f"\u2068{text}\u2069"


@pytest.mark.parametrize("text", ["", "cat 3", "แมว", "β", "猫", "🐈", "Ёлка", "école"])
def test_other_texts_stay(text: str) -> None:
    assert isolated(text) == text


def test_a_label_is_escaped_too() -> None:
    assert markdown.quote(f"{ARABIC}*") == f"\u2068{ARABIC}\\*\u2069"


def test_file_names_in_sentences() -> None:
    assert sandbox.display_name(f"{ARABIC}.zip") == f"\u2068{ARABIC}.zip\u2069"
    assert sandbox.display_name("cats.zip") == "cats.zip"


def test_texts_in_tables() -> None:
    row = table([[HEBREW, HEBREW]], first_again=True)
    assert f"<strong>✓ <bdi>{HEBREW}</bdi></strong>" in row

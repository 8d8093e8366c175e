"""Names from files in Chromium: Streamlit's Markdown shows them as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.shared.markdown import JOINER
from tests.browser.chromium import Server

pytestmark = pytest.mark.browser

NAMES = (
    "<b>&amp; *x* _y_ $z$ `q` [l](http://a.b) ~~s~~",
    ":smile: :+1: :red[r] :material/home: :streamlit: :small[x]",
    "-> a <- b <-> c -- d >= e <= f ~= g",
    "- a",
    "1. a",
    "# a",
    "हिन्दी می‌خواهم 👩‍🔬",
)
SCRIPT = f"""
import streamlit as st
from dashboard.shared.markdown import escape_markdown
for name in {NAMES!r}:
    st.markdown(escape_markdown(name))
    st.table([{{"label": escape_markdown(name)}}])
"""


@pytest.fixture(scope="module")
def names_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    root = tmp_path_factory.mktemp("names")
    script = Path(root / "script.py")
    script.write_text(SCRIPT, "utf-8")
    server = Server(root, script)
    yield server
    server.stop()


def test_markdown_shows_names_as_they_are_written(names_server: Server, page: Any) -> None:
    page.goto(names_server.url)
    page.locator("[data-testid=stTable]").nth(len(NAMES) - 1).wait_for()
    for place in ("[data-testid=stMarkdown]", "[data-testid=stTable] td"):
        shown = [text.strip() for text in page.locator(place).all_inner_texts()]
        assert [text.replace(JOINER, "") for text in shown] == list(NAMES)

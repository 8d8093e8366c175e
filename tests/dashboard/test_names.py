"""Names from files are shown as they are written: in figures, and in Markdown."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.figures import label_counts, latent, sheets
from dashboard.figures.names import LONGEST, plot_names, plot_text
from dashboard.shared.markdown import JOINER, escape_markdown, shown_name

NAMES = ["<b>x</b> & &amp; %{x}", "हिन्दी *a* _b_ :smile: 'q' \"d\"", "T-shirt/top"]
ESCAPED = [
    "&lt;b&gt;x&lt;/b&gt; &amp; &amp;amp; %&#123;x}",
    "हिन्दी *a* _b_ :smile: 'q' \"d\"",
    "T-shirt/top",
]
TAXON = "Animalia_Arthropoda_Insecta_Coleoptera_Coccinellidae_Harmonia_axyridis"


def test_text_in_figures_is_escaped() -> None:
    assert [plot_text(name) for name in NAMES] == ESCAPED
    assert plot_names(NAMES) == ESCAPED


def test_long_names_in_figures_are_shortened_and_stay_apart() -> None:
    assert plot_names([TAXON, "cat"]) == ["Animalia_Arthropoda_I…a_axyridis", "cat"]
    assert len(plot_names([TAXON])[0]) == LONGEST
    other = TAXON.replace("Cocc", "Hipp")
    assert plot_names([TAXON, other, "cat"]) == [TAXON, other, "cat"]


def test_every_figure_shows_names_as_they_are_written() -> None:
    points, labels = np.zeros((6, 2)), np.arange(6) % 3
    view = latent.dims_view((0, 1), 2)
    texts = ["<i>&lt;"] * 6
    explorer = latent.explorer(view, points, labels, NAMES, texts=texts)
    assert [trace.name for trace in explorer.data] == ESCAPED
    assert explorer.data[0].text[0] == "&lt;i&gt;&amp;lt;"
    assert explorer.data[0].hovertemplate == f"<b>%{{text}}</b><br>{ESCAPED[0]}<extra></extra>"
    for trace, shown in zip(latent.traces(points, labels, NAMES), ESCAPED, strict=True):
        assert trace["name"] == shown
        assert trace["hovertemplate"].startswith(f"{shown}<br>(")
    bars = label_counts.label_counts(np.array([1, 2, 3]), NAMES)
    assert list(bars.data[0].y) == ESCAPED[::-1]
    sheet = sheets.clickable(np.zeros((8, 24, 1)), np.arange(3), NAMES, np.zeros(3, bool), 3)
    assert list(sheet.data[0].text) == ESCAPED


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a -> b <- c", rf"a -{JOINER}\> b \<{JOINER}- c"),
        ("a -- b >= c <= d ~= e", rf"a -{JOINER}- b \>{JOINER}= c \<{JOINER}= d \~{JOINER}= e"),
        ("<->", rf"\<{JOINER}-\>"),
        (":material/home: :streamlit:", rf"\:{JOINER}material/home\: \:{JOINER}streamlit\:"),
        ("- a", r"\- a"),
        ("T-shirt a--b x->y", r"T-shirt a--b x-\>y"),
        ("β = 0.5, “a_b”", r"β = 0\.5, “a\_b”"),
    ],
)
def test_signs_that_streamlit_replaces_are_kept(text: str, escaped: str) -> None:
    assert escape_markdown(text) == escaped


def test_long_names_in_markdown_are_shortened() -> None:
    assert shown_name("a_b") == r"a\_b"
    shown = shown_name(TAXON).replace("\\", "")
    assert shown == f"{TAXON[:40]}…{TAXON[-19:]}"

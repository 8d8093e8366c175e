"""Draw melodies as piano rolls: pitch over time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from plotly import graph_objects as go

from dashboard.figures import LABEL_COLOURS
from vae_core.data import notation
from vae_core.data.notation import BEAT

NATURALS = (0, 2, 4, 5, 7, 9, 11)  # pitch classes of the white keys
MOST_NATURALS = 10  # names at the axis; a wider range has only C and G
GAP = 0.06  # in beats, between notes, so that repeated notes can be told apart
MARGINS = {"l": 40, "r": 8, "t": 8, "b": 38}


def roll(
    melody: str,
    span: tuple[int, int],
    beside: str | None = None,
    parts: Sequence[int] = (),
) -> go.Figure:
    """Draw a melody, with one horizontal bar per note.

    Args:
        melody: in the notation of `vae_core.data.notation`.
        span: lowest and highest pitch of the axis, so that several rolls can be compared.
        beside: another melody, drawn wide and pale behind it.
        parts: if several melodies were joined to this one, where each starts, in sixteenths.
            Lines mark these starts; without parts, lines mark the musical bars.
    """
    length = max(len(melody), len(beside or ""))
    starts = list(parts) or list(range(0, length, notation.bar_length(beside or melody))) or [0]
    part = "step" if parts else "bar"
    figure = go.Figure()
    for one, width, opacity, colour in (
        (beside, 0.95, 0.35, LABEL_COLOURS[3]),
        (melody, 0.55, 1.0, LABEL_COLOURS[0]),
    ):
        if one is None:
            continue
        notes = notation.notes(one)
        figure.add_trace(
            go.Bar(
                orientation="h",
                base=[note.start / BEAT for note in notes],
                x=[note.length / BEAT - GAP for note in notes],
                y=[note.pitch for note in notes],
                width=width,
                marker={"color": colour, "opacity": opacity, "line": {"width": 0}},
                customdata=[
                    [
                        notation.pitch_name(note.pitch),
                        (number := bisect_right(starts, note.start)),
                        (note.start - starts[number - 1]) / BEAT + 1,
                        note.length / BEAT,
                    ]
                    for note in notes
                ],
                hovertemplate="<b>%{customdata[0]}</b>, %{customdata[3]} beats<br>"
                f"{part} %{{customdata[1]}}, beat %{{customdata[2]}}<extra></extra>",
            )
        )
    low, high = span
    pitches = [p for p in range(low, high + 1) if p % 12 in NATURALS]
    if len(pitches) > MOST_NATURALS:
        pitches = [p for p in pitches if p % 12 in (0, 7)]
    beats = [start / BEAT for start in starts] if parts else list(range(length // BEAT + 1))
    figure.update_layout(
        barmode="overlay",
        showlegend=False,
        margin=MARGINS,
        xaxis={
            "range": [0, length / BEAT],
            "tickvals": beats,
            "showgrid": False,
            "title": {"text": "beats", "standoff": 4, "font": {"size": 11}},
            "tickfont": {"size": 10},
        },
        yaxis={
            "range": [low - 0.75, high + 0.75],
            "tickvals": pitches,
            "ticktext": [notation.pitch_name(p) for p in pitches],
            "tickfont": {"size": 10},
            "zeroline": False,
        },
        shapes=[
            {
                "type": "line",
                "xref": "x",
                "yref": "paper",
                "x0": start / BEAT,
                "x1": start / BEAT,
                "y0": 0,
                "y1": 1,
                "opacity": 0.5,
                "line": {"width": 1},
            }
            for start in starts[1:]
        ],
    )
    return figure


def span(melodies: Sequence[str]) -> tuple[int, int]:
    """Return the lowest and the highest pitch of some melodies, at least an octave apart."""
    pitches = [note.pitch for melody in melodies for note in notation.notes(melody)] or [66]
    missing = max(12 - (max(pitches) - min(pitches)), 0)
    return min(pitches) - missing // 2, max(pitches) + missing - missing // 2

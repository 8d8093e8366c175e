"""Melodies on the pages: a piano roll, to be heard, and to be saved."""

from __future__ import annotations

import functools
from collections.abc import Sequence

import streamlit as st

from dashboard.components.plot.plot import drawn, plot
from dashboard.figures import rolls
from dashboard.shared import markdown
from vae_core.data import notation, sound

COLUMNS = 4


HEIGHT = 190


PAUSE = notation.BEAT  # between the melodies of a walk


def side_by_side(shown: Sequence[str], titles: Sequence[str], tempo: int, key: str) -> None:
    """Melodies, four a row, each with a player and its MIDI file.

    Args:
        shown: see `vae_core.data.notation`.
        titles: one a melody.
        tempo: quarter notes a minute.
        key: names the elements.
    """
    span = rolls.span(shown)
    for start in range(0, len(shown), COLUMNS):
        for i, column in enumerate(st.columns(COLUMNS), start=start):
            if i < len(shown):
                with column:
                    one(shown[i], titles[i], tempo, f"{key}-{i}", span)


def one(
    melody: str,
    title: str,
    tempo: int,
    key: str,
    span: tuple[int, int] | None = None,
    beside: str | None = None,
) -> None:
    """A melody with its player.

    Args:
        span: see `dashboard.figures.rolls.roll`; None for its own.
        beside: another, that is drawn behind it and can be heard, too.
    """
    span = span or rolls.span([melody, beside or ""])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{markdown.escape_markdown(title)}**")
        save(melody, tempo, key)
    plot(
        drawn(lambda: rolls.roll(melody, span, beside), "roll", melody, span, beside),
        key=f"roll-{key}",
        height=HEIGHT,
        alt=f"{title}: {notation.note_names(melody)}",
    )
    for heard, name in ((beside, "the melody"), (melody, "comes back as" if beside else title)):
        if heard is not None:
            play(heard, tempo, name)


def walk(shown: Sequence[str], tempo: int, key: str) -> None:
    """Melodies one after the other, as one roll and one sound."""
    whole = notation.joined_melodies(shown, PAUSE)
    span = rolls.span([whole])
    parts = [sum(len(one) + PAUSE for one in shown[:i]) for i in range(len(shown))]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**The whole walk**")
        save(whole, tempo, key)
    plot(
        drawn(lambda: rolls.roll(whole, span, parts=parts), "walk", whole, span),
        key=f"roll-{key}",
        height=HEIGHT + 30,
        alt="All melodies of the walk, one after the other",
    )
    play(whole, tempo, "The whole walk")


def play(melody: str, tempo: int, name: str) -> None:
    """A player; nothing where there is no note."""
    if notation.notes(melody):
        st.audio(sound.wav(melody, tempo), format="audio/wav", alt=name)
    else:
        st.caption("Silence: no note was written.")


def save(melody: str, tempo: int, key: str) -> None:
    """A button that saves it as MIDI."""
    st.download_button(
        "MIDI",
        functools.partial(sound.midi, melody, tempo),
        f"melody-{key}.mid",
        "audio/midi",
        type="tertiary",
        icon=":material/download:",
        key=f"midi-{key}",
        on_click="ignore",
    )

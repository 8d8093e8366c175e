"""Show melodies as piano rolls, with players and MIDI files."""

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
PAUSE = notation.BEAT  # sixteenths between the melodies of a path


def melody_players(shown: Sequence[str], titles: Sequence[str], tempo: int, key: str) -> None:
    """Show melodies, four per row, each with a player and its MIDI file.

    Args:
        shown: the melodies, in the notation of `vae_core.data.notation`.
        titles: one per melody.
        tempo: quarter notes per minute.
        key: prefix of the elements' keys.
    """
    span = rolls.span(shown)
    for start in range(0, len(shown), COLUMNS):
        for i, column in enumerate(st.columns(COLUMNS), start=start):
            if i < len(shown):
                with column:
                    melody_player(shown[i], titles[i], tempo, f"{key}-{i}", span)


def melody_player(
    melody: str,
    title: str,
    tempo: int,
    key: str,
    span: tuple[int, int] | None = None,
    beside: str | None = None,
) -> None:
    """Show a melody with its player.

    Args:
        melody: in the notation of `vae_core.data.notation`.
        title: shown above it.
        tempo: quarter notes per minute.
        key: of its elements.
        span: lowest and highest pitch of the roll; None takes those of the melody.
        beside: another melody, drawn behind it, with a player of its own.
    """
    span = span or rolls.span([melody, beside or ""])
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{markdown.escape_markdown(title)}**")
        midi_button(melody, tempo, key)
    plot(
        drawn(lambda: rolls.roll(melody, span, beside), "roll", melody, span, beside),
        key=f"roll-{key}",
        height=HEIGHT,
        alt=f"{title}: {notation.note_names(melody)}",
    )
    for played, name in ((beside, "the melody"), (melody, "reconstruction" if beside else title)):
        if played is not None:
            audio_player(played, tempo, name)


def path_player(shown: Sequence[str], tempo: int, key: str) -> None:
    """Show melodies one after the other, as one piano roll and one sound."""
    whole = notation.joined_melodies(shown, PAUSE)
    span = rolls.span([whole])
    parts = [sum(len(one) + PAUSE for one in shown[:i]) for i in range(len(shown))]
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("**The whole walk**")
        midi_button(whole, tempo, key)
    plot(
        drawn(lambda: rolls.roll(whole, span, parts=parts), "walk", whole, span),
        key=f"roll-{key}",
        height=HEIGHT + 30,
        alt="All melodies of the walk, one after the other",
    )
    audio_player(whole, tempo, "The whole walk")


def audio_player(melody: str, tempo: int, name: str) -> None:
    """Show a player; a melody without notes gets a caption instead."""
    if notation.notes(melody):
        st.audio(sound.wav(melody, tempo), format="audio/wav", alt=name)
    else:
        st.caption("No notes, so there is nothing to play.")


def midi_button(melody: str, tempo: int, key: str) -> None:
    """Show a button that downloads the melody as MIDI."""
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

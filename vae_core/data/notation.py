"""Melodies as texts with one character per sixteenth note, and as lists of notes.

A letter starts a note, `_` holds it for another sixteenth, and `.` is a rest.
"""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import NamedTuple

HOLD, REST = "_", "."
BEAT = 4  # sixteenths per quarter note
LOWEST = 48  # MIDI number of the pitch of the letter A: C3. (C4 is 60; A4, at 440 Hz, is 69.)
LETTERS = string.ascii_uppercase + string.ascii_lowercase
PITCH_CLASSES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "G♯", "A", "B♭", "B")


class Note(NamedTuple):
    """A note of a melody: pitch as a MIDI number, start and length in sixteenths."""

    pitch: int
    start: int
    length: int


def character(pitch: int) -> str:
    """Return the letter for a MIDI pitch from C3 to E♭7."""
    return LETTERS[pitch - LOWEST]


def notes(melody: str) -> list[Note]:
    """Return the notes of a melody.

    A hold without a note before it, which a model may generate, counts as a rest.
    """
    parsed: list[Note] = []
    sounding = False
    for i, symbol in enumerate(melody):
        if symbol == HOLD and sounding:
            parsed[-1] = parsed[-1]._replace(length=parsed[-1].length + 1)
        elif symbol in LETTERS:
            parsed.append(Note(LOWEST + LETTERS.index(symbol), i, 1))
        sounding = symbol in LETTERS or (symbol == HOLD and sounding)
    return parsed


def shared_notes(melody: str, other: str) -> tuple[int, int]:
    """Count the notes that two melodies share: the same pitch starts at the same time.

    Returns:
        Number of shared notes, number of all notes of `melody`.
    """
    own_notes, other_notes = (
        {(note.pitch, note.start) for note in notes(text)} for text in (melody, other)
    )
    return len(own_notes & other_notes), len(own_notes)


def hold_share(melodies: Sequence[str]) -> float:
    """Return the share of sixteenths, over all melodies, at which a note is held."""
    sixteenths = "".join(melodies)
    return sixteenths.count(HOLD) / max(len(sixteenths), 1)


def melody_text(notes: Sequence[Note], length: int) -> str:
    """Write notes that don't overlap as a melody of `length` sixteenths."""
    sixteenths = [REST] * length
    for pitch, start, duration in notes:
        sixteenths[start : start + duration] = character(pitch) + HOLD * (duration - 1)
    return "".join(sixteenths)


def pitch_name(pitch: int) -> str:
    """Return the name of a MIDI pitch: C4 for 60."""
    return f"{PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def note_names(melody: str) -> str:
    """Return the names of a melody's notes, such as `C4 D4 E4`."""
    return " ".join(pitch_name(note.pitch) for note in notes(melody)) or "(silence)"


def bar_length(melody: str) -> int:
    """Return the sixteenths per bar: 12 for a melody of two 3/4 bars, else 16."""
    return 3 * BEAT if len(melody) == 6 * BEAT else 4 * BEAT


def joined_melodies(melodies: Sequence[str], pause: int = BEAT) -> str:
    """Join melodies to one, with a rest of `pause` sixteenths between them."""
    return (REST * pause).join(melodies)

"""Melodies as texts, a character a sixteenth note; and as notes."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import NamedTuple

HOLD, REST = "_", "."


BEAT = 4  # sixteenths of a quarter note


LOWEST = 48  # MIDI number of the first letter's pitch, C3; C4 is 60 and A4, of 440 Hz, 69


LETTERS = string.ascii_uppercase + string.ascii_lowercase


PITCH_CLASSES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "G♯", "A", "B♭", "B")


class Note(NamedTuple):
    """A note of a melody: pitch as MIDI numbers them, start and length in sixteenths."""

    pitch: int
    start: int
    length: int


def character(pitch: int) -> str:
    """The letter that begins a note of that MIDI pitch, which lies in C3 to E♭7."""
    return LETTERS[pitch - LOWEST]


def notes(melody: str) -> list[Note]:
    """The notes of a melody. What holds no note, as a model may write it, is a rest."""
    found: list[Note] = []
    held = False
    for i, here in enumerate(melody):
        if here == HOLD and held:
            found[-1] = found[-1]._replace(length=found[-1].length + 1)
        elif here in LETTERS:
            found.append(Note(LOWEST + LETTERS.index(here), i, 1))
        held = here in LETTERS or (here == HOLD and held)
    return found


def shared(melody: str, other: str) -> tuple[int, int]:
    """How many notes of a melody begin in another, too, at the same time; and how many it has."""
    begin, there = ({(note.pitch, note.start) for note in notes(m)} for m in (melody, other))
    return len(begin & there), len(begin)


def held(melodies: Sequence[str]) -> float:
    """Share of their sixteenths that hold a note."""
    whole = "".join(melodies)
    return whole.count(HOLD) / max(len(whole), 1)


def written(notes: Sequence[Note], length: int) -> str:
    """The melody of these notes, none of which overlap, in so many sixteenths."""
    sixteenths = [REST] * length
    for pitch, start, lasting in notes:
        sixteenths[start : start + lasting] = character(pitch) + HOLD * (lasting - 1)
    return "".join(sixteenths)


def pitch_name(pitch: int) -> str:
    """Such as C4 for 60."""
    return f"{PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def spelt(melody: str) -> str:
    """The names of its notes, for lists: `C4 D4 E4`."""
    return " ".join(pitch_name(note.pitch) for note in notes(melody)) or "(silence)"


def bar(melody: str) -> int:
    """Sixteenths of a bar: two melodies of three beats, or four, make two bars."""
    return 3 * BEAT if len(melody) == 6 * BEAT else 4 * BEAT


def one_after_the_other(melodies: Sequence[str], pause: int = BEAT) -> str:
    """Melodies as one, with a rest of so many sixteenths between them."""
    return (REST * pause).join(melodies)

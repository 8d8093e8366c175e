"""Melodies as texts, a character a sixteenth note; as notes, as sound, and as MIDI.

A letter begins a note of its pitch, `_` holds it, `.` is a rest. So a quarter note on C4 is
`M___`, and a melody is a text like any other to `vae_core.text_vae`.
"""

from __future__ import annotations

import functools
import io
import string
import wave
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

HOLD, REST = "_", "."
BEAT = 4  # sixteenths of a quarter note
LOWEST = 48  # MIDI number of the first letter's pitch, C3; C4 is 60 and A4, of 440 Hz, 69
LETTERS = string.ascii_uppercase + string.ascii_lowercase
PITCH_CLASSES = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "G♯", "A", "B♭", "B")

SAMPLE_RATE = 11_025  # a second: enough for the partials below
PARTIALS = (1.0, 0.5, 0.3, 0.15, 0.08, 0.04)  # amplitudes of the multiples of a pitch
ATTACK, RELEASE, DECAY = 0.01, 0.05, 1.2  # seconds; the last until a tone has fallen to 1/e
LOUDNESS = 0.4  # of the largest sample a file can hold
TICKS = 480  # of a quarter note, in MIDI
VELOCITY = 80


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


def sound(melody: str, tempo: float) -> np.ndarray:
    """What a melody sounds like: (samples,) float64 in [-1, 1], `SAMPLE_RATE` a second.

    Each note is a sum of sines, which rises at once and decays slowly, as a struck string's does.

    Args:
        melody: as of this module.
        tempo: quarter notes a minute.
    """
    sixteenth = 60 / tempo / BEAT * SAMPLE_RATE  # samples
    samples = np.zeros(round(len(melody) * sixteenth))
    for pitch, start, length in notes(melody):
        first, end = round(start * sixteenth), round((start + length) * sixteenth)
        samples[first:end] = _tone(pitch, end - first)
    return samples


@functools.lru_cache(maxsize=256)  # some 8 MB; the steps of a walk share most of their tones
def _tone(pitch: int, count: int) -> np.ndarray:
    seconds = np.arange(count) / SAMPLE_RATE
    frequency = 440 * 2 ** ((pitch - 69) / 12)  # equal temperament
    tone = sum(
        amplitude * np.sin(2 * np.pi * k * frequency * seconds)
        for k, amplitude in enumerate(PARTIALS, start=1)
        if k * frequency < SAMPLE_RATE / 2
    )
    left = count / SAMPLE_RATE - seconds
    envelope = np.minimum(seconds / ATTACK, 1) * np.minimum(left / RELEASE, 1)
    loudness = LOUDNESS / sum(PARTIALS) * 2
    return (loudness * tone * envelope * np.exp(-seconds / DECAY)).astype(np.float32)


def wav(melody: str, tempo: float) -> bytes:
    """`sound` as a file: WAV, one channel, 16 bits."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((sound(melody, tempo) * 32767).astype("<i2").tobytes())
    return content.getvalue()


def midi(melody: str, tempo: float) -> bytes:
    """A melody as a Standard MIDI File of format 0, for a piano.

    Args:
        melody: as of this module.
        tempo: quarter notes a minute.
    """
    import mido  # 60 ms, for who saves one

    sixteenth = TICKS // BEAT
    track = mido.MidiTrack(
        [
            mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)),
            mido.MetaMessage("time_signature", numerator=bar(melody) // BEAT, denominator=4),
        ]
    )
    now = 0
    for pitch, start, length in notes(melody):
        for kind, at in (("note_on", start), ("note_off", start + length)):
            track.append(
                mido.Message(kind, note=pitch, velocity=VELOCITY, time=(at - now) * sixteenth)
            )
            now = at
    track.append(mido.MetaMessage("end_of_track", time=(len(melody) - now) * sixteenth))
    content = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=TICKS, tracks=[track]).save(file=content)
    return content.getvalue()

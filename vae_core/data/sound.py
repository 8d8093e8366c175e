"""Turn melodies into sound (WAV) and MIDI files."""

from __future__ import annotations

import functools
import io
import wave

import numpy as np

from vae_core.data.notation import BEAT, bar_length, notes

SAMPLE_RATE = 11_025  # samples per second
PARTIALS = (1.0, 0.5, 0.3, 0.15, 0.08, 0.04)  # amplitudes of the multiples of a tone's frequency
ATTACK, RELEASE, DECAY = 0.01, 0.05, 1.2  # seconds; after DECAY a tone has fallen to 1/e
LOUDNESS = 0.4  # as a share of the largest sample that a file can hold
TICKS = 480  # per quarter note, in MIDI
VELOCITY = 80


def sound(melody: str, tempo: float) -> np.ndarray:
    """Synthesise a melody: (samples,) float64 in [-1, 1], `SAMPLE_RATE` per second.

    Each note is a sum of sines that rises at once and decays slowly, like a struck string.

    Args:
        melody: in the notation of `vae_core.data.notation`.
        tempo: quarter notes per minute.
    """
    sixteenth = 60 / tempo / BEAT * SAMPLE_RATE  # in samples
    samples = np.zeros(round(len(melody) * sixteenth))
    for pitch, start, length in notes(melody):
        first, end = round(start * sixteenth), round((start + length) * sixteenth)
        samples[first:end] = _tone(pitch, end - first)
    return samples


@functools.lru_cache(maxsize=256)  # about 8 MB; neighbouring melodies share most of their tones
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
    """Return `sound` as a WAV file with one channel and 16 bits."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((sound(melody, tempo) * 32767).astype("<i2").tobytes())
    return content.getvalue()


def midi(melody: str, tempo: float) -> bytes:
    """Return a melody as a Standard MIDI File of format 0, for a piano.

    Args:
        melody: in the notation of `vae_core.data.notation`.
        tempo: quarter notes per minute.
    """
    import mido  # takes 60 ms

    sixteenth = TICKS // BEAT
    track = mido.MidiTrack(
        [
            mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(tempo)),
            mido.MetaMessage("time_signature", numerator=bar_length(melody) // BEAT, denominator=4),
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

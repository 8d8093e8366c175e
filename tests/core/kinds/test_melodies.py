"""Melodies as texts, notes, sound and MIDI, and how they are made from chorales."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from vae_core.cli.app import main as command_line
from vae_core.data import chorales, excerpts, melodies, notation, own, registry, sound, tokens
from vae_core.data.chorales import Line, Melody
from vae_core.data.dataset import DatasetError
from vae_core.data.notation import Note

# Two bars: C4 for a beat, a rest of a beat, D4 for two; then A4 over the whole bar.
MELODY = "M___....O_______V_______________"
NOTES = [Note(60, 0, 4), Note(62, 8, 8), Note(69, 16, 16)]


# --- as notes -----------------------------------------------------------------------------


def test_notes_of_a_melody() -> None:
    assert notation.notes(MELODY) == NOTES
    assert notation.melody_text(NOTES, 32) == MELODY
    assert notation.note_names(MELODY) == "C4 D4 A4"
    assert [notation.pitch_name(p) for p in (48, 61, 70, 84)] == ["C3", "C♯4", "B♭4", "C6"]


@given(some.lists(some.tuples(some.integers(48, 99), some.integers(1, 9), some.booleans())))
def test_notes_are_written_and_read_back(parts: list[tuple[int, int, bool]]) -> None:
    notes, now = [], 0
    for pitch, length, rest_before in parts:
        now += rest_before
        notes.append(Note(pitch, now, length))
        now += length
    assert notation.notes(notation.melody_text(notes, now + 3)) == notes


def test_a_hold_without_a_note_is_a_rest() -> None:
    """A model may generate any text."""
    assert notation.notes("__M_.__N") == [Note(60, 2, 2), Note(61, 7, 1)]
    assert notation.notes("") == notation.notes("...") == notation.notes("?!é") == []
    assert notation.note_names("...") == "(silence)"


def test_shared_notes_start_together() -> None:
    assert notation.shared_notes("M_O_Q_", "M___Q_R_") == (2, 3)
    assert notation.shared_notes("M_O_", ".M_O") == (0, 2)


def test_share_of_held_sixteenths() -> None:
    assert notation.hold_share(["M___", "M_._"]) == 5 / 8
    assert notation.hold_share([]) == 0


def test_bar_length_follows_from_the_melody_length() -> None:
    assert notation.bar_length("." * 24) == 12
    assert notation.bar_length(MELODY) == 16


# --- as sound -----------------------------------------------------------------------------


@pytest.mark.parametrize(("letter", "hertz"), [("V", 440.0), ("M", 261.63), ("h", 880.0)])
def test_the_loudest_frequency_is_that_of_the_pitch(letter: str, hertz: float) -> None:
    samples = sound.sound(letter + "_" * 15, tempo=60)
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    loudest = spectrum.argmax() * sound.SAMPLE_RATE / len(samples)
    assert loudest == pytest.approx(hertz, abs=sound.SAMPLE_RATE / len(samples))


@pytest.mark.parametrize("tempo", [40, 93, 200])
def test_a_wav_file_lasts_as_long_as_the_melody(tempo: int) -> None:
    with wave.open(io.BytesIO(sound.wav(MELODY, tempo))) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        assert file.getframerate() == sound.SAMPLE_RATE
        assert file.getnframes() == round(8 * 60 / tempo * sound.SAMPLE_RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert 0.1 < np.abs(samples / 32768).max() < 0.9  # loud enough, and not cut off
    beat = len(samples) // 8
    assert np.abs(samples[beat + 2 : 2 * beat - 2]).max() == 0  # the rest


def test_a_note_starts_and_ends_silently() -> None:
    samples = sound.sound("V___", 60)
    assert abs(samples[0]) < 1e-9
    assert abs(samples[-1]) < 0.005


# --- as MIDI ------------------------------------------------------------------------------


def test_midi_bytes_are_known() -> None:
    """A quarter note A4 at 120, written by hand after the Standard MIDI Files 1.0 specification."""
    track = (
        b"\0\xff\x51\x03\x07\xa1\x20"  # 500,000 microseconds a quarter note
        b"\0\xff\x58\x04\x04\x02\x18\x08"  # 4/4
        b"\0\x90\x45\x50"  # note 69 on
        b"\x83\x60\x80\x45\x50"  # off after 480 ticks
        b"\0\xff\x2f\0"
    )
    head = b"MThd\0\0\0\x06\0\0\0\x01\x01\xe0MTrk" + len(track).to_bytes(4, "big")
    assert sound.midi("V___", 120) == head + track


def test_midi_is_read_back_as_the_same_notes() -> None:
    file = mido.MidiFile(file=io.BytesIO(sound.midi(MELODY, 75)))
    assert file.length == pytest.approx(8 * 60 / 75)
    now, on, notes = 0, {}, []
    for message in file.tracks[0]:
        now += message.time
        if message.type == "note_on":
            on[message.note] = now
        elif message.type == "note_off":
            start = on.pop(message.note)
            notes.append(Note(message.note, start // 120, (now - start) // 120))
    assert notes == NOTES
    assert not on


def test_music21_reads_the_midi(tmp_path: Path) -> None:
    converter = pytest.importorskip("music21").converter
    (tmp_path / "a.mid").write_bytes(sound.midi(MELODY, 75))
    score = converter.parse(tmp_path / "a.mid", storePickle=False).stripTies()
    notes = [
        Note(note.pitch.midi, int(note.offset * 4), int(note.quarterLength * 4))
        for note in score.flatten().notes
    ]
    assert notes == NOTES


# --- chorales -----------------------------------------------------------------------------


def test_melodies_are_two_consecutive_bars() -> None:
    four, three = "M___" * 4, "M___" * 3
    line = Line(
        "BWV 1",
        "major",
        [(1, four), (2, "____" + four[4:]), None, (4, four), (5, three), (6, three)],
        [".", "O", ".", ".", ".", "."],
    )
    assert chorales.melodies(line) == [
        Melody(four + "____" + four[4:], "major, 4/4", "BWV 1, bars 1 and 2"),
        Melody(three + three, "major, 3/4", "BWV 1, bars 5 and 6"),
    ]
    held = Line("BWV 1", "minor", [(1, "____" * 4), (2, four)], ["O", "M"])
    (melody,) = chorales.melodies(held)  # it starts with the note that is held
    assert melody.text == "O" + "_" * 15 + four


def test_same_tunes() -> None:
    """Two chorales share a melody, or the beats of two melodies, or a chain of these joins them."""
    a, b = "M___O___" * 4, "Q___R___" * 4
    ornamented = [melody.replace("M___", "M_O_").replace("Q___", "Q_R_") for melody in (a, b)]
    plain = "V___" * 8
    assert chorales.pitches_at_beats(a) == chorales.pitches_at_beats(ornamented[0]) == "MOMOMOMO"
    tunes = chorales.same_tunes([[a, b], ornamented, [plain], [ornamented[0], plain], ["T___" * 8]])
    assert sorted(map(sorted, tunes)) == [[0, 1, 2, 3], [4]]
    assert len(chorales.same_tunes([[a], [ornamented[0]]])) == 2  # one shared melody is too few


def _tune(number: int, count: int, label: str = "major, 4/4") -> list[Melody]:
    rng = np.random.default_rng(number)
    return [
        Melody("".join(f"{c}___" for c in rng.choice(list("MNOPQR"), 8)), label, f"BWV {number}")
        for _ in range(count)
    ]


def test_no_tune_is_in_both_parts() -> None:
    tunes = [_tune(i, 5, ("major, 4/4", "minor, 4/4")[i % 2]) for i in range(40)]
    arrays = chorales.split([*tunes, tunes[0], tunes[1][:1], []])
    sides = {
        side: tokens.decode(arrays[f"x_{side}"], str(arrays["vocabulary"]))
        for side in ("train", "test")
    }
    assert not set(sides["train"]) & set(sides["test"])
    assert len(sides["train"]) + len(sides["test"]) == 200
    for tune in tunes:
        assert len({melody.text in sides["test"] for melody in tune}) == 1
    assert np.bincount(arrays["y_test"]).tolist() == [20, 20]  # a fifth of each label
    source_of = {melody.text: melody.source for tune in tunes for melody in tune}
    assert [source_of[melody] for melody in sides["test"]] == list(arrays["sources_test"])
    again = chorales.split([*tunes, tunes[0], tunes[1][:1], []])
    assert all(np.array_equal(arrays[key], again[key]) for key in arrays)


@pytest.fixture(scope="module")
def scores() -> dict[str, Any]:
    """BWV 269 in G major and 3/4, BWV 153.1 in A minor: both with upbeats and repeats."""
    pytest.importorskip("music21")
    return {name: chorales.read_score(f"bach/bwv{name}") for name in ("269", "153.1")}


def test_the_first_bars_of_known_chorales(scores: dict[str, Any]) -> None:
    """The edition has half notes G4 and D5, dotted B4, A4, G4, in G: here, a fourth higher."""
    line = chorales.soprano_line(scores["269"], "BWV 269")
    assert line is not None
    first, second, *_ = chorales.melodies(line)
    assert first == Melody("Y_______f___c_____a_Y___", "major, 3/4", "BWV 269, bars 1 and 2")
    assert notation.note_names(first.text) == "C5 G5 E5 D5 C5"
    assert second.source == "BWV 269, bars 2 and 3"
    assert line.bars[0] is None  # the upbeat
    assert line.bars[-1] == (21, "Y_______....")  # filled up


@pytest.mark.parametrize("name", ["269", "153.1"])
def test_melodies_agree_with_music21(scores: dict[str, Any], name: str) -> None:
    """music21 transposes the score and joins tied notes by itself."""
    from music21 import interval, pitch

    score = scores[name]
    key = score.analyze("key")
    to = pitch.Pitch({"major": "C", "minor": "A"}[key.mode])
    semitones = (to.pitchClass - key.tonic.pitchClass + 6) % 12 - 6
    soprano = score.parts[0].transpose(interval.Interval(semitones)).stripTies()
    expected = {
        (float(note.getOffsetInHierarchy(soprano)), note.pitch.midi, float(note.quarterLength))
        for note in soprano.recurse().notes
    }
    line = chorales.soprano_line(score, name)
    assert line is not None
    starts = [start for _, start, _ in chorales._bars(_measures(score))]
    read = {
        ((start + note.start) / 4, note.pitch, note.length / 4)
        for start, bar in zip(starts, line.bars, strict=True)
        if bar is not None and bar[1][0] != notation.HOLD
        for note in notation.notes(bar[1])
    }
    assert len(read) > 30
    assert read <= expected


def _measures(score: Any) -> list[Any]:
    return list(score.parts[0].getElementsByClass("Measure"))


def test_halves_of_a_bar_are_joined(scores: dict[str, Any]) -> None:
    """A repeat sign divides a bar of BWV 269 into a half note and an upbeat."""
    line = chorales.soprano_line(scores["269"], "BWV 269")
    assert line is not None
    numbers = [bar[0] for bar in line.bars if bar]
    assert numbers == list(range(1, 22))
    assert len(_measures(scores["269"])) == 24


def test_lines_follow_the_edition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first chorale is read, to save time."""
    corpus = pytest.importorskip("music21").corpus
    assert len({*corpus.chorales.Iterator(returnType="filename")}) == 350
    monkeypatch.setattr(corpus.chorales, "Iterator", lambda **_: ["bach/bwv269", "bach/bwv269"])
    (line,) = chorales.soprano_lines()
    assert line.name == "BWV 269, Aus meines Herzens Grunde"


# --- the data set -------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folders of data sets, still empty."""
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    registry.load.cache_clear()
    return tmp_path


def test_without_music21_the_error_says_how_to_get_melodies(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chorales, "available", lambda: False)
    assert "melodies" in registry.names()
    with pytest.raises(DatasetError, match=r"pip install '\.\[music\]'"):
        registry.load("melodies")
    for read in (
        lambda: excerpts.texts("melodies", "test"),
        lambda: melodies.melody_sources("test"),
    ):
        with pytest.raises(DatasetError, match="VAE_LAB_DATA"):
            read()
    assert not list(folder.iterdir())


def test_the_list_of_data_sets_says_how_to_get_melodies(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["datasets"]) == 0
    assert "Not here: data set 'names'" in capsys.readouterr().out
    monkeypatch.setattr(chorales, "available", lambda: False)
    assert command_line(["datasets"]) == 0
    assert "'.[music]'" in capsys.readouterr().out
    (folder / "melodies.npz").touch()
    assert command_line(["datasets"]) == 0
    assert "music" not in capsys.readouterr().out


def test_pages_never_make_melodies(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Making them takes a minute."""
    monkeypatch.setattr(chorales, "available", lambda: True)
    monkeypatch.setattr(chorales, "make_arrays", lambda: pytest.fail("made"))
    with pytest.raises(DatasetError, match="VAE_LAB_DATA"):
        excerpts.texts("melodies", "train")
    assert not list(folder.iterdir())


def test_melodies_are_made_once_and_stored(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = chorales.split([_tune(i, 3) for i in range(20)])
    monkeypatch.setattr(chorales, "available", lambda: True)
    monkeypatch.setattr(chorales, "make_arrays", lambda: made)
    first = registry.load("melodies")
    assert (folder / "runs/.datasets/melodies.npz").is_file()
    assert own.own_names() == []
    monkeypatch.setattr(chorales, "make_arrays", lambda: pytest.fail("made again"))
    registry.load.cache_clear()
    assert registry.load("melodies").sha256 == first.sha256
    assert excerpts.texts("melodies", "test") == tokens.decode(made["x_test"], "MNOPQR_")
    assert melodies.melody_sources("test") == list(made["sources_test"])
    registry.load.cache_clear()


def test_a_damaged_file_is_refused(folder: Path) -> None:
    made = chorales.split([_tune(i, 3) for i in range(20)])
    np.savez(folder / "melodies.npz", allow_pickle=False, **made | {"vocabulary": np.array("M")})
    with pytest.raises(DatasetError, match="damaged"):
        registry.load("melodies")

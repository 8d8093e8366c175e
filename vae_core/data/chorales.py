"""Make the data set `melodies`: soprano lines of Bach's chorales, two bars each, in one key.

The scores come with the music21 package, which is needed to make the data set but not to read it.
`vae_core.data.notation` describes how a melody is written as a text.

- Chorales: those of Riemenschneider's edition whose score has a part named Soprano.
- Key: music21 determines it from all parts (`analyze("key")`). Major is transposed to C and minor
  to A, by at most 6 semitones down or 5 up.
- Bars: 4/4 and 3/4. The two halves of a bar around a repeat sign are joined, and repeats are not
  played. An upbeat at the start of a chorale is left out. A last bar that is too short is
  filled up with a rest.
- Melodies: every two consecutive bars of the same metre. A note that is tied over from an earlier
  bar starts at the beginning of the melody instead. Grace notes are left out.
  Bars with notes that start or end between sixteenths are left out, too.
- Split: all chorales with the same tune are on the same side, so that a run is not tested on a tune
  that it was trained on. Two chorales have the same tune if they share a melody, or if at least two
  melodies of one have the same pitches at the beats as melodies of the other. If A has the tune of
  B, and B that of C, all three have the same tune. About a fifth of the melodies of each mode and
  metre are held out.
"""

from __future__ import annotations

import importlib.util
import math
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np

from vae_core.data import text_items
from vae_core.data.notation import BEAT, HOLD, REST, character
from vae_core.data.tokens import encode

TONICS = {"major": 0, "minor": 9}  # pitch classes of C and A
METRES = {3 * BEAT: "3/4", 4 * BEAT: "4/4"}  # sixteenths per bar -> metre
OFF_GRID = "?"  # marks chords, and notes that start or end between sixteenths


class Line(NamedTuple):
    """The soprano of a chorale.

    Attributes:
        name: such as `BWV 269, Aus meines Herzens Grunde`.
        mode: `major` or `minor`.
        bars: (number, text) of each bar. The text starts with HOLD if a note is tied over. A bar
            that can't be used is None.
        before: for each bar the character of the note that sounds just before it.
    """

    name: str
    mode: str
    bars: list[tuple[int, str] | None]
    before: list[str]


class Melody(NamedTuple):
    """Two bars of a chorale.

    Attributes:
        text: in the notation of `vae_core.data.notation`.
        label: mode and metre.
        source: chorale and bars.
    """

    text: str
    label: str
    source: str


def available() -> bool:
    """Return whether music21 is installed, without importing it."""
    return importlib.util.find_spec("music21") is not None


def make_arrays() -> dict[str, np.ndarray]:
    """Make the data set: the arrays of `text_items.Items`, and `sources_train`, `sources_test`.

    Needs music21 and takes a minute or two.
    """
    return split([melodies(line) for line in soprano_lines()])


def soprano_lines() -> Iterator[Line]:
    """Yield the soprano of each chorale. Needs music21."""
    from music21 import corpus  # slow to import

    numbered = corpus.chorales.ChoraleListRKBWV().byRiemenschneider
    titles = {str(entry["bwv"]): str(entry["title"]) for entry in numbered.values()}
    works = corpus.chorales.Iterator(returnType="filename")
    for work in dict.fromkeys(map(str, works)):
        bwv = work.removeprefix("bach/bwv")
        name = ", ".join(["BWV " + bwv, *filter(None, [titles.get(bwv)])])
        if line := soprano_line(read_score(work), name):
            yield line


def read_score(work: str) -> Any:
    """Return the music21 score of a work such as `bach/bwv269`. Needs music21."""
    from music21 import converter, corpus

    # getWork returns a list if several files have names that start with `work`.
    paths = corpus.getWork(work, fileExtensions=(".mxl", ".xml"))
    path = paths[0] if isinstance(paths, list) else paths
    return converter.parse(path, forceSource=True, storePickle=False)


def soprano_line(score: Any, name: str) -> Line | None:
    """Return the soprano of a score, transposed to C or A; None if no part is named Soprano."""
    parts = [part for part in score.parts if str(part.id).startswith("Soprano")]
    if not parts:
        return None
    key = score.analyze("key")
    shift = (TONICS[key.mode] - key.tonic.pitchClass + 6) % 12 - 6
    measures = list(parts[0].getElementsByClass("Measure"))
    end = max(measure.offset + measure.duration.quarterLength for measure in measures)
    # One bar more, so that the last bar can be filled up with rests.
    sixteenths = [REST] * (math.ceil(end * BEAT) + max(METRES))
    for measure in measures:
        for note in measure.recurse().notesAndRests:
            if note.duration.isGrace:
                continue
            start = (measure.offset + note.getOffsetInHierarchy(measure)) * BEAT
            stop = start + note.quarterLength * BEAT
            if start % 1 or stop % 1 or note.isChord:
                for i in range(math.floor(start), math.ceil(stop)):
                    sixteenths[i] = OFF_GRID
            elif note.isNote:
                start, stop = int(start), int(stop)
                sixteenths[start:stop] = HOLD * (stop - start)
                if note.tie is None or note.tie.type == "start":
                    sixteenths[start] = character(note.pitch.midi + shift)
    bars: list[tuple[int, str] | None] = []
    before = []
    for number, start, length in _bars(measures):
        bar = "".join(sixteenths[start : start + length])
        bars.append((number, bar) if length in METRES and OFF_GRID not in bar else None)
        before.append(next((c for c in reversed(sixteenths[:start]) if c != HOLD), REST))
    return Line(name, key.mode, bars, before)


def _bars(measures: Sequence[Any]) -> Iterator[tuple[int, int, int]]:
    """Yield number, start and length (in sixteenths) of each bar; length 0 if it is incomplete."""
    spans = [
        (
            int(measure.number),
            round(measure.offset * BEAT),
            round(measure.duration.quarterLength * BEAT),
            round(measure.barDuration.quarterLength * BEAT),
        )
        for measure in measures
    ]
    last = len(spans) - 1
    joined = False
    for i, (number, start, length, full) in enumerate(spans):
        if joined:  # this measure is the second half of the bar before
            joined = False
        elif length == full or i == last > 0:
            yield number, start, full
        elif i > 0 and length + spans[i + 1][2] == full == spans[i + 1][3]:
            joined = True
            yield number, start, full
        else:
            yield number, start, 0


def melodies(line: Line) -> list[Melody]:
    """Return every two consecutive bars of a chorale that have the same metre."""
    pairs = []
    for (first, second), before in zip(pairwise(line.bars), line.before, strict=False):
        if first and second and len(first[1]) == len(second[1]):
            text = first[1] + second[1]
            if text[0] == HOLD:
                text = before + text[1:]
            source = f"{line.name}, bars {first[0]} and {second[0]}"
            pairs.append(Melody(text, f"{line.mode}, {METRES[len(first[1])]}", source))
    return [melody for melody in pairs if OFF_GRID not in melody.text]


def split(chorales: Sequence[Sequence[Melody]], seed: int = 0) -> dict[str, np.ndarray]:
    """Split melodies by tune into training and test arrays; a repeated melody is used once.

    Args:
        chorales: the melodies of each chorale.
        seed: for the order in which tunes are held out.

    Returns:
        The arrays of `make_arrays`.
    """
    chorales = [chorale for chorale in chorales if chorale]
    tunes = [
        {melody.text: melody for i in tune for melody in chorales[i]}
        for tune in same_tunes([[melody.text for melody in chorale] for chorale in chorales])
    ]
    names = sorted({melody.label for tune in tunes for melody in tune.values()})
    rng = np.random.default_rng(seed)
    sides: dict[str, dict[str, Melody]] = {"train": {}, "test": {}}
    for name in names:
        label_tunes = [tune for tune in tunes if _usual_label(tune.values()) == name]
        left_to_hold_out = sum(map(len, label_tunes)) / text_items.HELD_OUT
        for i in rng.permutation(len(label_tunes)):
            tune = label_tunes[i]
            if len(tune) <= left_to_hold_out:
                sides["test"] |= tune
                left_to_hold_out -= len(tune)
            else:
                sides["train"] |= tune
    distinct = sides["train"] | sides["test"]
    vocabulary = "".join(sorted(set("".join(distinct))))
    arrays = {"label_names": np.array(names), "vocabulary": np.array(vocabulary)}
    for side, side_melodies in sides.items():
        tokens = encode(list(side_melodies), vocabulary, max(map(len, distinct)) + 1)
        labels = [names.index(melody.label) for melody in side_melodies.values()]
        arrays[f"x_{side}"] = tokens.astype(np.uint8)
        arrays[f"y_{side}"] = np.array(labels, np.uint8)
        arrays[f"sources_{side}"] = np.array([m.source for m in side_melodies.values()])
    return arrays


def _usual_label(melodies: Collection[Melody]) -> str:
    return Counter(melody.label for melody in melodies).most_common(1)[0][0]


def same_tunes(chorales: Sequence[Collection[str]]) -> list[list[int]]:
    """Group chorales that have the same tune, as this module's docstring defines it.

    Args:
        chorales: the melodies of each chorale.

    Returns:
        Groups of indices of chorales.
    """
    group = list(range(len(chorales)))

    def first_of(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    # (value of a melody, number of values that chorales of the same tune share at least)
    rules: tuple[tuple[Callable[[str], str], int], ...] = ((str, 1), (pitches_at_beats, 2))
    for value_of, least in rules:
        chorales_with: dict[str, set[int]] = {}
        for i, melodies in enumerate(chorales):
            for melody in melodies:
                chorales_with.setdefault(value_of(melody), set()).add(i)
        shared = Counter(
            pair for indices in chorales_with.values() for pair in combinations(sorted(indices), 2)
        )
        for (one, other), count in shared.items():
            if count >= least:
                group[first_of(other)] = first_of(one)
    tunes: dict[int, list[int]] = {}
    for i in range(len(chorales)):
        tunes.setdefault(first_of(i), []).append(i)
    return list(tunes.values())


def pitches_at_beats(melody: str) -> str:
    """Return the character that sounds at each beat."""
    sounding, at_beats = REST, ""
    for i, symbol in enumerate(melody):
        sounding = sounding if symbol == HOLD else symbol
        if i % BEAT == 0:
            at_beats += sounding
    return at_beats

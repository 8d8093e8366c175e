"""The data set `melodies`: soprano lines of Bach's chorales, two bars each, in one key.

The music21 package carries the scores; it is needed to make the data set, not to read it. How a
melody is written as a text is in `vae_core.data.notation`.

- Chorales: those of Riemenschneider's edition whose score has a part named Soprano.
- Key: what music21 finds from all parts (`analyze("key")`). Major is moved to C and minor to A, by
  at most a tritone, and of the two ways there down.
- Bars: of 4/4 and 3/4. The two halves of a bar around a repeat sign are joined, and repeats are
  not written out. The upbeat at the start of a chorale is left out; its last bar, shorter by that,
  is filled up with a rest.
- Melodies: every two bars that follow each other and have the same metre. A note tied over from
  the bar before begins with the melody. Bars with notes between the sixteenths are left out, and
  grace notes.
- Split: chorales with the same tune are on one side, so that none is known from the other. They
  count as such if they share a melody, or the pitches at the beats of two, directly or through
  others. Of the tunes of each mode and metre about a fifth of the melodies is held out.
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


METRES = {3 * BEAT: "3/4", 4 * BEAT: "4/4"}  # by the sixteenths of a bar


BETWEEN = "?"  # where something begins or ends between two sixteenths


class Line(NamedTuple):
    """The soprano of a chorale.

    Attributes:
        name: such as `BWV 269, Aus meines Herzens Grunde`.
        mode: `major` or `minor`.
        bars: (number, sixteenths) of each, the latter HOLD at its start where a note is tied over;
            None where a bar can't be used.
        before: what sounds when each bar begins, as `vae_core.data.notation.character` has it.
    """

    name: str
    mode: str
    bars: list[tuple[int, str] | None]
    before: list[str]


class Melody(NamedTuple):
    """Two bars of a chorale.

    Attributes:
        text: as `vae_core.data.notation` has it.
        label: mode and metre.
        source: where it stands.
    """

    text: str
    label: str
    source: str


def available() -> bool:
    """Is music21 installed? (This doesn't import it.)"""
    return importlib.util.find_spec("music21") is not None


def make() -> dict[str, np.ndarray]:
    """The data set as arrays: those of `text_items.Items`, `sources_train`, `sources_test`.

    Needs music21, and a minute or two.
    """
    return split([melodies(line) for line in lines()])


def lines() -> Iterator[Line]:
    """The soprano of each chorale. Needs music21."""
    from music21 import corpus  # heavy, and only here

    numbered = corpus.chorales.ChoraleListRKBWV().byRiemenschneider
    titles = {str(entry["bwv"]): str(entry["title"]) for entry in numbered.values()}
    works = corpus.chorales.Iterator(returnType="filename")
    for work in dict.fromkeys(map(str, works)):
        bwv = work.removeprefix("bach/bwv")
        if found := line(read(work), ", ".join(["BWV " + bwv, *filter(None, [titles.get(bwv)])])):
            yield found


def read(work: str) -> Any:
    """The score of that name, such as `bach/bwv269`. Needs music21."""
    from music21 import converter, corpus

    found = corpus.getWork(work, fileExtensions=(".mxl", ".xml"))
    path = found[0] if isinstance(found, list) else found  # those whose names begin so
    return converter.parse(path, forceSource=True, storePickle=False)


def line(score: Any, name: str) -> Line | None:
    """The soprano of a score, moved to C or A; None where no part is named so."""
    parts = [part for part in score.parts if str(part.id).startswith("Soprano")]
    if not parts:
        return None
    key = score.analyze("key")
    shift = (TONICS[key.mode] - key.tonic.pitchClass + 6) % 12 - 6
    measures = list(parts[0].getElementsByClass("Measure"))
    end = max(measure.offset + measure.duration.quarterLength for measure in measures)
    # One bar more, for what fills up the last.
    sixteenths = [REST] * (math.ceil(end * BEAT) + max(METRES))
    for measure in measures:
        for note in measure.recurse().notesAndRests:
            if note.duration.isGrace:
                continue
            start = (measure.offset + note.getOffsetInHierarchy(measure)) * BEAT
            stop = start + note.quarterLength * BEAT
            if start % 1 or stop % 1 or note.isChord:
                for i in range(math.floor(start), math.ceil(stop)):
                    sixteenths[i] = BETWEEN
            elif note.isNote:
                start, stop = int(start), int(stop)
                sixteenths[start:stop] = HOLD * (stop - start)
                if note.tie is None or note.tie.type == "start":
                    sixteenths[start] = character(note.pitch.midi + shift)
    bars: list[tuple[int, str] | None] = []
    before = []
    for number, start, length in _bars(measures):
        bar = "".join(sixteenths[start : start + length])
        bars.append((number, bar) if length in METRES and BETWEEN not in bar else None)
        before.append(next((c for c in reversed(sixteenths[:start]) if c != HOLD), REST))
    return Line(name, key.mode, bars, before)


def _bars(measures: Sequence[Any]) -> Iterator[tuple[int, int, int]]:
    """Number, start and length in sixteenths of each bar; the length is 0 where it is not whole."""
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
        if joined:  # the second half of the bar before
            joined = False
        elif length == full or i == last > 0:
            yield number, start, full
        elif i > 0 and length + spans[i + 1][2] == full == spans[i + 1][3]:
            joined = True
            yield number, start, full
        else:
            yield number, start, 0


def melodies(line: Line) -> list[Melody]:
    """Every two bars of a chorale that follow each other."""
    found = []
    for (first, second), before in zip(pairwise(line.bars), line.before, strict=False):
        if first and second and len(first[1]) == len(second[1]):
            written = first[1] + second[1]
            if written[0] == HOLD:
                written = before + written[1:]
            source = f"{line.name}, bars {first[0]} and {second[0]}"
            found.append(Melody(written, f"{line.mode}, {METRES[len(first[1])]}", source))
    return [melody for melody in found if BETWEEN not in melody.text]


def split(chorales: Sequence[Sequence[Melody]], seed: int = 0) -> dict[str, np.ndarray]:
    """See `make`; a melody that comes twice is taken once.

    Args:
        chorales: the melodies of each.
        seed: of the order in which tunes are held out.
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
        alike = [tune for tune in tunes if _usual_label(tune.values()) == name]
        left = sum(map(len, alike)) / text_items.HELD_OUT
        for i in rng.permutation(len(alike)):
            sides["test" if len(alike[i]) <= left else "train"] |= alike[i]
            left -= len(alike[i]) * (len(alike[i]) <= left)
    distinct = sides["train"] | sides["test"]
    vocabulary = "".join(sorted(set("".join(distinct))))
    arrays = {"label_names": np.array(names), "vocabulary": np.array(vocabulary)}
    for side, found in sides.items():
        tokens = encode(list(found), vocabulary, max(map(len, distinct)) + 1)
        arrays[f"x_{side}"] = tokens.astype(np.uint8)
        arrays[f"y_{side}"] = np.array([names.index(m.label) for m in found.values()], np.uint8)
        arrays[f"sources_{side}"] = np.array([melody.source for melody in found.values()])
    return arrays


def _usual_label(melodies: Collection[Melody]) -> str:
    return Counter(melody.label for melody in melodies).most_common(1)[0][0]


def same_tunes(chorales: Sequence[Collection[str]]) -> list[list[int]]:
    """Groups of chorales with the same tune, see this module; indices.

    Args:
        chorales: the melodies of each.
    """
    group = list(range(len(chorales)))

    def first_of(i: int) -> int:
        while group[i] != i:
            i = group[i]
        return i

    rules: tuple[tuple[Callable[[str], str], int], ...] = ((str, 1), (at_beats, 2))
    for seen_as, enough in rules:
        having: dict[str, set[int]] = {}
        for i, melodies in enumerate(chorales):
            for melody in melodies:
                having.setdefault(seen_as(melody), set()).add(i)
        shared = Counter(pair for some in having.values() for pair in combinations(sorted(some), 2))
        for (one, other), count in shared.items():
            if count >= enough:
                group[first_of(other)] = first_of(one)
    tunes: dict[int, list[int]] = {}
    for i in range(len(chorales)):
        tunes.setdefault(first_of(i), []).append(i)
    return list(tunes.values())


def at_beats(melody: str) -> str:
    """What sounds at each beat."""
    sounding, found = REST, ""
    for i, here in enumerate(melody):
        sounding = sounding if here == HOLD else here
        if i % BEAT == 0:
            found += sounding
    return found

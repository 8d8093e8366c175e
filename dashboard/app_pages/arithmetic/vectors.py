"""Vectors between groups of held-out images: choosing them, adding them, and how well they hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.components.decoder.decoder import decoder
from dashboard.components.vector.vector import Row, Still, Tile, vector
from dashboard.figures import pictures
from dashboard.shared import groups, markdown, png, run_cache, run_picker
from dashboard.shared.posteriors import Posteriors
from vae_core.data import registry
from vae_core.data.dataset import DatasetError
from vae_core.latent import attributes
from vae_core.latent.attributes import Halves
from vae_core.runs.run import Run

MOST, STEP = 3.0, 0.05  # strength


STRENGTH = "arithmetic_strength"


PICKED = "picked below"  # the group that needs no saving


STRIP = 7  # pictures from strength 0 to that of the slider


SHOWN = 8  # held-out members of each group


JUDGED = 100  # at most, of each group: they are decoded and encoded


FEW = 1000  # training images


# Where the first two labels would say little.
FIRST_LABELS = {"fashion_mnist": ("Sneaker", "Ankle boot"), "mnist": ("4", "9")}


@dataclass(frozen=True)
class Direction:
    """A vector, and where it comes from.

    Attributes:
        vector: (d,).
        says: what adding it does, in a few words.
        made_from: (n,), rows of the images that it was taken from.
        names: of the groups that it goes from and to, where it comes from groups.
        halves: of those groups.
    """

    vector: np.ndarray
    says: str
    made_from: np.ndarray
    names: tuple[str, str] = ("", "")
    halves: Halves | None = None


def say_how_few(run: Run) -> None:
    """Of a small data set: how many images a run saw."""
    source = registry.DATASETS.get(run.config.dataset)
    if source and source.train_images < FEW:
        st.caption(
            f"{run.config.dataset} is small: this run was trained on {source.train_images} "
            "pictures. What it draws between them is guessed from few."
        )


def members(run: Run, q: Posteriors, picked: np.ndarray) -> dict[str, np.ndarray]:
    """What can be chosen as a group: the named ones, each label, and what is picked; rows of each.

    Args:
        picked: (n,), rows of the pictures picked on the page.

    Raises:
        RunError: the file of the groups is damaged.
    """
    found = {
        f"group {name}": np.array(group.images)
        for name, group in sorted(groups.groups_of_run(run).items())
        if max(group.images) < q.held_out  # else of another split
    }
    for label, name in enumerate(q.label_names):
        rows = np.flatnonzero(q.labels == label)
        if len(rows):
            found[f"label {name}"] = rows
    if len(picked):
        found[PICKED] = picked
    return found


def _first(run: Run, names: list[str]) -> tuple[str, str]:
    """What the page opens on, of two or more: groups that ship or were saved, else labels."""
    named = [name for name in names if name.startswith("group ")]
    labels = [f"label {name}" for name in FIRST_LABELS.get(run.config.dataset, ())]
    for pair in (named[:2][::-1], labels, names[:2]):
        if len(pair) == 2 and set(pair) <= set(names):
            break
    return pair[0], pair[1]


def choose_groups(run: Run, q: Posteriors, picked: np.ndarray) -> Direction | None:
    """The controls of two groups; None, and a sentence, where there is no vector between them.

    Args:
        picked: see `members`.
    """
    found = members(run, q, picked)
    names = list(found)
    if len(names) < 2:
        st.info("There is one label alone: pick pictures below first.", icon=":material/info:")
        return None
    chosen = []
    for label, key, first in zip(
        ("From", "To"), ("arithmetic_a", "arithmetic_b"), _first(run, names), strict=True
    ):
        run_picker.replace_gone(key, found, first)
        chosen.append(
            st.selectbox(label, names, index=names.index(first), key=key, bind="query-params")
        )
        st.caption(_count(len(found[chosen[-1]]), "held-out picture"))
    if chosen[0] == chosen[1]:
        st.warning("Both groups are the same: choose two.", icon=":material/info:")
        return None
    start, end = (found[name] for name in chosen)
    shared = np.intersect1d(start, end)
    if len(shared):  # of a label and some of its pictures: those, and the rest of the label
        if len(start) > len(end):
            start = np.setdiff1d(start, shared)
        else:
            end = np.setdiff1d(end, shared)
        st.caption(f"In both, and taken for the smaller: {_count(len(shared), 'picture')}.")
    if not len(start) or not len(end):
        st.warning("Both groups hold the same pictures: choose others.", icon=":material/info:")
        return None
    halves = attributes.halves(start, end, q.labels)
    a, b = halves.made_from
    return Direction(
        attributes.attribute_vector(q.mean[a], q.mean[b]),
        f"“{chosen[0]}” to “{chosen[1]}”",
        np.concatenate([a, b]),
        (chosen[0], chosen[1]),
        halves,
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def choose_pictures(q: Posteriors) -> Direction:
    """The controls of an analogy's a and b: c + s (a - b) is to c as a is to b.

    Mikolov et al. (2013), "Linguistic Regularities in Continuous Space Word Representations", for
    words; with one picture each it is noisy: three each are usual, averaged, as Radford et al.
    (2016), "Unsupervised Representation Learning with DCGANs", section 6.3.2, found.
    """
    a = choose_picture("a: plus picture", "plus", min(1, q.held_out - 1), q)
    b = choose_picture("b: minus picture", "minus", 0, q)
    return Direction(
        q.mean[a] - q.mean[b], f"plus picture {a}, minus picture {b}", np.array([a, b])
    )


def choose_picture(label: str, name: str, first: int, q: Posteriors) -> int:
    """The number of a held-out image."""
    key = f"arithmetic_{name}"
    if st.session_state.get(key, 0) >= q.held_out:  # of another run
        st.session_state[key] = first
    row = int(st.number_input(label, 0, q.held_out - 1, first, key=key, bind="query-params"))
    st.caption(f"label {markdown.escape_markdown(q.label_names[q.labels[row]])}")
    return row


def board(run: Run, q: Posteriors, direction: Direction, start: int, side: DeltaGenerator) -> float:
    """The vector added to a picture and to the halves it was not taken from; the strength.

    Args:
        start: row of the picture.
        side: where the other controls are.
    """
    name = decoder(run)
    rows = _rows(run, q, direction, start)
    if name is None:
        strength = float(
            st.slider("Strength", -MOST, MOST, 1.0, STEP, key=STRENGTH, bind="query-params")
        )
        st.caption("The browser can't decode this architecture: the server does, on release.")
        for row in rows:
            _by_server(run, row, direction.vector * strength)
    else:
        with side, st.container(key="form_strength"):
            strength = float(
                st.number_input(
                    "Strength", -MOST, MOST, 1.0, STEP, key=STRENGTH, bind="query-params"
                )
            )
        vector(
            rows,
            direction.vector,
            strength,
            key=f"arithmetic-{run.id}",
            decoder=name,
            says=direction.says,
            most=MOST,
            step=STEP,
            on_strength=_set_strength,
        )
    made = "one of those" if start in direction.made_from else "not one of those"
    st.caption(
        f"Picture {start} is {made} that the vector was taken from. All are decoded posterior "
        "means with s times the vector added; the number below a picture is its s."
    )
    return strength


def _set_strength(value: float) -> None:
    st.session_state[STRENGTH] = round(value, 2)


def _rows(run: Run, q: Posteriors, direction: Direction, start: int) -> list[Row]:
    strip: list[Tile | Still] = [
        Tile(q.mean[start], step / (STRIP - 1), f"Picture {start}", focus=step == STRIP - 1)
        for step in range(STRIP)
    ]
    try:
        (image,) = run_cache.held_out(run.config.dataset, (start,))
        strip.insert(0, Still(pictures.data_uri(pictures.png(image)), "itself"))
    except DatasetError as error:
        st.caption(markdown.escape_markdown(str(error)))
    found = [Row(f"Picture {start}, and the vector added to it", strip, len(strip))]
    if direction.halves is None:
        plus, minus = direction.made_from
        pair = [
            Tile(q.mean[plus], 0, f"Picture {plus}", f"plus {plus}"),
            Tile(q.mean[minus], 0, f"Picture {minus}", f"minus {minus}"),
        ]
        return [*found, Row("The vector is the one minus the other", pair, len(strip))]
    for name, rows, sign in zip(direction.names, direction.halves.shown_on, (1, -1), strict=True):
        shown = _drawn(rows, SHOWN)
        if not len(shown):
            continue
        does = "the vector added" if sign > 0 else "the vector taken away"
        tiles = [
            *(Tile(q.mean[row], 0, f"Picture {row}", f"{row}") for row in shown),
            *(Tile(q.mean[row], sign, f"Picture {row} with {does}") for row in shown),
        ]
        title = f"Of “{name}”, pictures that the vector was not taken from: {does}"
        found.append(Row(title, tiles, SHOWN))
    return found


def _drawn(rows: np.ndarray, most: int) -> np.ndarray:
    """Some of a half, by a fixed seed: nobody picks those where it works."""
    return np.sort(np.random.default_rng(1).permutation(rows)[:most])


def _by_server(run: Run, row: Row, step: np.ndarray) -> None:
    tiles = [tile for tile in row.tiles if isinstance(tile, Tile)]
    z = np.stack([tile.z + tile.factor * step for tile in tiles]).astype(np.float32)
    columns = min(row.columns, len(tiles))
    png.show_png(run_cache.decoded(run, z, columns), markdown.escape_markdown(row.title), row.title)


def held_out_check(run: Run, q: Posteriors, direction: Direction, strength: float) -> None:
    """The one number: how many of the other halves arrive, by the run's own encoder."""
    halves = direction.halves
    if halves is None:
        return  # one pair of pictures has no other half
    if not all(map(len, halves.shown_on)):
        st.info(
            "A group of one picture can't be halved: with two or more in each, half of them show "
            "whether the vector holds for pictures it was not taken from.",
            icon=":material/info:",
        )
        return
    st.subheader("Does it hold for the other half?")
    means = [q.mean[rows].mean(axis=0) for rows in halves.made_from]
    table = []
    for own, aim, sign in ((0, 1, 1), (1, 0, -1)):
        judged = _drawn(halves.shown_on[own], JUDGED)
        found = _transfer(
            run,
            run.decoder_path.stat().st_mtime_ns,
            q.mean[judged],
            (sign * strength * direction.vector).astype(np.float32),
            means[own],
            means[aim],
            q.mean,
        )
        table.append(
            {
                "pictures": f"{found.images} of “{markdown.escape_markdown(direction.names[own])}”",
                "nearer to": f"“{markdown.escape_markdown(direction.names[aim])}”",
                "as they are": f"{found.before:.0%}",
                "moved by the vector": f"{found.after:.0%}",
                "moved as far at random": f"{found.random:.0%}",
            }
        )
    st.table(table)
    agreement = attributes.cosine_similarity(
        direction.vector,
        attributes.attribute_vector(*(q.mean[rows] for rows in halves.shown_on)),
    )
    how = (
        "The labels were halved at random, so no label is in both halves: "
        if halves.by_label
        else "Each group was halved at random: "
    )
    st.caption(
        f"{how}the vector comes from one half, and these are pictures "
        "of the other. Each was moved, decoded, and the decoded picture encoded again; counted is "
        "how many of these lie nearer the mean of the other group than that of their own. At "
        "random: along differences of two pictures drawn at random, as long as the vector. It is "
        "the run's own encoder that judges, so this says that the picture carries what told the "
        "groups apart, not that a person would see it. The vectors of the two halves agree with a "
        f"cosine of {agreement:.2f} (1: the same direction, 0: none in common)."
    )


@st.cache_data(max_entries=50, show_spinner=False, hash_funcs={Run: lambda run: str(run.path)})
def _transfer(
    run: Run,
    written: int,
    z: np.ndarray,
    step: np.ndarray,
    own: np.ndarray,
    aim: np.ndarray,
    everything: np.ndarray,
) -> attributes.Transfer:
    del written  # a part of the key: other weights are another answer
    return attributes.transfer(run_cache.inference(run), z, step, own, aim, everything)

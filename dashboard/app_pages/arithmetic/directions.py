"""Choose the vector: between two groups of held-out images, or between two pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from dashboard.shared import groups, markdown, name_box, run_picker, vanished
from dashboard.shared.posteriors import Posteriors
from vae_core.bidirectional import isolated
from vae_core.data import registry
from vae_core.latent import attributes
from vae_core.latent.attributes import Halves
from vae_core.runs.run import Run

PICKED = "picked below"  # the name of the group that is picked and not saved


@dataclass(frozen=True)
class Direction:
    """A vector, and the images that it was made from.

    Attributes:
        vector: (d,).
        says: a short text for the slider, such as `“label 4” to “label 9”`.
        made_from: (n,), rows of the images that it was made from.
        names: of the two groups; empty for a vector between two pictures.
        halves: of the two groups; None for a vector between two pictures.
    """

    vector: np.ndarray
    says: str
    made_from: np.ndarray
    names: tuple[str, str] = ("", "")
    halves: Halves | None = None


def members(run: Run, q: Posteriors, picked: np.ndarray) -> dict[str, np.ndarray]:
    """Return name -> rows of the groups to choose from: saved groups, labels, picked pictures.

    Args:
        run: the run.
        q: posteriors of its held-out images.
        picked: (n,), rows of the pictures picked on the page.

    Raises:
        RunError: the file of the groups is damaged.
    """
    rows_of = {
        f"group {name}": np.array(group.images)
        for name, group in sorted(groups.groups_of_run(run).items())
        if max(group.images) < q.held_out  # a larger row is no held-out image of this run
    }
    for label, name in enumerate(q.label_names):
        rows = np.flatnonzero(q.labels == label)
        if len(rows):
            rows_of[f"label {name}"] = rows
    if len(picked):
        rows_of[PICKED] = picked
    return rows_of


def _first_groups(run: Run, names: list[str]) -> tuple[str, str]:
    """Return the two groups that the page starts with.

    If there are two saved groups, it starts with them. If not, it starts with the two labels that
    the data set names as a contrast, or else with the first two groups.
    """
    named = [name for name in names if name.startswith("group ")]
    source = registry.find_source(run.config.dataset)
    contrast = (source and source.contrast) or ()
    labels = [f"label {name}" for name in contrast]
    for pair in (named[:2][::-1], labels, names[:2]):
        if len(pair) == 2 and set(pair) <= set(names):
            break
    return pair[0], pair[1]


def choose_groups(run: Run, q: Posteriors, picked: np.ndarray) -> Direction | None:
    """Show the choice of two groups, and return the vector between them.

    If there is no vector, a message says why and None is returned.

    Args:
        run, q, picked: see `members`.
    """
    rows_of = members(run, q, picked)
    names = list(rows_of)
    if len(names) < 2:
        st.info(
            "These data have only one label: pick pictures below to make a second group.",
            icon=":material/info:",
        )
        return None
    chosen = []
    for label, key, first in zip(
        ("From", "To"), ("arithmetic_a", "arithmetic_b"), _first_groups(run, names), strict=True
    ):
        if st.session_state.setdefault(f"{key}_of", run.id) != run.id:
            # Another run has other groups; only what this run has lost is gone.
            st.session_state[f"{key}_of"] = run.id
            run_picker.replace_missing_choice(key, rows_of, first)
        if st.session_state.get(key) == PICKED:  # the viewer has cleared it
            run_picker.replace_missing_choice(key, rows_of, first)
        vanished.note_unknown_of_link(key, names, "The")
        gone = vanished.empty_if_vanished(key, names, "The")
        begins = None if gone else names.index(first)
        name = name_box.choose_name(label, names, key, begins, "choose a group")
        if name is None:
            st.warning(gone or "Choose a group.", icon=":material/delete:")
            continue
        st.caption(_count(len(rows_of[name]), "held-out picture"))
        chosen.append(name)
    if len(chosen) < 2:
        return None
    if chosen[0] == chosen[1]:
        st.warning("Both groups are the same: choose two.", icon=":material/info:")
        return None
    start, end = (rows_of[name] for name in chosen)
    shared = np.intersect1d(start, end)
    if len(shared):  # some pictures are in both groups, so remove them from the larger one
        if len(start) > len(end):
            start = np.setdiff1d(start, shared)
        else:
            end = np.setdiff1d(end, shared)
        st.caption(
            f"{_count(len(shared), 'picture')} in both groups: left out of the larger group."
        )
    if not len(start) or not len(end):
        st.warning("Both groups hold the same pictures: choose others.", icon=":material/info:")
        return None
    halves = attributes.halves(start, end, q.labels)
    a, b = halves.made_from
    return Direction(
        attributes.attribute_vector(q.mean[a], q.mean[b]),
        " to ".join(f"“{isolated(name_box.in_box(name))}”" for name in chosen),
        np.concatenate([a, b]),
        (chosen[0], chosen[1]),
        halves,
    )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def choose_pictures(q: Posteriors) -> Direction:
    """Show the choice of two pictures a and b, and return the vector a - b of an analogy.

    Mikolov et al. (2013), "Linguistic Regularities in Continuous Space Word Representations", use
    such a vector for words. A vector of single pictures is noisy: Radford et al. (2016),
    "Unsupervised Representation Learning with DCGANs", section 6.3.2, average three pictures for a
    and three for b.
    """
    a = choose_picture("a: plus picture", "plus", min(1, q.held_out - 1), q)
    b = choose_picture("b: minus picture", "minus", 0, q)
    return Direction(
        q.mean[a] - q.mean[b], f"plus picture {a}, minus picture {b}", np.array([a, b])
    )


def choose_picture(label: str, name: str, first: int, q: Posteriors) -> int:
    """Show a box for the number of a held-out image, and return it."""
    key = f"arithmetic_{name}"
    if st.session_state.get(key, 0) >= q.held_out:  # chosen for another run
        st.session_state[key] = first
    row = int(st.number_input(label, 0, q.held_out - 1, first, key=key, bind="query-params"))
    st.caption(f"label {markdown.shown_name(q.label_names[q.labels[row]])}")
    return row

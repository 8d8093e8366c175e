"""Show the selected points of the scatter, and save them as groups."""

from __future__ import annotations

import numpy as np
import streamlit as st

from dashboard import kinds as shown_kinds
from dashboard.access import actions, roles
from dashboard.components.plot.plot import plot
from dashboard.figures import label_counts
from dashboard.shared import markdown
from dashboard.shared.groups import groups_of_run
from dashboard.shared.posteriors import Posteriors
from vae_core import kinds
from vae_core.bidirectional import isolated
from vae_core.config import VaeLabError
from vae_core.runs.groups import GROUP_NAME_LENGTH
from vae_core.runs.run import Run
from vae_core.runs.store import default_store


def rows(run: Run, posteriors: Posteriors) -> np.ndarray | None:
    """Return the selected rows (k,) that are in `posteriors`; None if there are none."""
    selected: np.ndarray | None = st.session_state.get(_key(run))
    if selected is None:
        return None
    selected = selected[selected < len(posteriors.labels)]
    return selected if len(selected) else None


def select(run: Run, selected: np.ndarray) -> None:
    """Select rows (k,); an empty array clears the selection."""
    st.session_state[_key(run)] = selected if len(selected) else None


def _key(run: Run) -> str:
    return f"selected-{run.id}"


def section(run: Run, posteriors: Posteriors) -> None:
    """Show the selection, and below it the saved groups."""
    selected = rows(run, posteriors)
    if selected is None:
        st.info(
            "Nothing is selected: choose Box or Lasso above the scatter and draw around points.",
            icon=":material/select:",
        )
    else:
        _show_selected(run, posteriors, selected)
    _show_groups(run, posteriors)


def _show_selected(run: Run, posteriors: Posteriors, selected: np.ndarray) -> None:
    held_out = selected[selected < posteriors.held_out]
    training = len(selected) - len(held_out)
    count = f"**{len(selected):,} selected**"
    if training:
        count += f": {len(held_out):,} held-out and {training:,} training {posteriors.items}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(count)
        st.button(
            "Clear",
            icon=":material/deselect:",
            on_click=select,
            args=(run, np.zeros(0, int)),
            key="selection_clear",
        )
    labels, mean, members = st.columns([4, 2, 4], gap="medium")
    with labels:
        counts = np.bincount(posteriors.labels[selected], minlength=len(posteriors.label_names))
        plot(
            label_counts.label_counts(counts, posteriors.label_names),
            key="selection-labels",
            height=60 + 26 * int((counts > 0).sum()),
            alt="How many of each label are selected",
        )
    shown = shown_kinds.of_run(run)
    centre = posteriors.mean[selected].mean(axis=0, keepdims=True)
    chosen = np.sort(np.random.default_rng(0).permutation(selected)[: shown.most_members])
    some = "" if len(chosen) == len(selected) else f"{len(chosen)} of them, "
    with mean:
        shown.show_centre(run, centre)
    with members:
        shown.show_members(run, posteriors, chosen, some)
    save(run, held_out, training)


def save(run: Run, held_out: np.ndarray, training: int = 0) -> None:
    """Show a form that saves held-out items as a group of the run.

    Args:
        run: the run.
        held_out: (n,), rows of the held-out items.
        training: number of selected training items, which can't be saved.
    """
    items, reason = kinds.of_run(run.config).items, roles.viewer_reason()
    if reason is not None:
        st.caption(f"Only trainers may save groups: {markdown.escape_markdown(reason)}")
        return
    with st.form("save_group", clear_on_submit=True, border=False, enter_to_submit=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                "Save as a group",
                max_chars=GROUP_NAME_LENGTH,
                placeholder="its name, e.g. slanted ones",
                help=shown_kinds.of_run(run).groups_help,
                width=320,
            )
            pressed = st.form_submit_button("Save", icon=":material/bookmark_add:")
        if training:
            st.caption(f"Only the {len(held_out):,} held-out {items} are saved.")
    if not pressed:
        return
    try:
        existing = default_store().groups(run.id)
        saved_name = actions.save_group(run, name, held_out.tolist())
    except VaeLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    done = "replaced" if saved_name in existing else "saved"
    st.success(
        f"Group “{markdown.quote(saved_name)}” {done}: {len(held_out):,} {items}.",
        icon=":material/check:",
    )


def _show_groups(run: Run, posteriors: Posteriors) -> None:
    try:
        groups, own = groups_of_run(run), default_store().groups(run.id)
    except VaeLabError as error:
        st.error(str(error), icon=":material/error:")
        return
    if not groups:
        return
    st.markdown("**Groups of this run**")
    trainer = roles.role() == roles.TRAINER
    for name, group in sorted(groups.items()):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.text(f"{isolated(name)} · {len(group.images):,} {posteriors.items}", width=320)
            missing = max(group.images) >= posteriors.held_out
            st.button(
                "Show",
                icon=":material/visibility:",
                help=f"The group has {posteriors.items} that this run doesn't have."
                if missing
                else None,
                disabled=missing,
                on_click=select,
                args=(run, np.array(group.images)),
                key=f"group-show-{name}",
            )
            if trainer and name in own:
                st.button(
                    "Delete",
                    icon=":material/delete:",
                    on_click=_delete,
                    args=(run, name),
                    key=f"group-delete-{name}",
                )


def _delete(run: Run, name: str) -> None:
    try:
        actions.delete_group(run, name)
    except VaeLabError as error:
        st.toast(str(error), icon=":material/error:")

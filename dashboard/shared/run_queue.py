"""The queue of running, waiting and finished runs, read from the run folders.

Nothing is kept in the session, so all viewers see the same queue, and a restart loses nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from dashboard.access import actions, roles
from dashboard.shared import markdown, run_cache, run_list, run_numbers, state_badge
from dashboard.shared.training_cost import duration
from vae_core.config import RunConfig, VaeLabError
from vae_core.runs import deletion
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run
from vae_core.runs.status import Status
from vae_core.runs.store import RunStore

DONE_SHOWN = 8


class Entry(NamedTuple):
    """A run and its status when the queue was read."""

    run: Run
    status: Status


class Queue(NamedTuple):
    """Runs of a store; running and waiting ones in order, finished ones newest first."""

    running: list[Entry]
    waiting: list[Entry]
    done: list[Entry]

    @property
    def active(self) -> bool:
        """Whether any run is running or waiting."""
        return bool(self.running or self.waiting)

    def states(self) -> dict[str, str]:
        """Return run id -> state; it changes if somebody starts, stops or deletes a run."""
        return {entry.run.id: entry.status.state for part in self for entry in part}


def read(store: RunStore) -> Queue:
    """Read the queue of a store."""
    queue = Queue([], [], [])
    for run in store.scan()[0]:
        try:
            entry = Entry(run, run.status())
        except RunError:  # deleted since the scan
            continue
        parts = {"running": queue.running, "queued": queue.waiting}
        parts.get(entry.status.state, queue.done).append(entry)
    queue.done.sort(key=lambda entry: entry.status.heartbeat, reverse=True)
    return queue


def start(configs: list[RunConfig]) -> None:
    """Train the configs that are not finished yet, and watch the first of them."""
    runs = actions.train(configs)
    if not runs:
        st.toast("Nothing is left to train. Here is the finished run.", icon=":material/check:")
    first = runs[0] if runs else run_list.find(configs[0].id)
    assert first is not None
    watch(first)


def follow(queue: Queue) -> None:
    """If the watched run has ended, watch the next one that was waiting."""
    state = st.session_state
    run = run_list.find(state.get("seen_training", ""))
    if run is None or state.get("watched") != run_list.run_label(run):
        return  # the viewer has chosen another run
    ended = run.status()
    if ended.active or not state.get("train_follow", True):
        return
    for entry in queue.running:
        if entry.status.submitted <= ended.heartbeat:
            watch(entry.run)


def on_error_reload(show: Callable[[], None]) -> Callable[[], None]:
    """Wrap a fragment that refreshes itself, so that an error in it reruns the whole page.

    A deleted run is such an error. An error that comes again after the rerun is shown.
    """

    @functools.wraps(show)
    def show_or_reload() -> None:
        try:
            show()
        except (VaeLabError, OSError) as error:
            if st.session_state.get("reloaded_for") != str(error):
                st.session_state["reloaded_for"] = str(error)  # a lasting error would loop
                st.rerun()
            st.error(str(error), icon=":material/error:")

    return show_or_reload


def show(queue: Queue, watched: Run | None) -> None:
    """Show a row for each run, with its buttons.

    Args:
        queue: the runs.
        watched: the run in the live view; None if there is none.
    """
    counts = {"running": len(queue.running), "waiting": len(queue.waiting)}
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(
            ", ".join(f"{n} {what}" for what, n in counts.items() if n) or "Nothing is training.",
            width="stretch",
        )
        if len(queue.running) + len(queue.waiting) > 1 and roles.role() == roles.TRAINER:
            st.button(
                "Stop all",
                icon=":material/stop:",
                type="tertiary",
                key="stop-all",
                on_click=_stop_all,
                args=(queue,),
            )
    for entry in queue.running:
        _row(entry, entry.status.state, watched)
        st.progress(*progress(run_cache.open_shared(entry.run), entry.status))
    for place, entry in enumerate(queue.waiting, start=1):
        _row(entry, f"no. {place} in line", watched)
    for entry in queue.done[:DONE_SHOWN]:
        _row(entry, entry.status.state, watched)


def _row(entry: Entry, text: str, watched: Run | None) -> None:
    run, status = entry
    icon, colour = state_badge.STATE_BADGES[status.state]
    c = run.config
    label = f"{c.dataset} · {c.architecture} · {c.model_label} · d {c.latent_dim} · seed {c.seed}"
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xxsmall", key=f"row-{run.id}"
    ):
        st.badge(text, icon=icon, color=colour)  # type: ignore[arg-type]
        st.caption(label, width="stretch")
        with st.container(horizontal=True, width="content", gap="xxsmall", wrap=False):
            _button(
                "Watch",
                ":material/visibility:",
                f"watch-{run.id}",
                watch,
                run,
                icon_only=True,
                disabled=watched is not None and run.id == watched.id,
            )
            buttons(entry, f"-{run.id}", icon_only=True)


def buttons(entry: Entry, suffix: str = "", icon_only: bool = False) -> None:
    """Show the buttons to stop, resume and delete that the run's state and the role allow.

    Args:
        entry: the run.
        suffix: of the widgets' keys.
        icon_only: whether a button shows only its icon, with its word in a tooltip.
    """
    if roles.role() != roles.TRAINER:
        return
    run, status = entry
    if status.active:
        _button("Stop", ":material/stop:", f"stop{suffix}", actions.stop, run, icon_only)
    elif status.state != "finished" and not run_list.pretrained(run):
        _button(
            "Resume", ":material/play_arrow:", f"resume{suffix}", actions.resume, run, icon_only
        )
    with st.popover(
        "" if icon_only else "Delete",
        icon=":material/delete:",
        type="tertiary",
        key=f"delete{suffix}",
        help="Delete" if icon_only else None,
    ):
        refusal = deletion.refusal(run, status)
        if refusal:
            st.write(refusal)
            return
        st.write(
            f"Delete {run_list.run_label(run)}? Its networks, numbers and log are lost. To get the "
            "same networks and numbers again, train the same config."
        )
        _button("Delete for good", ":material/delete:", f"delete-for-good{suffix}", delete, run)


def delete(run: Run) -> None:
    """Delete a run; if it was watched, watch the newest one."""
    label = run_list.run_label(run)
    actions.delete(run)
    if st.session_state.get("run") == label:  # the other pages need not say that it is gone
        del st.session_state["run"]
    if st.session_state.get("watched") == label:
        remaining = run_list.all_runs(viewable=False, of_kinds=run_list.ANY_KIND)
        if remaining:
            watch(remaining[0])
        else:
            del st.session_state["watched"]


def watch(run: Run) -> None:
    """Show a run in the live view."""
    st.session_state["watched"] = run_list.run_label(run)


def progress(run: Run, status: Status) -> tuple[float, str]:
    """Return the share of finished epochs, and a text with the epoch and the time left."""
    records = run.records("step", "epoch")
    epoch = records[-1]["epoch"] if records else 0
    text = f"epoch {int(epoch)} of {run.config.epochs}"
    if status.state == "queued":
        text += ", waiting for its turn"
    elif status.state == "finished":
        text += f", {status.seconds:.0f} s of training"
    elif status.state == "running" and epoch == run.config.epochs:
        text += ", measuring"
    elif status.state == "running":
        left = run_numbers.seconds_left(run)
        text += ", starting" if left is None else f", about {duration(left)} left"
    return min(epoch / run.config.epochs, 1.0), text


def _button(
    label: str,
    icon: str,
    key: str,
    act: Callable[[Run], None],
    run: Run,
    icon_only: bool = False,
    disabled: bool = False,
) -> None:
    st.button(
        "" if icon_only else label,
        icon=icon,
        type="tertiary",
        key=key,
        help=label if icon_only else None,
        disabled=disabled,
        on_click=_call,
        args=(act, run),
    )


def _call(act: Callable[[Run], None], run: Run) -> None:
    """Call an action on a run; if it fails, show the error as a toast."""
    try:
        act(run)
    except (VaeLabError, OSError) as error:
        st.toast(markdown.escape_markdown(str(error)), icon=":material/error:")


def _stop_all(queue: Queue) -> None:
    """Stop the waiting runs first, because they would start when a running one stops."""
    for entry in [*reversed(queue.waiting), *queue.running]:
        _call(actions.stop, entry.run)

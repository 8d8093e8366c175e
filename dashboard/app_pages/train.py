"""Train: choose β, press the button, and watch the run while it trains."""

import streamlit as st

from dashboard import controls, live_view, run_queue, training_form
from dashboard.training_cost import left_to_train
from vae_core.config import RunConfig
from vae_core.engines import shared_engine
from vae_core.runs import default_store

VIEW_SECONDS = 0.5
QUEUE_SECONDS = 1.0
IDLE_SECONDS = 3.0  # till a run that another viewer starts shows up

store = default_store()
engine = shared_engine(store)


def start(configs: list[RunConfig]) -> None:
    """Train what is left to train of these, and watch the first of it."""
    left = left_to_train(configs)
    runs = [store.create(config) for config in left]
    for run in runs:
        engine.submit(run)
    if not left:
        st.toast("Finished already; here it is.", icon=":material/check:")
    first = runs[0] if runs else controls.find(configs[0].id)
    assert first is not None
    run_queue.watch(first)


def follow(queue: run_queue.Queue) -> None:
    """When the run in view has ended, view the one that waited behind it."""
    state = st.session_state
    run = controls.find(state.get("seen_training", ""))
    if run is None or state.get("watched") != controls.run_label(run):
        return  # something else was chosen meanwhile
    ended = run.status()
    if ended.active or not state.get("train_follow", True):
        return
    for entry in queue.running:
        if entry.status.submitted <= ended.heartbeat:
            run_queue.watch(entry.run)


st.title("Train")
left, right = st.columns([1, 2], gap="medium")
with left, st.container(key="form"):
    configs = training_form.choose_configs()
    pressed = st.button(
        "Train" if len(configs) < 2 else f"Train {len(configs)} runs",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        disabled=not configs,
        key="train",
    )
    if pressed:
        start(configs)
    if configs:
        st.caption(training_form.cost_line(configs))
queue = run_queue.read(store)
follow(queue)
with right:
    watched = controls.pick_run("watched", viewable=False)
    active = watched.status().active
    chosen = st.session_state["watched"]
    if active:
        st.session_state["seen_training"] = watched.id
    if watched.viewable:
        st.session_state["run"] = controls.run_label(watched)  # the other pages open on it

    @st.fragment(run_every=VIEW_SECONDS if active else None)
    def watch() -> None:
        live_view.show(watched, engine)
        if watched.status().active != active:
            st.rerun()  # start or end the ticking, and refresh the other widgets

    watch()
with left:
    st.subheader("Queue")
    st.toggle(
        "Follow the queue",
        True,
        key="train_follow",
        bind="query-params",
        help="When the run in view ends, go on to the next one in line.",
    )

    @st.fragment(run_every=QUEUE_SECONDS if queue.active else IDLE_SECONDS)
    def show_queue() -> None:
        now = run_queue.read(store)
        run_queue.show(now, engine, watched)
        if now.states() != queue.states() or st.session_state.get("watched") != chosen:
            st.rerun()

    show_queue()

"""Train: choose β, press the button, and watch the run while it trains."""

import streamlit as st

from dashboard.access import account, actions, roles
from dashboard.app_pages.train import form, live_view
from dashboard.shared import (
    markdown,
    run_cache,
    run_list,
    run_picker,
    run_queue,
    training_cost,
)
from dashboard.shell import link
from vae_core.config import VaeLabError
from vae_core.runs.run import Run
from vae_core.runs.store import default_store

QUEUE_SECONDS = 1.0  # between two refreshes of the queue
IDLE_SECONDS = 3.0  # between two refreshes of an empty queue; another viewer may start a run

store = default_store()

st.title("Train")
# Streamlit's sign of activity, with its Stop button, would flicker at every refresh.
st.html("<style>[data-testid=stStatusWidget] { display: none; }</style>")
left, right = st.columns([1, 2], gap="medium")
with left, st.container(key="form"):
    reason = roles.viewer_reason()
    if reason is not None:
        account.show_viewer_reason(reason)
    else:
        configs = form.choose_configs()
        refusal = actions.limit_refusal(configs)
        pressed = st.button(
            "Train" if len(configs) < 2 else f"Train {len(configs)} runs",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            disabled=not configs or refusal is not None,
            key="train",
        )
        if pressed:
            try:
                run_queue.start(configs)
            except (VaeLabError, OSError) as error:  # such as a data set deleted meanwhile
                st.error(markdown.escape_markdown(str(error)), icon=":material/error:")
        if refusal:
            st.caption(refusal)
        elif configs:
            st.caption(training_cost.cost_line(configs))
queue = run_queue.read(store)
named = "watched" in st.query_params or link.asks("run")
if queue.running and "watched" not in st.session_state and not named:
    run_queue.watch(queue.running[0].run)  # not the newest run, which may be waiting
run_queue.follow(queue)
watched: Run | None = None
with right:
    try:
        watched = run_cache.open_shared(run_picker.pick_run("watched", False, run_list.ANY_KIND))
    except run_picker.RunGoneError as gone:
        st.warning(str(gone), icon=":material/delete:")
    chosen = st.session_state["watched"]
    if watched:
        in_view, active = watched, watched.status().active
        if active:
            st.session_state["seen_training"] = watched.id
        if watched.viewable:
            st.session_state["run"] = run_list.run_label(watched)  # the other pages show it first

        @st.fragment(run_every=live_view.VIEW_SECONDS if active else None)
        @run_queue.on_error_reload
        def watch() -> None:
            live_view.show(in_view)
            if in_view.status().active != active:
                st.rerun()  # starts or ends the refreshing, and updates the other widgets

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
    @run_queue.on_error_reload
    def show_queue() -> None:
        now = run_queue.read(store)
        run_queue.show(now, watched)
        if now.states() != queue.states() or st.session_state.get("watched") != chosen:
            st.rerun()

    show_queue()

"""Train: choose β, press the button, and watch the run while it trains."""

import streamlit as st

from dashboard import controls
from dashboard.components.plot import plot
from dashboard.figures import curves, latent
from vae_core.architectures import ARCHITECTURES
from vae_core.config import DECAYS, OPTIMIZERS, SCHEDULES, ConfigError, RunConfig
from vae_core.datasets import DATASETS
from vae_core.engines import shared_engine
from vae_core.runs import Run, RunError, default_store

TICK_SECONDS = 0.4
EPOCHS = {"digits": 200}  # a second or two; the others: some 20 epochs of a second each

store = default_store()
engine = shared_engine(store)


def choose_config() -> RunConfig | None:
    """The form; None, with the reason shown, where the values don't make a run."""
    beta = st.select_slider(
        "β",
        options=controls.BETAS,
        value=1.0,
        format_func=lambda value: f"{value:g}",
        key="train_beta",
        persist_state="session",
        help="Weight of the rate in loss = distortion + β · rate.",
    )
    if beta == 0:
        st.caption(controls.BETA_ZERO)
    left, right = st.columns(2)
    dataset = left.selectbox(
        "Data set", list(DATASETS), key="train_dataset", persist_state="session"
    )
    architecture = right.selectbox(
        "Architecture", list(ARCHITECTURES), key="train_architecture", persist_state="session"
    )
    latent_dim = left.number_input(
        "Latent dimensions", 1, 64, 2, key="train_latent_dim", persist_state="session"
    )
    epochs = right.number_input(
        "Epochs",
        1,
        100_000,
        EPOCHS.get(dataset, 20),
        key=f"train_epochs_{dataset}",
        persist_state="session",
    )
    with st.expander("Optimiser, seed and β schedule"):
        left, right = st.columns(2)
        optimizer = left.selectbox(
            "Optimiser", OPTIMIZERS, key="train_optimizer", persist_state="session"
        )
        learning_rate = right.number_input(
            "Learning rate",
            1e-6,
            10.0,
            1e-3,
            format="%g",
            step=1e-4,
            key="train_learning_rate",
            persist_state="session",
        )
        batch_size = left.number_input(
            "Batch size", 1, 4096, 128, key="train_batch_size", persist_state="session"
        )
        seed = right.number_input(
            "Seed",
            0,
            2**30,
            0,
            key="train_seed",
            persist_state="session",
            help="Same seed: same first weights, batches and noise, whatever β is.",
        )
        decay = left.selectbox(
            "Decay of the learning rate",
            DECAYS,
            key="train_decay",
            persist_state="session",
            help="cosine: falls to 0 over all steps.",
        )
        schedule = right.selectbox(
            "β schedule",
            SCHEDULES,
            key="train_schedule",
            persist_state="session",
            help="constant; linear warm-up from 0; cyclical, the same again and again; capacity: "
            "β · |rate - C| with C growing.",
        )
        defaults = RunConfig()
        warmup, cycles, capacity = defaults.warmup, defaults.cycles, defaults.capacity
        if schedule != "constant":
            warmup = st.slider(
                "Warm-up, share of the steps",
                0.0,
                1.0,
                warmup,
                key="train_warmup",
                persist_state="session",
            )
        if schedule == "cyclical":
            cycles = st.number_input(
                "Cycles", 1, 100, cycles, key="train_cycles", persist_state="session"
            )
        if schedule == "capacity":
            capacity = st.number_input(
                "Capacity C (nats)",
                0.0,
                1000.0,
                capacity,
                key="train_capacity",
                persist_state="session",
            )
        try:
            config = RunConfig(
                dataset=dataset,
                architecture=architecture,
                latent_dim=int(latent_dim),
                beta=float(beta),
                schedule=schedule,
                warmup=float(warmup),
                cycles=int(cycles),
                capacity=float(capacity),
                epochs=int(epochs),
                batch_size=int(batch_size),
                optimizer=optimizer,
                learning_rate=float(learning_rate),
                decay=decay,
                seed=int(seed),
            )
        except (ConfigError, TypeError) as error:
            st.error(str(error), icon=":material/error:")
            return None
        if schedule != "constant":
            steps_per_epoch = DATASETS[dataset].train_images // config.batch_size
            plot(
                curves.schedule(config, max(steps_per_epoch, 1)),
                key="train-schedule",
                height=180,
                alt=f"The {schedule} schedule over the steps of the run",
            )
    return config


def start(config: RunConfig) -> None:
    """Train the config, or show the run of it that is there already."""
    known = controls.find(config.id)
    if known is None or not known.viewable or known.status().state != "finished":
        known = store.create(config)
        engine.submit(known)
    else:
        st.toast("This run is finished already; here it is.", icon=":material/check:")
    st.session_state["watched"] = controls.run_label(known)


def show(run: Run) -> None:
    """Progress, numbers, curves and latent scatter of a run as its folder has them now."""
    status = run.status()
    records = run.records("step", "epoch")
    epoch = records[-1]["epoch"] if records else 0
    with st.container(horizontal=True, vertical_alignment="center"):
        controls.badge(status.state)
        if status.state == "running":
            st.button(
                "Stop", icon=":material/stop:", on_click=engine.cancel, args=(run,), key="stop"
            )
        elif status.state == "queued":
            st.button(
                "Cancel", icon=":material/stop:", on_click=engine.cancel, args=(run,), key="stop"
            )
        elif status.state != "finished" and not controls.pretrained(run):
            st.button(
                "Resume",
                icon=":material/play_arrow:",
                on_click=engine.submit,
                args=(run,),
                key="resume",
            )
    text = f"epoch {int(epoch)} of {run.config.epochs}"
    left = controls.seconds_left(run) if status.state == "running" else None
    if status.state == "running" and epoch == run.config.epochs:
        text += ", measuring"
    elif left is not None:
        text += f", about {left:.0f} s left"
    elif status.state == "running":
        text += ", starting"
    elif status.state == "queued":
        text += ", waiting for its turn"
    elif status.state == "finished":
        text += f", {status.seconds:.0f} s of training"
    st.progress(min(epoch / run.config.epochs, 1.0), text=text)
    if status.error:
        st.error(status.error, icon=":material/error:")
    controls.notes(run)
    controls.metrics_row(run)
    if not records:
        return
    plot(
        curves.training(records),
        key=f"curves-{run.id}",
        height=300,
        alt="Loss, distortion and rate over the epochs, on training batches and held out",
    )
    st.caption(
        "Held out: all test images with z sampled. Training: the batches of the epoch, while the "
        "weights still move. After a few epochs the axes leave out the first steep fall; "
        "double-click a chart to see it."
    )
    ended = run.viewable and not status.active
    try:
        arrays = run.arrays("arrays" if ended else "snapshot")
    except RunError:
        if status.state == "finished":
            controls.measured(run)
            st.info(
                "Of this run there are only the numbers here; training the same config gives the "
                "networks, too.",
                icon=":material/info:",
            )
        return
    plot(
        latent.scatter(
            arrays["posterior_mean"],
            arrays["labels"],
            [str(n) for n in arrays["label_names"]],
            controls.top_dims(run),
        ),
        key=f"latent-{run.id}",
        height=520,
        alt="Posterior means of held-out images in the latent space, a colour a label",
    )
    at = run.records("end")[-1]["epoch"] if ended else round(float(arrays["epoch"]), 1)
    circles = "; dotted: 1 and 2 σ of the prior" if run.config.latent_dim > 1 else ""
    st.caption(
        f"Posterior means of {len(arrays['labels']):,} held-out images at epoch {at:g}{circles}."
    )
    controls.measured(run)


st.title("Train")
form, live = st.columns([2, 5], gap="large")
with form:
    config = choose_config()
    if st.button(
        "Train",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        disabled=config is None,
        key="train",
    ):
        assert config is not None
        start(config)
with live:
    run = controls.pick_run("watched", viewable=False)
    active = run.status().active
    if run.viewable:
        st.session_state["run"] = controls.run_label(run)  # the other pages open on it

    @st.fragment(run_every=TICK_SECONDS if active else None)
    def watch() -> None:
        show(run)
        if run.status().active != active:
            st.rerun()  # start or end the ticking, and refresh the other widgets

    watch()

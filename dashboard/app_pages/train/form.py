"""The Train page's form: one run, or a sweep over β and seeds. The whole of it is in the URL."""

from __future__ import annotations

import streamlit as st

from dashboard.access import roles
from dashboard.app_pages.train import own_data
from dashboard.components.plot.plot import plot
from dashboard.figures import curves
from dashboard.shared import markdown, notes, sweeps, training_cost
from vae_core.config import (
    DECAYS,
    MODELS,
    OPTIMIZERS,
    SCHEDULES,
    TEXT_DEFAULTS,
    ConfigError,
    RunConfig,
    VaeLabError,
)
from vae_core.data import registry, shapes
from vae_core.data.source import Source
from vae_core.model.architectures import BY_KIND
from vae_core.runs.sweeps import sweep

MODES = ("One run", "Sweep")


EPOCHS = {
    "digits": 200,
    "unicode_names": 60,
    "melodies": 120,
}  # a few seconds; the others: some 20 epochs of a second or more each


OWN_STEPS, OWN_EPOCHS = 2500, (20, 500)  # of data of one's own: steps, if so few epochs make them


BETA_MARKS = (0.0, 0.02, 0.1, 0.5, 1.0, 2.0, 4.0, 10.0, 20.0)


SWEEP_BETAS = (0.0, 0.5, 1.0, 2.0, 4.0, 10.0, 20.0)


MAX_SEEDS = 5


MOST_EPOCHS = 100_000


DEFAULTS = RunConfig()


def choose_configs() -> list[RunConfig]:
    """The runs that the form asks for; none, with the reason shown, where its values make none."""
    mode = st.segmented_control(
        "Train",
        MODES,
        default=MODES[0],
        required=True,
        key="train_mode",
        bind="query-params",
        label_visibility="collapsed",
        width="stretch",
    )
    model = st.segmented_control(
        "Model",
        MODELS,
        default=DEFAULTS.model,
        required=True,
        key="train_model",
        bind="query-params",
        help="autoencoder: the same networks and first weights, without noise and without rate.",
    )
    betas, seeds = [DEFAULTS.beta], 1
    if model == "autoencoder":
        st.caption("An autoencoder has no rate, so there is no β to set, and no schedule of it.")
        if mode == "Sweep":
            seeds = _seeds()
    elif mode == "Sweep":
        betas, seeds = _betas_of_sweep(), _seeds()
    else:
        betas = [_beta()]
    configs: list[RunConfig] = []
    try:
        if not betas:
            raise ConfigError("Choose at least one β.")
        base = _config(max(betas), model)
        configs = sweep(base, betas, range(base.seed, base.seed + seeds))
    except VaeLabError as error:
        st.error(str(error), icon=":material/error:")
    own_data.section()
    return configs


def cost_line(configs: list[RunConfig]) -> str:
    """What the runs that are left to train will take, in one sentence."""
    left = training_cost.left_to_train(configs)
    done = len(configs) - len(left)
    if not left:
        return (
            "This run is finished already; Train opens it."
            if len(configs) == 1
            else f"All {len(configs)} runs are finished already; Train opens the first."
        )
    what = "" if len(configs) == 1 else f"{len(configs)} runs: "
    if done:
        what = f"{len(configs)} runs, {done} of them finished already: "
    cost = training_cost.estimate(left)
    if cost is None:
        kind = f"{left[0].architecture} on {left[0].dataset}"
        return f"{what}no run of {kind} was timed yet, so there is no telling how long this takes."
    sentence = f"{what}{cost}."
    return sentence[0].upper() + sentence[1:]


def _beta() -> float:
    beta = st.select_slider(
        "β",
        options=sweeps.BETAS,
        value=1.0,
        format_func=lambda value: f"{value:g}",
        key="train_beta",
        bind="query-params",
        help="Weight of the rate in loss = distortion + β · rate.",
    )
    st.html(beta_marks())
    if beta == 0:
        st.caption(notes.BETA_ZERO)
    return float(beta)


def beta_marks() -> str:
    """Labels below the slider of β, each under its place on the track (a slider shows none)."""
    last = len(sweeps.BETAS) - 1
    marks = "".join(
        f'<span style="position:absolute;left:{100 * sweeps.BETAS.index(beta) / last:.2f}%;'
        f'transform:translateX(-50%)">{beta:g}</span>'
        for beta in BETA_MARKS
    )
    return (
        # Its own marks, first and last, would appear on top of these.
        "<style>.st-key-train_beta [data-testid=stSliderTickBar] {display: none}</style>"
        '<div class="vae-lab-beta-marks" aria-hidden="true" style="position:relative;'
        f'height:1rem;margin:-1.25rem 6px 0;font-size:0.7rem;opacity:0.8">{marks}</div>'
    )


def _betas_of_sweep() -> list[float]:
    return st.pills(
        "β of the sweep",
        sweeps.BETAS,
        selection_mode="multi",
        default=SWEEP_BETAS,
        format_func=lambda value: f"{value:g}",
        key="train_betas",
        bind="query-params",
        help="Weights of the rate in loss = distortion + β · rate. All β of one seed start from "
        "the same weights and see the same batches.",
    )


def _seeds() -> int:
    """The number of seeds of a sweep."""
    return st.number_input(
        "Seeds",
        1,
        MAX_SEEDS,
        1,
        key="train_seeds",
        bind="query-params",
        help="How many, from the seed below up: a run of every β for each.",
    )


def _shapes() -> str:
    """The data set of as many shapes of as many pixels."""
    number = st.number_input(
        "Pictures",
        *(*shapes.SHAPES_NUMBERS, shapes.SHAPES_USUAL[0]),
        key="train_shapes_number",
        bind="query-params",
        help="Drawn from known factors, no two the same; a fifth of them is held out.",
    )
    size = st.number_input(
        "Pixels a side",
        *(*shapes.SHAPES_SIZES, shapes.SHAPES_USUAL[1]),
        key="train_shapes_size",
        bind="query-params",
    )
    return shapes.shapes_name(number, size)


def _config(beta: float, model: str) -> RunConfig:
    """All but the β and the seeds of a sweep.

    Args:
        beta: for the curve of the schedule.
        model: an autoencoder has no schedule.
    """
    with st.container(horizontal=True):
        known = registry.names()
        if st.session_state.get("train_dataset") not in (None, *known):  # deleted by another
            st.session_state["train_dataset"] = known[0]
        chosen = st.selectbox("Data set", known, key="train_dataset", bind="query-params")
        dataset = _shapes() if chosen == "shapes" else chosen
        source = registry.source(dataset)
        of_kind = "" if source.kind == "images" else f"_{source.kind}"
        architecture = st.selectbox(
            "Architecture",
            list(BY_KIND[source.kind]),
            key="train_architecture" + of_kind,
            bind="query-params",
        )
        latent_dim = st.number_input(
            "Latent dimensions", 1, 64, 2, key="train_latent_dim", bind="query-params"
        )
        most_epochs = max(roles.limits().epochs or MOST_EPOCHS, 1)
        epochs = st.number_input(
            "Epochs",
            1,
            most_epochs,
            min(_usual_epochs(dataset, source), most_epochs),
            key=f"train_epochs_{chosen}",
            bind="query-params",
        )
        of_text = source.kind == "text"
        schedule = DEFAULTS.schedule
        if model == "vae":
            schedule = st.selectbox(
                "β schedule",
                SCHEDULES,
                SCHEDULES.index(TEXT_DEFAULTS["schedule"]) if of_text else 0,
                key="train_schedule" + of_kind,
                bind="query-params",
                help="Texts begin with the linear one, as without a warm-up such models collapse. "
                "constant; linear warm-up from 0; cyclical, the same again and again; capacity: "
                "β · |rate - C| with C growing.",
            )
        most = min(4096, source.train_images) if source.own else 4096
        batch_size = st.number_input(
            "Batch size",
            1,
            most,
            min(DEFAULTS.batch_size, most),
            key=f"train_batch_size_{dataset}" if source.own else "train_batch_size",
            bind="query-params",
        )
    warmup, cycles, capacity = _schedule_details(schedule)
    if sentence := source.missing():
        st.warning(f"Not here: {markdown.escape_markdown(sentence)}", icon=":material/folder_off:")
    curve = st.empty()
    with st.expander("Optimiser and seed"), st.container(horizontal=True):
        optimizer = st.selectbox(
            "Optimiser", OPTIMIZERS, key="train_optimizer", bind="query-params"
        )
        learning_rate = st.number_input(
            "Learning rate",
            1e-6,
            10.0,
            1e-3,
            format="%g",
            step=1e-4,
            key="train_learning_rate",
            bind="query-params",
        )
        decay = st.selectbox(
            "Decay of the learning rate",
            DECAYS,
            key="train_decay",
            bind="query-params",
            help="cosine: falls to 0 over all steps.",
        )
        seed = st.number_input(
            "Seed",
            0,
            2**30 - MAX_SEEDS,
            0,
            key="train_seed",
            bind="query-params",
            help="Same seed: same first weights, batches and noise, whatever β is.",
        )
    config = RunConfig(
        dataset=dataset,
        architecture=architecture,
        latent_dim=int(latent_dim),
        beta=beta,
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
        model=model,
    )
    if schedule != "constant":
        steps_per_epoch = source.train_images // config.batch_size
        with curve:
            plot(
                curves.schedule(config, max(steps_per_epoch, 1)),
                key="train-schedule",
                height=180,
                alt=f"The {schedule} schedule over the steps of the run",
            )
    return config


def _usual_epochs(dataset: str, source: Source) -> int:
    if not source.own:
        return EPOCHS.get(dataset, 20)
    steps = max(1, source.train_images // min(DEFAULTS.batch_size, source.train_images))
    least, most = OWN_EPOCHS
    return max(least, min(most, round(OWN_STEPS / steps)))


def _schedule_details(schedule: str) -> tuple[float, int, float]:
    """Warm-up, cycles and capacity; widgets for those that the schedule reads."""
    warmup, cycles, capacity = DEFAULTS.warmup, DEFAULTS.cycles, DEFAULTS.capacity
    if schedule != "constant":
        warmup = st.slider(
            "Warm-up, share of the steps", 0.0, 1.0, warmup, key="train_warmup", bind="query-params"
        )
    if schedule == "cyclical":
        cycles = st.number_input("Cycles", 1, 100, cycles, key="train_cycles", bind="query-params")
    if schedule == "capacity":
        capacity = st.number_input(
            "Capacity C (nats)", 0.0, 1000.0, capacity, key="train_capacity", bind="query-params"
        )
    return warmup, cycles, capacity

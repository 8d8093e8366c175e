"""The Train page's form: one run, or a sweep over β and seeds. The whole of it is in the URL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.access import roles
from dashboard.app_pages.train import own_data
from dashboard.components.plot.plot import plot
from dashboard.figures import curves
from dashboard.shared import markdown, notes, sweeps, training_cost
from vae_core import kinds
from vae_core.config import (
    FIELDS,
    OPTIMISER,
    ConfigError,
    RunConfig,
    VaeLabError,
)
from vae_core.data import registry, shapes
from vae_core.data.source import Source
from vae_core.runs.sweeps import sweep
from vae_core.settings import Setting

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
# Made before the others: what there is to set depends on them.
ASKED_FIRST = ("dataset", "model", "beta")
# The row of boxes begins with these, and goes on with the fields that are not named here.
ROW_BEGINS = ("architecture", "latent_dim", "epochs", "schedule", "batch_size")


def choose_configs() -> list[RunConfig]:
    """Show the form, and return the runs that it asks for; none, and the reason, if that fails."""
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
    setting = FIELDS["model"]
    model = st.segmented_control(
        setting.title,
        setting.choices_for(),
        default=setting.default,
        required=True,
        key="train_model",
        bind="query-params",
        help=setting.note,
    )
    betas, seeds = [RunConfig.beta], 1
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
    """Say in one sentence how long the runs that are not trained yet will take."""
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
    setting = FIELDS["beta"]
    beta = st.select_slider(
        setting.title,
        options=sweeps.BETAS,
        value=setting.default,
        format_func=lambda value: f"{value:g}",
        key="train_beta",
        bind="query-params",
        help=setting.note,
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
    """Show the choice of the number of seeds, and return it."""
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
    """Show the choice of number and size of the shapes, and return the data set's name."""
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
    """Show the boxes, and return the config that they ask for, with the first seed of a sweep.

    Args:
        beta: the largest of a sweep, for the curve of the schedule.
        model: a VAE or an autoencoder.
    """
    values: dict[str, Any] = {name: setting.default for name, setting in FIELDS.items()}
    values |= {"beta": beta, "model": model}
    row, conditional, optimiser = _places()
    with st.container(horizontal=True):
        chosen = _data_set()
        values["dataset"] = _shapes() if chosen == "shapes" else chosen
        source = registry.source(values["dataset"])
        _set(row, values, source, chosen)
    _set(conditional, values, source, chosen)
    if sentence := source.missing():
        st.warning(f"Not here: {markdown.escape_markdown(sentence)}", icon=":material/folder_off:")
    curve = st.empty()
    with st.expander(OPTIMISER), st.container(horizontal=True):
        _set(optimiser, values, source, chosen)
    config = RunConfig(**values)
    if config.schedule != "constant":
        steps_per_epoch = source.train_images // config.batch_size
        with curve:
            plot(
                curves.schedule(config, max(steps_per_epoch, 1)),
                key="train-schedule",
                height=180,
                alt=f"The {config.schedule} schedule over the steps of the run",
            )
    return config


def _places() -> tuple[list[str], list[str], list[str]]:
    """Return the names of the fields in the row of boxes, below it, and in the expander.

    Below the row are the fields that only matter for some choices of other fields.
    """
    row, conditional, optimiser = list(ROW_BEGINS), [], []
    for name, setting in FIELDS.items():
        if setting.group == OPTIMISER:
            optimiser.append(name)
        elif set(setting.read_when) - {"model"}:
            conditional.append(name)
        elif name not in (*ROW_BEGINS, *ASKED_FIRST):
            row.append(name)
    return row, conditional, optimiser


def _data_set() -> str:
    """Show the choice of the data set, and return its name; shapes of any size are "shapes"."""
    names = registry.names()
    if st.session_state.get("train_dataset") not in (None, *names):  # deleted by another
        st.session_state["train_dataset"] = names[0]
    return st.selectbox(FIELDS["dataset"].title, names, key="train_dataset", bind="query-params")


def _set(names: list[str], values: dict[str, Any], source: Source, chosen: str) -> None:
    """Show a box for each field that has an effect, and store what is chosen in `values`.

    Args:
        names: of the fields.
        values: of all fields so far.
        source: of the chosen data set.
        chosen: its name in the box.
    """
    for name in names:
        setting, key = FIELDS[name], f"train_{name}"
        if not setting.read_by(values, source.kind):
            continue
        if setting.choices and len(setting.choices_for()) == 1:
            continue  # there is nothing to choose until a plug-in adds a second
        of_kind = kinds.KINDS[source.kind].usual_settings
        usual = of_kind.get(name, setting.default)
        offered: Any = setting.offered or (setting.low, setting.high)
        low, high = offered
        if name in of_kind:
            key += f"_{source.kind}"
        if name == "epochs":
            key += f"_{chosen}"
            high = min(high, max(roles.limits().epochs or high, 1))
            usual = min(_usual_epochs(chosen, source), high)
        elif name == "batch_size" and source.own:
            key += f"_{chosen}"
            high = min(high, source.train_images)
            usual = min(usual, high)
        elif name == "seed":
            high -= MAX_SEEDS  # those of a sweep go up from it
        values[name] = _widget(
            replace(setting, default=usual, offered=(low, high)), key, source.kind
        )


def _widget(setting: Setting, key: str, kind: str) -> Any:
    """Show the box of a field, and return what is chosen.

    Args:
        kind: of the data.
    """
    if setting.choices:
        choices = setting.choices_for(kind)
        return st.selectbox(
            setting.title,
            choices,
            choices.index(setting.default),
            key=key,
            bind="query-params",
            help=setting.note or None,
        )
    offered: Any = setting.offered or (None, None)
    low, high = (x if x is None else setting.type(x) for x in offered)
    if (low, high) == (0.0, 1.0):
        return st.slider(
            setting.title,
            low,
            high,
            setting.default,
            key=key,
            bind="query-params",
            help=setting.note or None,
        )
    return st.number_input(
        setting.title,
        low,
        high,
        setting.default,
        setting.step,
        "%g" if setting.step else None,
        key=key,
        bind="query-params",
        help=setting.note or None,
    )


def _usual_epochs(dataset: str, source: Source) -> int:
    if not source.own:
        return EPOCHS.get(dataset, 20)
    steps = max(1, source.train_images // min(RunConfig.batch_size, source.train_images))
    least, most = OWN_EPOCHS
    return max(least, min(most, round(OWN_STEPS / steps)))

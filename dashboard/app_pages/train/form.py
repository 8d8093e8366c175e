"""The Train page's form: one run, or a sweep over β and seeds. The URL holds every choice."""

from __future__ import annotations

import streamlit as st

from dashboard.app_pages.train import fields, own_data
from dashboard.shared import notes, sweeps
from dashboard.shared.choice import choose_one
from vae_core.config import FIELDS, ConfigError, RunConfig, VaeLabError
from vae_core.runs.sweeps import sweep

MODES = ("One run", "Sweep")
BETA_MARKS = (0.0, 0.02, 0.1, 0.5, 1.0, 2.0, 4.0, 10.0, 20.0)
SWEEP_BETAS = (0.0, 0.5, 1.0, 2.0, 4.0, 10.0, 20.0)


def choose_configs() -> list[RunConfig]:
    """Show the form, and return the chosen configs; if they are invalid, show why and return []."""
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
    model = choose_one(
        setting.title,
        setting.choices_for(),
        default=setting.default,
        key="train_model",
        help=setting.note,
    )
    betas, seeds = [RunConfig.beta], 1
    if model == "autoencoder":
        st.caption("An autoencoder has no rate, so there is no β to set, and no schedule of it.")
        if mode == "Sweep":
            seeds = _choose_seeds()
    elif mode == "Sweep":
        betas, seeds = _choose_betas(), _choose_seeds()
    else:
        betas = [_choose_beta()]
    configs: list[RunConfig] = []
    try:
        if not betas:
            raise ConfigError("Choose at least one β.")
        base = fields.choose_config(max(betas), model)
        configs = sweep(base, betas, range(base.seed, base.seed + seeds))
    except VaeLabError as error:
        st.error(str(error), icon=":material/error:")
    own_data.section()
    return configs


def _choose_beta() -> float:
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
    """Return HTML with labels below the slider of β, each under its place on the track."""
    last = len(sweeps.BETAS) - 1
    marks = "".join(
        f'<span style="position:absolute;left:{100 * sweeps.BETAS.index(beta) / last:.2f}%;'
        f'transform:translateX(-50%)">{beta:g}</span>'
        for beta in BETA_MARKS
    )
    return (
        # The slider's own labels of its two ends would overlap these.
        "<style>.st-key-train_beta [data-testid=stSliderTickBar] {display: none}</style>"
        '<div class="vae-lab-beta-marks" aria-hidden="true" style="position:relative;'
        f'height:1rem;margin:-1.25rem 6px 0;font-size:0.7rem;opacity:0.8">{marks}</div>'
    )


def _choose_betas() -> list[float]:
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


def _choose_seeds() -> int:
    """Show the choice of the number of seeds, and return it."""
    return st.number_input(
        "Seeds",
        1,
        fields.MAX_SEEDS,
        1,
        key="train_seeds",
        bind="query-params",
        help="Number of seeds, counted up from the seed below. Each seed trains one run per β.",
    )

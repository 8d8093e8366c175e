"""Learn: entropy, cross-entropy and KL of a few outcomes, with bars to drag."""

from __future__ import annotations

import math

import numpy as np
import streamlit as st

from dashboard.components.bars.bars import bars
from dashboard.figures import information as figures
from dashboard.shared import markdown, typed_numbers
from dashboard.shared.choice import choose_one
from vae_core.config import VaeLabError
from vae_core.metrics import information

OUTCOMES = "ABCDEFGH"
MOST_TYPED = 20 * len(OUTCOMES)  # characters

# title -> p and q, as they would be typed
PRESETS = {
    "The same": ("0.5, 0.3, 0.2", "0.5, 0.3, 0.2"),
    "All equal": ("0.6, 0.3, 0.1", "1, 1, 1"),
    "Certain": ("1, 0, 0", "0.5, 0.3, 0.2"),
    "A zero in q": ("0.5, 0.3, 0.2", "0.6, 0.4, 0"),
    "A zero in p": ("0.6, 0.4, 0", "0.5, 0.3, 0.2"),
    "Two peaks": ("0.45, 0.05, 0.05, 0.45", "0.9, 0.04, 0.03, 0.03"),
}

START = ("0.6, 0.3, 0.1", "0.2, 0.3, 0.5")

EXPLANATION = r"""
The **surprise** of an outcome of probability $p$ is $-\log p$: 0 if the outcome is certain, 1 bit
for a side of a fair coin. The mean surprise is the **entropy**. If $p$ is true and we expect $q$,
the mean surprise is the **cross-entropy**; its excess over the entropy is the **Kullback-Leibler
divergence**:

$$
H(p) = -\sum_i p_i \log p_i, \qquad H(p, q) = -\sum_i p_i \log q_i, \qquad
\mathrm{KL}(p \,\|\, q) = \sum_i p_i \log \frac{p_i}{q_i} = H(p, q) - H(p) \ge 0 .
$$

KL is 0 only if $q = p$. KL is no distance, because it is not symmetric: $\mathrm{KL}(p\,\|\,q)$
averages the log ratio over $p$, and is large if $q$ is small where $p$ is large;
$\mathrm{KL}(q\,\|\,p)$ averages it over $q$, and is large if $p$ is small where $q$ is large. By
convention $0 \log 0 = 0$.

With logarithms to base 2 the unit is the bit, with natural ones the nat: 1 nat is 1.443 bits.
A VAE's **rate** is a KL in nats, its **distortion** a cross-entropy.

Sources: Shannon (1948), *A Mathematical Theory of Communication*, section 6; Kullback & Leibler
(1951), *On Information and Sufficiency*, section 2; Cover & Thomas (2006), *Elements of Information
Theory*, chapter 2.
"""


def section() -> None:
    st.markdown(
        "Something has a few possible outcomes. **p** says how often each really comes, **q** how "
        "often we expect it. KL(p ‖ q) is the cost of the wrong expectation: how much larger our "
        "mean surprise is than if we expected p. **Drag the bars** and see."
    )
    chart, side = st.columns([3, 2], gap="large")
    with side, st.container(key="form"):
        unit = choose_one(
            "Unit",
            list(information.NATS_IN),
            key="learn_unit",
            help="nats: natural logarithms. bits: logarithms to base 2.",
        )
        for name, start in zip("pq", START, strict=True):
            st.text_input(
                name,
                start,
                max_chars=MOST_TYPED,
                key=f"learn_{name}",
                bind="query-params",
                help=f"2 to {len(OUTCOMES)} numbers, 0 or larger, with commas between them. They "
                "are divided by their sum, so 2, 1, 1 is 0.5, 0.25, 0.25.",
            )
        with st.container(horizontal=True, gap="small"):
            for title, texts in PRESETS.items():
                st.button(title, on_click=_fill_boxes, args=texts, key=f"learn_preset_{title}")
        st.caption(
            "When you drag a bar, the other bars of its colour shrink or grow in proportion, so "
            "that all add up to 1."
        )
    try:
        p, q = (parse_probabilities(st.session_state[f"learn_{name}"], name) for name in "pq")
        if len(p) != len(q):
            raise information.InformationError(
                f"p has {len(p)} outcomes and q has {len(q)}: write equally many."
            )
    except VaeLabError as error:
        with chart:
            st.error(markdown.escape_markdown(str(error)), icon=":material/error:")
        return
    names = list(OUTCOMES[: len(p)])
    with chart:
        bars(
            p,
            q,
            names=names,
            colours=(figures.P, figures.Q),
            key="learn_bars",
            alt=f"Probabilities of {len(p)} outcomes under p and under q.",
            on_move=_fill_box_of_bars,
        )
    _numbers(p, q, unit)
    _table(p, q, names, unit)
    markdown.explain("Entropy, cross-entropy and KL", EXPLANATION)


def parse_probabilities(text: str, name: str) -> np.ndarray:
    """Parse numbers with commas between them, and normalise them to probabilities (n,).

    Raises:
        InformationError: the text holds no such numbers, too few or too many.
    """
    weights = typed_numbers.parse_numbers(text)
    if not 2 <= len(weights) <= len(OUTCOMES):
        raise information.InformationError(
            f"{name} = {text[:40]} is no distribution: write 2 to {len(OUTCOMES)} numbers with "
            "commas between them, such as 0.5, 0.3, 0.2."
        )
    return information.distribution(weights, name)


def _fill_boxes(p: str, q: str) -> None:
    st.session_state["learn_p"], st.session_state["learn_q"] = p, q


def _fill_box_of_bars(name: str, weights: np.ndarray) -> None:
    st.session_state[f"learn_{name}"] = ", ".join(f"{weight:.4g}" for weight in weights)


def number(value: float, decimals: int = 3) -> str:
    """Format a number, infinity as ∞."""
    return "∞" if math.isinf(value) else f"{value:z.{decimals}f}"


def _numbers(p: np.ndarray, q: np.ndarray, unit: str) -> None:
    forwards, backwards = information.kl(p, q, unit), information.kl(q, p, unit)
    entropy, cross = information.entropy(p, unit), information.cross_entropy(p, q, unit)
    shown = {
        "H(p)": (entropy, "Entropy of p: the mean surprise if p is true and we expect p."),
        "H(q)": (information.entropy(q, unit), "Entropy of q."),
        "H(p, q)": (cross, "Cross-entropy: mean surprise if p is true and we expect q."),
        "KL(p ‖ q)": (forwards, "H(p, q) - H(p): what it costs to expect q if p is true."),
        "KL(q ‖ p)": (backwards, "H(q, p) - H(q): what it costs to expect p if q is true."),
    }
    with st.container(horizontal=True):
        for title, (value, text) in shown.items():
            st.metric(f"{title}, {unit}", number(value), help=text, border=True)
    for true, expected, name, other, cost in (
        (p, q, "p", "q", forwards),
        (q, p, "q", "p", backwards),
    ):
        if math.isinf(cost):
            missed = np.flatnonzero((true > 0) & (expected == 0))
            zeros = " or ".join(OUTCOMES[i] for i in missed)
            share = float(true[missed].sum())
            st.warning(
                f"KL({name} ‖ {other}) is infinite. The probability of {zeros} is 0 under {other}, "
                f"but {share:.3g} under {name}. The surprise of an outcome with probability 0 is "
                "infinite.",
                icon=":material/all_inclusive:",
            )
    if math.isfinite(forwards):
        st.markdown(
            f"**H(p, q) = H(p) + KL(p ‖ q)**: {number(cross)} = {number(entropy)} + "
            f"{number(forwards)} {unit}."
            + (" KL is 0, because q is p." if np.array_equal(p, q) else "")
        )


def _table(p: np.ndarray, q: np.ndarray, names: list[str], unit: str) -> None:
    columns = {
        "p": p,
        "q": q,
        f"-log p ({unit})": information.surprise(p, unit),
        f"-log q ({unit})": information.surprise(q, unit),
        "p · log(p/q)": information.kl_terms(p, q, unit),
        "q · log(q/p)": information.kl_terms(q, p, unit),
    }
    rows: list[dict[str, str]] = [
        {"outcome": name, **{title: number(values[i]) for title, values in columns.items()}}
        for i, name in enumerate(names)
    ]
    sums = {
        title: "" if title.startswith("-") else f"**{number(float(values.sum()))}**"
        for title, values in columns.items()
    }
    st.table([*rows, {"outcome": "**sum**", **sums}], hide_index=True)
    st.caption(
        "The last two columns add up to KL(p ‖ q) and KL(q ‖ p). Their log ratios differ only in "
        "the sign. But KL(p ‖ q) weights each log ratio by p, and KL(q ‖ p) by q. A term can be "
        "negative, the sum never is."
    )

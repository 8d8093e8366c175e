"""Learn: sample z from a posterior step by step, and see where gradients can flow."""

from __future__ import annotations

import itertools
import math

import numpy as np
import streamlit as st

from dashboard.components.diagram.diagram import diagram
from dashboard.components.plot.plot import plot
from dashboard.figures import dim_name
from dashboard.figures import information as figures
from dashboard.shared import markdown, typed_numbers
from vae_core.config import ConfigError
from vae_core.model.priors import standard_normal

MEAN, STD = "0.15, 1.1, 0.2, 0.7", "0.2, 0.4, 0.5, 2.4"
MOST_DIMS = 16
MOST_TYPED = 20 * MOST_DIMS  # characters
MOST_SEED = 2**30
DIAGRAM = 480  # pixels
OTHERS = 60  # other samples, drawn faintly

EXPLANATION = r"""
Training needs the gradient of $\mathbb E_{q(z \mid x)}[f(z)]$ with respect to $\mu$ and $\sigma$.
A draw $z \sim \mathcal N(\mu, \sigma^2)$ is no differentiable function of them. But it can be
written as a function of them and of noise without parameters:

$$
\varepsilon \sim \mathcal N(0, I), \qquad z = \mu + \sigma \odot \varepsilon, \qquad
\nabla_{\mu, \sigma}\, \mathbb E_{q}[f(z)] =
\mathbb E_{\varepsilon}\big[\nabla_{\mu, \sigma}\, f(\mu + \sigma \odot \varepsilon)\big] .
$$

The expectation is now over $\varepsilon$, which does not depend on $\mu$ and $\sigma$, so the
gradient may be taken inside the expectation. The gradient of one draw is an unbiased estimate, with
$\partial z / \partial \mu = 1$ and $\partial z / \partial \sigma = \varepsilon$. (The score
function estimator needs no such function, but it varies far more from draw to draw.)

The encoder gives $\ln \sigma^2$, which can be any number. It does not give $\sigma$, which must be
positive. The rate needs no draw: it has a closed form.

Source: Kingma & Welling (2014), *Auto-Encoding Variational Bayes*, sections 2.3 and 2.4; also
Rezende, Mohamed & Wierstra (2014), *Stochastic Backpropagation*.
"""


def section() -> None:
    st.markdown(
        "The encoder gives each image a **μ** and a **σ** for each latent dimension; the decoder "
        "needs one point **z**. So noise **ε** is drawn from N(0, 1), stretched by σ and shifted "
        "by μ. Each draw gives another z for the same image."
    )
    with st.container(key="form", horizontal=True, vertical_alignment="bottom"):
        mean_text = st.text_input("μ", MEAN, MOST_TYPED, key="learn_mean", bind="query-params")
        std_text = st.text_input("σ", STD, MOST_TYPED, key="learn_std", bind="query-params")
        seed = st.number_input(
            "Seed of the noise", 0, MOST_SEED, 0, key="learn_seed", bind="query-params", width=160
        )
        st.button(
            "Draw again",
            icon=":material/casino:",
            type="primary",
            on_click=_draw_again,
            key="learn_draw",
        )
    try:
        mean, std = parse_posterior(mean_text, std_text)
    except ConfigError as error:
        st.error(markdown.escape_markdown(str(error)), icon=":material/error:")
        return
    noise = _noise(int(seed), len(mean))
    z = mean + std * noise
    others = mean + std * np.random.default_rng(0).standard_normal((OTHERS, len(mean)))
    table, chart = st.columns(2, gap="large")
    with table:
        rate = standard_normal.rate_per_dim(mean, 2 * np.log(std))
        st.table(
            [
                {
                    "": dim_name(i),
                    "μ": f"{mean[i]:g}",
                    "σ": f"{std[i]:g}",
                    "ε = ∂z/∂σ": f"{noise[i]:.3f}",
                    "σ·ε": f"{std[i] * noise[i]:.3f}",
                    "z = μ + σ·ε": f"**{z[i]:.3f}**",
                    "rate (nats)": f"{rate[i]:.3f}",
                }
                for i in range(len(mean))
            ],
            hide_index=True,
        )
        st.caption(
            f"The rate, {rate.sum():.3f} nats in all, depends on μ and σ only: it is the same for "
            "every draw. The draw changes only the distortion."
        )
    with chart:
        plot(
            figures.posterior_samples(mean, std, z, others),
            key="learn-draws",
            height=180 + 45 * len(mean),
            alt="Each latent dimension with its mean, standard deviation and the point drawn",
        )
    st.subheader("Where the gradient can flow")
    with st.container(horizontal=True, gap="large"):  # one below the other on a narrow page
        with st.container(width=DIAGRAM):
            diagram(_diagram(reparameterised=False), key="learn_diagram_draw")
            st.caption(
                "z is drawn **from** N(μ, σ²), and a random draw can't be differentiated. The "
                "decoder learns, but no gradient of the distortion reaches the encoder."
            )
        with st.container(width=DIAGRAM):
            diagram(_diagram(reparameterised=True), key="learn_diagram_trick")
            st.caption(
                "**The reparameterisation trick**: only the noise ε is drawn, and z is computed "
                "from μ, σ and ε. The gradient passes to μ and σ; ε needs none."
            )
    markdown.explain("The reparameterisation trick", EXPLANATION)


def parse_posterior(mean_text: str, std_text: str) -> tuple[np.ndarray, np.ndarray]:
    """Parse μ and σ of a posterior, (d,) each, from numbers with commas between them.

    Raises:
        ConfigError: a text holds no such numbers, the counts differ, or a σ is not above 0.
    """
    mean, std = _numbers(mean_text, "μ"), _numbers(std_text, "σ")
    if len(mean) != len(std):
        raise ConfigError(f"μ has {len(mean)} numbers and σ has {len(std)}: write equally many.")
    if (std <= 0).any():
        raise ConfigError("Every σ must be above 0.")
    return mean, std


def _draw_again() -> None:
    seed = st.session_state.get("learn_seed", 0)
    st.session_state["learn_seed"] = (int(seed) + 1) % MOST_SEED


def _noise(seed: int, dims: int) -> np.ndarray:
    """Draw standard normal noise (dims,); the same seed gives the same noise."""
    return np.random.default_rng([seed, 1]).standard_normal(dims)


def _numbers(text: str, name: str) -> np.ndarray:
    values = typed_numbers.parse_numbers(text)
    if not 1 <= len(values) <= MOST_DIMS or not all(
        math.isfinite(v) and abs(v) < 1e6 for v in values
    ):
        raise ConfigError(
            f"{name} = {text[:40]} can't be used: write 1 to {MOST_DIMS} numbers with commas "
            "between them."
        )
    return np.array(values)


FORWARD, BACKWARD = "currentColor", figures.NEGATIVE


def _diagram(reparameterised: bool) -> str:
    """Return an SVG of encoder, z, decoder and loss; gradients are dashed red arrows."""
    boxes = [
        (10, 90, 80, "encoder"),
        (130, 90, 60, "μ, σ"),
        (250, 90, 100, "z = μ + σ·ε" if reparameterised else "z ~ N(μ, σ²)"),
        (400, 90, 80, "decoder"),
        (520, 90, 70, "loss"),
    ]
    parts = []
    for x, y, width, text in boxes:
        round_ = 22 if text.startswith("z ~") else 6
        parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="44" rx="{round_}" fill="none" '
            f'stroke="{FORWARD}" stroke-width="1.5"/>'
            f'<text x="{x + width / 2}" y="{y + 27}" text-anchor="middle" fill="{FORWARD}" '
            f'font-size="15">{text}</text>'
        )
    for (x, y, width, _), (to, *_) in itertools.pairwise(boxes):
        parts.append(_arrow(x + width + 3, y + 14, to - 3, y + 14, FORWARD))
    stopped = 0 if reparameterised else 2
    for number in range(len(boxes) - 1, 0, -1):
        (left, y, width, _), (right, *_) = boxes[number - 1], boxes[number]
        if number > stopped:
            parts.append(_arrow(right - 3, y + 31, left + width + 3, y + 31, BACKWARD, dashed=True))
        elif number == stopped:
            middle = (left + width + right) / 2
            parts.append(
                f'<text x="{middle}" y="{y + 38}" text-anchor="middle" fill="{BACKWARD}" '
                'font-size="20" font-weight="bold">✕</text>'
            )
    if reparameterised:
        parts.append(
            f'<rect x="240" y="10" width="120" height="40" rx="20" fill="none" stroke="{FORWARD}" '
            f'stroke-width="1.5"/><text x="300" y="35" text-anchor="middle" fill="{FORWARD}" '
            'font-size="15">ε ~ N(0, I)</text>'
        )
        parts.append(_arrow(300, 53, 300, 87, FORWARD))
    parts.append(
        f'<text x="10" y="166" fill="{FORWARD}" font-size="13">→ values</text>'
        f'<text x="90" y="166" fill="{BACKWARD}" font-size="13">⇠ gradients</text>'
    )
    alt = (
        "The gradient flows from the loss through decoder and z to μ, σ and the encoder."
        if reparameterised
        else "The gradient flows from the loss to z and stops there, at the draw."
    )
    return f'<svg viewBox="0 0 600 176" role="img" aria-label="{alt}">{"".join(parts)}</svg>'


def _arrow(x: float, y: float, to_x: float, to_y: float, colour: str, dashed: bool = False) -> str:
    """Return an SVG arrow along an axis.

    It has no SVG marker: a marker needs an id, and the two diagrams would share it.
    """
    along, down = np.sign(to_x - x), np.sign(to_y - y)
    back = [(to_x - 8 * along + s * 4 * down, to_y - 8 * down + s * 4 * along) for s in (-1, 1)]
    head = " ".join(f"{a:g},{b:g}" for a, b in [(to_x, to_y), *back])
    dashes = ' stroke-dasharray="5 3"' if dashed else ""
    return (
        f'<line x1="{x:g}" y1="{y:g}" x2="{to_x - 6 * along:g}" y2="{to_y - 6 * down:g}" '
        f'stroke="{colour}" stroke-width="1.8"{dashes}/><polygon points="{head}" fill="{colour}"/>'
    )

"""Learn: KL of two Gaussians, and what it does to the posteriors of a VAE."""

from __future__ import annotations

import math

import streamlit as st

from dashboard.components.plot.plot import plot
from dashboard.figures import information as figures
from dashboard.shared import markdown
from vae_core.metrics import information
from vae_core.model.priors import standard_normal

EXPLANATION = r"""
A sum over outcomes becomes an integral over densities, and for two Gaussians it has a closed form:

$$
\mathrm{KL}(p\,\|\,q) = \int p(x) \log\frac{p(x)}{q(x)}\, dx
= \ln\frac{\sigma_q}{\sigma_p} + \frac{\sigma_p^2 + (\mu_p - \mu_q)^2}{2 \sigma_q^2} - \frac12 .
$$

The integrand is negative wherever $q > p$, but the integral never is. If $p$ is wide and $q$
narrow, $q$ is almost 0 where $p$ still has mass, and KL(p ‖ q) grows with the square of $\sigma_p /
\sigma_q$. If $p$ is the narrow one, KL grows only with
$\ln(\sigma_q / \sigma_p)$.

Shifting and scaling both, so that $q$ is $\mathcal N(0, 1)$, leaves KL unchanged and gives the
formula of a VAE's rate. The integral is computed by the trapezoidal rule on 2,001 points over
$\mu_p \pm 12\, \sigma_p$.

Sources: Kullback & Leibler (1951), *On Information and Sufficiency*; Trefethen & Weideman (2014),
*The Exponentially Convergent Trapezoidal Rule*.
"""

PULLS = r"""
A VAE's encoder gives each image a Gaussian posterior in each latent dimension, and the prior is
$\mathcal N(0, 1)$. The KL of the two is the **rate** of that dimension:

$$
\mathrm{KL}\big(\mathcal N(\mu, \sigma^2)\,\|\,\mathcal N(0, 1)\big)
= \tfrac12\left(\mu^2 + \sigma^2 - 1 - \ln \sigma^2\right), \qquad
\frac{\partial}{\partial \mu} = \mu, \qquad
\frac{\partial}{\partial \sigma} = \sigma - \frac1\sigma .
$$

It is 0 only at $\mu = 0$, $\sigma = 1$, where the posterior carries no information about the image.
$\mu$ is pulled to 0 as by a spring. The pull on $\sigma$ grows without limit as $\sigma$ approaches
0, so with $\beta > 0$ no posterior shrinks to a point. The distortion pulls the other way: images
are told apart by different $\mu$ and small $\sigma$. $\beta$ sets the balance of the two.

Sources: Kingma & Welling (2014), *Auto-Encoding Variational Bayes*, appendix B; Higgins et al.
(2017), *beta-VAE*.
"""


def section() -> None:
    st.markdown(
        "Here **p** and **q** are densities, so KL is an integral instead of a sum. Move p and q "
        "apart, or make one of them narrow, and see which values of x add to KL."
    )
    chart, side = st.columns([3, 1], gap="large")
    with side, st.container(key="form"):
        mean_p = _slider("μ of p", "mu_p", -4.0, 4.0, 1.0)
        std_p = _slider("σ of p", "sigma_p", 0.1, 3.0, 0.6)
        mean_q = _slider("μ of q", "mu_q", -4.0, 4.0, 0.0)
        std_q = _slider("σ of q", "sigma_q", 0.1, 3.0, 1.0)
    pair = (mean_p, std_p, mean_q, std_q)
    with chart:
        plot(
            figures.gaussians(*pair),
            key="learn-gaussians",
            height=460,
            alt="Densities of two Gaussians p and q, and p log(p/q) with its sign",
        )
    closed, integral = information.kl_gaussians(*pair), information.kl_gaussians_integral(*pair)
    backwards = information.kl_gaussians(mean_q, std_q, mean_p, std_p)
    with st.container(horizontal=True):
        for title, value, help_text in (
            ("KL(p ‖ q), closed form", closed, "The formula below."),
            ("KL(p ‖ q), integral", integral, "The blue area minus the red one."),
            ("KL(q ‖ p), closed form", backwards, "The formula with p and q exchanged."),
        ):
            st.metric(f"{title}, nats", f"{value:z.4f}", help=help_text, border=True)
    difference = abs(closed - integral)
    difference_text = f"{difference:.1e}" if difference > 1e-12 else "less than 1e-12"
    st.caption(
        f"The closed form and the integral differ by {difference_text} nats. Where q is below p, p "
        "log(p/q) is positive: the blue area. Where q is above p, it is negative: the red area."
    )
    markdown.explain("The closed form", EXPLANATION)

    st.subheader("The two pulls of a VAE's rate")
    st.markdown(
        "In a VAE, q is the prior N(0, 1), and p is the posterior of an image in one dimension. "
        "The rate is then a term in μ plus a term in σ. They **pull μ to 0** and **σ to 1**. The "
        "arrows show the direction and strength of each pull."
    )
    with st.container(key="form_pulls", horizontal=True, gap="large"):
        mean = _slider("μ", "mu", -figures.MAX_MEAN, figures.MAX_MEAN, 1.5)
        std = _slider("σ", "sigma", figures.MIN_STD, figures.MAX_STD, 0.3)
    by_mean, by_std = information.rate_gradient(mean, std)
    rate = float(standard_normal.rate_per_dim(mean, 2 * math.log(std)))
    plot(
        figures.rate_terms(mean, std),
        key="learn-pulls",
        height=360,
        alt="The rate as a curve over the mean and one over the standard deviation",
    )
    with st.container(horizontal=True):
        for title, text in (
            ("rate, nats", f"{rate:z.3f}"),
            (f"rate from μ = {mean:g}", f"{float(standard_normal.rate_per_dim(mean, 0.0)):z.3f}"),
            (
                f"rate from σ = {std:g}",
                f"{float(standard_normal.rate_per_dim(0.0, 2 * math.log(std))):z.3f}",
            ),
            ("∂ rate / ∂μ", f"{by_mean:z.3f}"),
            ("∂ rate / ∂σ", f"{by_std:z.3f}"),
        ):
            st.metric(title, text, border=True)
    markdown.explain("The rate of one dimension", PULLS)


def _slider(label: str, key: str, low: float, high: float, value: float) -> float:
    return float(st.slider(label, low, high, value, 0.05, key=f"learn_{key}", bind="query-params"))

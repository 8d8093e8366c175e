"""Entropy and KL: known answers, and laws that hold for all distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vae_core.metrics import information
from vae_core.metrics.information import InformationError
from vae_core.model.priors import standard_normal

WEIGHTS = st.floats(0, 1e6)
MEANS, STDS = st.floats(-5, 5), st.floats(0.05, 5)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Two distributions over the same outcomes; some probabilities are 0."""
    n = draw(st.integers(1, 8))
    lists = st.lists(WEIGHTS, min_size=n, max_size=n).filter(any)
    return information.distribution(draw(lists)), information.distribution(draw(lists))


@given(pairs())
def test_kl_is_cross_entropy_minus_entropy_and_never_negative(
    pair: tuple[np.ndarray, np.ndarray],
) -> None:
    p, q = pair
    kl = information.kl(p, q)
    assert kl >= 0
    assert information.kl(p, p) == 0
    assert information.cross_entropy(p, q) == pytest.approx(information.entropy(p) + kl, abs=1e-9)
    assert (kl == math.inf) == bool(((p > 0) & (q == 0)).any())
    assert -1e-12 <= information.entropy(p) <= math.log(len(p)) + 1e-12


def test_known_answers() -> None:
    fair, certain = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    assert information.entropy(fair, "bits") == 1
    assert information.entropy(fair) == pytest.approx(math.log(2))
    assert information.entropy(certain) == 0
    assert information.kl(certain, fair, "bits") == 1
    # Cover & Thomas (2006), example 2.3.1, with r = 1/2 and s = 1/4.
    quarter = np.array([0.75, 0.25])
    assert information.kl(fair, quarter, "bits") == pytest.approx(0.2075, abs=5e-5)
    assert information.kl(quarter, fair, "bits") == pytest.approx(0.1887, abs=5e-5)
    terms = information.kl_terms(fair, quarter, "bits")
    assert terms == pytest.approx([0.5 * math.log2(2 / 3), 0.5])


def test_zeros() -> None:
    """Outcomes with p = 0 contribute nothing; where q = 0 and p > 0, the KL is infinite."""
    p, q = np.array([0.5, 0.5, 0.0]), np.array([1.0, 0.0, 0.0])
    assert information.kl(q, p) == pytest.approx(math.log(2))
    assert information.kl(p, q) == information.cross_entropy(p, q) == math.inf
    assert list(information.kl_terms(p, q)) == [pytest.approx(0.5 * math.log(0.5)), math.inf, 0]
    assert str(information.surprise(q)[0]) == "0.0"


def test_weights_become_probabilities() -> None:
    assert information.distribution([2, 1, 1]) == pytest.approx([0.5, 0.25, 0.25])
    assert information.distribution([1e308, 1e308]) == pytest.approx([0.5, 0.5])
    for wrong in ([], [0, 0], [-1, 2], [math.nan, 1], [math.inf, 1], [[1, 2]]):
        with pytest.raises(InformationError):
            information.distribution(wrong)


@given(MEANS, STDS, MEANS, STDS)
def test_closed_form_and_integral_agree(mean_p: float, p: float, mean_q: float, q: float) -> None:
    closed = information.kl_gaussians(mean_p, p, mean_q, q)
    assert closed >= -1e-9
    assert information.kl_gaussians_integral(mean_p, p, mean_q, q) == pytest.approx(
        closed, rel=1e-9, abs=1e-9
    )


def test_kl_of_gaussians_known_answers() -> None:
    """Kingma & Welling (2014), appendix B, for q = N(0, 1); and by hand for another q."""
    assert information.kl_gaussians(1.5, 0.5, 0, 1) == pytest.approx(
        standard_normal.rate(np.array([1.5]), np.array([2 * math.log(0.5)]))
    )
    by_hand = math.log(3 / 2) + (2**2 + (1 - 4) ** 2) / (2 * 3**2) - 0.5
    assert information.kl_gaussians(1, 2, 4, 3) == pytest.approx(by_hand)
    assert information.kl_gaussians(2, 3, 2, 3) == 0


def test_the_integrand_is_negative_somewhere() -> None:
    x = np.linspace(-8, 8, 801)
    shape = information.kl_integrand(x, 0, 1, 1, 1)
    assert shape.min() < 0 < shape.max()
    assert np.trapezoid(information.gaussian(x, 0, 1), x) == pytest.approx(1)


@given(MEANS, STDS)
def test_gradient_of_the_rate(mean: float, std: float) -> None:
    def rate(mean: float, std: float) -> float:
        return float(standard_normal.rate_per_dim(mean, 2 * math.log(std)))

    step = 1e-5 * std
    by_mean = (rate(mean + step, std) - rate(mean - step, std)) / (2 * step)
    by_std = (rate(mean, std + step) - rate(mean, std - step)) / (2 * step)
    assert information.rate_gradient(mean, std) == pytest.approx(
        (by_mean, by_std), rel=1e-5, abs=1e-4
    )

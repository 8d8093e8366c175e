"""Importance-weighted bounds against models whose log p(x) is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.random import default_rng as rng

from tests.core.metrics.models import BlankModel, digits_run
from vae_core.data import registry
from vae_core.inference.images import Inference
from vae_core.metrics.bounds import binarise, bounds_of_image, importance_weighted_bounds
from vae_core.model.priors import standard_normal
from vae_core.model.priors.standard_normal import StandardNormal

NORMAL = StandardNormal()


def linear_gaussian(z: np.ndarray, x: np.ndarray, variance: float) -> np.ndarray:
    """log p(x|z) of a linear Gaussian model, x = z + noise: p(x) and p(z|x) are known."""
    d = x.shape[1]
    squared = np.square(x - z).sum(axis=1)
    return -0.5 * (squared / variance + d * math.log(2 * math.pi * variance))


def test_the_bound_is_tight_where_the_posterior_is_exact() -> None:
    """With q(z|x) = p(z|x) every weight is p(x), for any z and k."""
    variance, x = 0.5, rng(3).normal(size=(200, 2))
    log_p = linear_gaussian(np.zeros_like(x), x, 1 + variance).mean()
    bounds = importance_weighted_bounds(
        lambda z: linear_gaussian(z, x, variance),
        x / (1 + variance),
        np.full_like(x, math.log(variance / (1 + variance))),
        (1, 5, 50),
        rng(0),
        NORMAL,
    )
    assert list(bounds) == [1, 5, 50]
    for bound in bounds.values():
        assert bound == pytest.approx(log_p, abs=1e-5)


def test_the_bound_starts_at_the_elbo_and_rises_with_k_to_the_likelihood() -> None:
    variance, x = 0.5, rng(3).normal(size=(2000, 2))
    log_p = linear_gaussian(np.zeros_like(x), x, 1 + variance).mean()
    mean, log_var = 0.5 * x, np.full_like(x, math.log(0.5))  # not the exact posterior
    # E_q[log p(x|z)] and the rate of this q, in closed form.
    squared = np.square(x - mean).sum(axis=1) + 2 * 0.5
    expected = -0.5 * (squared / variance + 2 * math.log(2 * math.pi * variance))
    elbo = (expected - standard_normal.rate(mean, log_var)).mean()
    bounds = importance_weighted_bounds(
        lambda z: linear_gaussian(z, x, variance),
        mean,
        log_var,
        (1, 2, 8, 64),
        rng(0),
        NORMAL,
    )
    values = list(bounds.values())
    assert values[0] == pytest.approx(elbo, abs=0.02)
    assert values == sorted(values)
    assert values[-1] - values[0] > 0.1
    assert values[-1] <= log_p + 0.02
    assert values[-1] == pytest.approx(log_p, abs=0.05)


@pytest.mark.parametrize("seed", range(5))
def test_the_estimates_themselves_rise_with_k(seed: int) -> None:
    """They rise even with three images and a wrong posterior."""
    x = rng(seed).normal(size=(3, 4))
    bounds = importance_weighted_bounds(
        lambda z: linear_gaussian(z, x, 0.01),
        -x,
        np.zeros_like(x),
        (1, 3, 12),
        rng(seed),
        NORMAL,
    )
    assert list(bounds.values()) == sorted(bounds.values())


def test_each_number_of_samples_must_be_a_multiple_of_the_last() -> None:
    with pytest.raises(ValueError, match="multiple"):
        importance_weighted_bounds(
            lambda z: z[:, 0],
            np.zeros((2, 1)),
            np.zeros((2, 1)),
            (2, 5),
            rng(0),
            NORMAL,
        )


def test_binarised_pixels_are_drawn_with_the_grey_value_as_probability() -> None:
    grey = np.tile(np.array([0.0, 0.25, 1.0]), (20_000, 1))
    drawn = binarise(grey, rng(0))
    assert set(np.unique(drawn)) == {0, 1}
    assert drawn.mean(axis=0) == pytest.approx([0, 0.25, 1], abs=0.01)


def test_bounds_of_single_images_average_to_the_stored_ones() -> None:
    run, images = digits_run(), registry.load("digits").x_test
    networks, noise = Inference(run), rng(4)
    found = [
        bounds_of_image(networks, image, (1, 5), 4, noise) for image in binarise(images, noise)
    ]
    stored = run.metrics()
    # Pixels and samples are drawn again, which moves the mean of 360 images by about 0.1 nats.
    for k in (1, 5):
        mean = np.mean([image.bounds[k] for image in found])
        assert mean == pytest.approx(stored[f"iw_bound_binarised_{k}"], abs=0.4)
    elbo = np.mean([image.elbo for image in found])
    assert elbo == pytest.approx(np.mean([image.bounds[1] for image in found]), abs=0.1)
    assert all(image.rate > 0 and image.bounds[5] > image.bounds[1] for image in found)


def test_the_bounds_of_a_blank_model_equal_its_elbo() -> None:
    found = bounds_of_image(BlankModel(), np.zeros((4, 4, 1)), (1, 2, 4), 3, rng(0))
    assert found.rate == 0
    assert found.distortion == pytest.approx(16 * math.log(2))
    assert found.elbo == pytest.approx(-found.distortion)
    assert list(found.bounds.values()) == pytest.approx([found.elbo] * 3)

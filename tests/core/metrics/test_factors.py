"""MIG, DCI and the FactorVAE score of latents with known relations to the factors."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.random import default_rng as rng

from vae_core.metrics.factors import (
    disentanglement,
    entropies,
    factor_vae_score,
    mutual_information_gap,
    mutual_informations,
)


def test_mig_of_copies_is_near_1_and_of_noise_near_0() -> None:
    factors = rng(0).integers(0, 5, size=(20_000, 2))
    noise = rng(1).normal(size=(20_000, 2))
    copies = np.hstack([factors + 0.01 * noise, noise[:, :1]])
    assert mutual_information_gap(copies, factors) > 0.98
    assert mutual_information_gap(noise, factors) < 0.01


def test_mig_of_a_factor_in_two_dimensions_is_0() -> None:
    """Both dimensions determine the factor, so neither is ahead of the other."""
    factor = rng(0).integers(0, 5, size=(5000, 1))
    assert mutual_information_gap(np.hstack([factor, -factor]), factor) == pytest.approx(0)
    assert mutual_information_gap(np.hstack([factor, factor]), 0 * factor) == 0


def known_factors(n: int = 3000) -> np.ndarray:
    """Factors (n, 4) as in `shapes`: two with few values, two with 32."""
    return rng(7).integers(0, (3, 6, 32, 32), size=(n, 4))


def axis_aligned(factors: np.ndarray) -> np.ndarray:
    """Latents (n, f): one dimension a factor, each with variance 1."""
    return (factors - factors.mean(axis=0)) / factors.std(axis=0)


def scores(codes: np.ndarray, factors: np.ndarray) -> tuple[float, ...]:
    """Disentanglement, completeness, informativeness and the FactorVAE score."""
    votes = factor_vae_score(codes, factors, rng(8))
    return (*disentanglement(codes, factors), votes)


def test_a_dimension_for_each_factor_scores_1() -> None:
    factors = known_factors()
    perfect = axis_aligned(factors)
    assert scores(perfect, factors) == pytest.approx((1, 1, 1, 1), abs=0.005)
    # Order, sign, scale and inactive dimensions make no difference.
    transformed = np.hstack([-7 * perfect[:, ::-1], 1e-3 * rng(1).normal(size=(len(factors), 3))])
    assert scores(transformed, factors) == pytest.approx((1, 1, 1, 1), abs=0.005)


def test_mixed_dimensions_score_less_and_tell_as_much() -> None:
    factors = known_factors()
    rotation = np.linalg.qr(rng(1).normal(size=(4, 4)))[0]
    d, c, i, votes = scores(axis_aligned(factors) @ rotation, factors)
    assert d < 0.6
    assert c < 0.6
    assert i > 0.6, "all dimensions together still determine the factors"
    assert votes < 0.99


def test_noise_scores_0_and_the_votes_chance() -> None:
    factors = known_factors()
    d, c, i, votes = scores(rng(1).normal(size=(3000, 5)), factors)
    assert (d, c, i) == pytest.approx((0, 0, 0), abs=0.06)
    assert votes == pytest.approx(1 / 4, abs=0.05)


def test_disentanglement_and_completeness_are_two_things() -> None:
    """One factor in two dimensions is not complete; two factors in one are not disentangled."""
    factors = known_factors()
    perfect = axis_aligned(factors)
    doubled = np.hstack([perfect, perfect + 0.01 * rng(1).normal(size=perfect.shape)])
    d, c, _, votes = scores(doubled, factors)
    assert d > 0.98
    assert c < 0.9
    assert votes > 0.98
    both = 10 * factors[:, :1] + factors[:, 1:2]  # determines both factors
    d, c, i, _ = scores(np.hstack([both, rng(1).normal(size=both.shape)]), factors[:, :2])
    assert d == pytest.approx(0, abs=0.05)
    assert c > 0.95
    assert i > 0.95


def test_without_an_active_dimension_there_is_nothing_to_score() -> None:
    factors = known_factors(200)
    assert scores(1e-3 * axis_aligned(factors), factors) == (0, 0, 0, 0)


def test_a_single_factor_has_no_score() -> None:
    """The other three factors never change."""
    factors = known_factors(200) * [1, 0, 0, 0]
    assert np.isnan(scores(axis_aligned(known_factors(200)), factors)).all()


def test_scores_are_the_same_again() -> None:
    factors = known_factors(400)
    codes = axis_aligned(factors) + rng(2).normal(size=factors.shape)
    assert scores(codes, factors) == scores(codes, factors)


def test_mutual_informations_find_the_factor_and_subtract_chance() -> None:
    factors = known_factors()
    codes = np.hstack([axis_aligned(factors)[:, [1, 0]], rng(3).normal(size=(3000, 1))])
    nats = mutual_informations(codes, factors)
    entropy = entropies(factors)
    assert entropy == pytest.approx(np.log([3, 6, 32, 32]), abs=0.01)
    assert nats[0, 1] == pytest.approx(entropy[1], abs=0.02)
    assert nats[1, 0] == pytest.approx(entropy[0], abs=0.02)
    nats[[0, 1], [1, 0]] = 0
    assert nats.max() < 0.02, "uncorrected, noise has 0.1 nats about 32 values"

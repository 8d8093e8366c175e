"""Coverage and gaps of points in latent space, and samples of a fitted normal distribution."""

from __future__ import annotations

import numpy as np
import pytest

from vae_core.latent import coverage, samples


def test_coverage_of_points_worked_out_by_hand() -> None:
    line = np.array([[0.0], [1.0], [3.0], [7.0]])
    # Distances to the nearest other point: 1, 1, 2, 4. Within them: 0.5 of 0 and 1; 4.9 of 3 and 7.
    assert coverage.coverage(line, np.array([[0.5]]), k=1) == 0.5
    assert coverage.coverage(line, np.array([[0.5], [4.9]]), k=1) == 1.0
    assert coverage.coverage(line, np.array([[100.0]]), k=1) == 0.0
    # Coverage is not symmetric.
    x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[0.4], [0.6], [100.0]])
    assert coverage.coverage(x, y, k=1) == pytest.approx(2 / 3)
    assert coverage.coverage(y, x, k=1) == pytest.approx(1 / 3)
    assert coverage.coverage(line, line, k=3) == 1.0
    with pytest.raises(ValueError, match="more than 5"):
        coverage.coverage(line, line)


def test_coverage_of_the_same_distribution_has_the_expectation_of_the_paper() -> None:
    n, k = 200, 2
    values = []
    for seed in range(20):
        x, y = np.random.default_rng(seed).standard_normal((2, n, 3))
        values.append(coverage.coverage(x, y, k))
    expected = 1 - (n - 1) * (n - 2) / ((2 * n - 1) * (2 * n - 2))
    assert np.mean(values) == pytest.approx(expected, abs=0.02)


def test_distances_are_the_same_in_few_and_in_many_dimensions() -> None:
    a, b = np.random.default_rng(0).standard_normal((2, 30, 6))
    wide = [np.pad(x, ((0, 0), (0, 10))) for x in (a, b)]
    assert np.allclose(coverage.squared_distances(a, b), coverage.squared_distances(*wide))
    assert np.allclose(coverage.nearest_distances(np.array([[3.0, 4.0]]), np.zeros((1, 2))), 5)


def test_the_nearest_distance_in_many_dimensions_is_exact() -> None:
    """Also far from 0, where single precision is coarse."""
    others = (1000 + np.random.default_rng(0).standard_normal((3000, 64))).astype(np.float32)
    points = others[:5] + np.float32(0.125)
    apart = points.astype(np.float64)[:, None] - others
    distances = np.sqrt(np.square(apart).sum(axis=-1).min(axis=1))
    assert coverage.nearest_distances(points, others) == pytest.approx(distances)


def test_the_typical_gap_is_the_median_and_grows_with_the_space() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [7.0, 0.0]])  # 1, 1, 2, 4
    assert coverage.typical_gap(points) == pytest.approx(1.5)
    assert coverage.typical_gap(10 * points) == pytest.approx(15)


def test_the_most_typical_point_has_the_label() -> None:
    points = np.array([[0.0], [4.0], [1.4], [2.0]])
    assert samples.most_typical(points, np.array([0, 0, 0, 1]), 0) == 2


def test_a_fitted_normal_has_the_mean_and_covariance_of_the_points() -> None:
    points = np.random.default_rng(0).standard_normal((500, 2)) @ [[3, 1], [0, 0.5]] + [10, -5]
    z = samples.fitted_normal_samples(50_000, points)
    assert np.allclose(z.mean(axis=0), points.mean(axis=0), atol=0.1)
    assert np.allclose(np.cov(z.T), np.cov(points.T), rtol=0.05)
    assert samples.fitted_normal_samples(5, points[:, :1]).shape == (5, 1)

"""The figures of the Latent space page: points, prior, posteriors."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.figures import latent, latent_overlays


def test_points_carry_their_rows_and_selected_ones_are_marked() -> None:
    rng = np.random.default_rng(0)
    z, labels = rng.normal(size=(100, 3)), rng.integers(0, 3, 100)
    view = latent.dims_view((2, 0), 3)
    points = view.points(z, labels)
    plain = latent.explorer(view, points, labels, ("a", "b", "c"))
    assert plain.data[0].selectedpoints is None
    figure = latent.explorer(view, points, labels, ("a", "b", "c"), np.array([4, 7, 50]))
    chosen = [trace.customdata[i] for trace in figure.data for i in trace.selectedpoints]
    assert sorted(chosen) == [4, 7, 50]
    for trace in figure.data:
        assert np.array_equal(trace.x, z[trace.customdata, 2])
        assert np.array_equal(trace.y, z[trace.customdata, 0])


def test_the_principal_view_moves_the_prior_with_the_data() -> None:
    z = np.random.default_rng(0).normal(size=(500, 3)) * [3, 2, 1] + [10, 0, 0]
    view = latent.principal_view(z)
    assert view.titles[0].startswith("PC 1 (6")
    one, two = latent.prior(view)
    ((x, y),) = view.points(np.zeros((1, 3)), np.zeros(1))
    assert ((one["x0"] + one["x1"]) / 2, (one["y0"] + one["y1"]) / 2) == pytest.approx((x, y))
    assert two["x1"] - two["x0"] == pytest.approx(4)
    assert abs(x) == pytest.approx(10, abs=0.5)


def test_the_mark_of_a_posterior_has_its_standard_deviations() -> None:
    view = latent.dims_view((0, 1), 2)
    figure = latent.explorer(view, np.zeros((1, 2)), np.zeros(1, int), ("a",))
    latent_overlays.mark(figure, view, np.array([1.0, 2.0]), np.log([0.25, 4.0]), "picked", "x")
    line, point = figure.data[1:]
    assert (point.x, point.y) == ((1.0,), (2.0,))
    assert [np.nanmin(line.x), np.nanmax(line.x)] == pytest.approx([0, 2])
    assert [np.nanmin(line.y), np.nanmax(line.y)] == pytest.approx([-2, 6])


def test_wide_posteriors_are_drawn_more_sparsely() -> None:
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(1000, 2)), rng.integers(0, 2, 1000)
    for std, count in (
        (0.01, latent_overlays.ELLIPSES[1]),
        (0.2, 100),
        (1, latent_overlays.ELLIPSES[0]),
    ):
        covariances = np.tile(np.eye(2) * std**2, (1000, 1, 1))
        traces = latent_overlays.posteriors(points, covariances, labels, ("a", "b"))
        assert [trace.legendgroup for trace in traces] == ["a", "b"]
        drawn = sum(np.isnan(trace.x).sum() for trace in traces)
        assert drawn == pytest.approx(count, rel=0.1)

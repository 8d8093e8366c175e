"""Planes through latent space: axes, ellipses, densities, and points in polygons."""

from __future__ import annotations

import numpy as np
import pytest

from vae_core.latent import planes


def test_principal_plane_finds_the_axes_of_a_stretched_cloud() -> None:
    rng = np.random.default_rng(0)
    rotation, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    cloud = rng.normal(size=(50_000, 4)) * [3, 1, 2, 0.1] @ rotation + 7
    plane, share = planes.principal_plane(cloud)
    assert np.abs(plane.axes @ rotation[0]) == pytest.approx([1, 0], abs=0.02)
    assert np.abs(plane.axes @ rotation[2]) == pytest.approx([0, 1], abs=0.02)
    assert share == pytest.approx([9 / 14.01, 4 / 14.01], abs=0.01)
    assert plane.axes @ plane.axes.T == pytest.approx(np.eye(2))
    assert (plane.axes.max(axis=1) == np.abs(plane.axes).max(axis=1)).all()
    assert plane.apply(cloud).mean(axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_a_collapsed_run_has_no_principal_axes_and_no_nan() -> None:
    _, share = planes.principal_plane(np.ones((10, 3)))
    assert share.tolist() == [0, 0]


def test_covariances_in_a_plane() -> None:
    log_var = np.log([[4.0, 9.0, 1.0]])
    across = planes.dims_plane((1, 0), 3)
    assert across.apply(np.array([[1.0, 2.0, 3.0]])) == pytest.approx(np.array([[2, 1]]))
    assert across.covariances(log_var)[0] == pytest.approx(np.diag([9, 4]))
    turned = planes.Projection(np.array([[1, 1, 0], [1, -1, 0]]) / np.sqrt(2), np.zeros(3))
    assert turned.covariances(log_var)[0] == pytest.approx(np.array([[6.5, -2.5], [-2.5, 6.5]]))


def test_ellipses_lie_at_their_standard_deviation() -> None:
    centres = np.array([[1.0, 2.0], [0.0, 0.0]])
    covariances = np.array([np.diag([4.0, 0.25]), [[2.0, 1.0], [1.0, 2.0]]])
    for radius in (1, 2):
        lines = planes.ellipses(centres, covariances, radius)
        assert lines.shape == (2, 33, 2)
        assert lines[:, 0] == pytest.approx(lines[:, -1])
        for line, centre, covariance in zip(lines, centres, covariances, strict=True):
            away = line - centre
            squared = np.einsum("ci,ij,cj->c", away, np.linalg.inv(covariance), away)
            assert squared == pytest.approx(np.full(33, radius**2))
    assert np.ptp(lines[0], axis=0) == pytest.approx([8, 2])
    flat = planes.ellipses(centres[:1], np.array([np.diag([1.0, 0.0])]))
    assert np.ptp(flat[0, :, 1]) == 0


def test_the_density_is_that_of_the_mixture() -> None:
    """Two posteriors hold half of the mass each, with their own covariances."""
    centres = np.array([[-3.0, 0.0], [3.0, 0.0]])
    covariances = np.array([np.diag([0.25, 0.25]), [[0.5, 0.4], [0.4, 0.5]]])
    x, y, height = planes.aggregate_posterior_density(centres, covariances)
    cell = (x[1] - x[0]) * (y[1] - y[0])
    mass = height * cell
    assert mass.sum() == pytest.approx(0.995, abs=0.006)
    assert mass[:, x < 0].sum() == pytest.approx(0.5, abs=0.01)
    right = mass[:, x > 0] / mass[:, x > 0].sum()
    slope = (right * np.outer(y, x[x > 0] - 3)).sum()
    assert slope == pytest.approx(0.4, abs=0.04)
    assert height.max() == pytest.approx(0.5 / (2 * np.pi * 0.25), rel=0.2)


@pytest.mark.parametrize(
    ("polygon", "members"),
    [
        ([(0, 0), (2, 0), (2, 2), (0, 2)], [True, True, False, False]),
        ([(0, 2), (2, 2), (2, 0), (0, 0)], [True, True, False, False]),
        # A star drawn in five lines: by the even-odd rule its middle is outside.
        ([(1, 5), (-1, -3), (4, 2), (-2, 2), (3, -3)], [False, True, False, False]),
        # A C, which is open to the right.
        ([(0, 0), (9, 0), (9, 0.2), (0.5, 0.2), (0.5, 8), (0, 8)], [False, False, False, True]),
        ([(0, 0), (5, 5)], [False, False, False, False]),
        ([], [False, False, False, False]),
    ],
)
def test_points_in_a_polygon(polygon: list[tuple[float, float]], members: list[bool]) -> None:
    points = np.array([(1.0, 1.0), (1.0, 1.9), (3.0, 1.0), (0.25, 5.0)])
    if len(polygon) == 5:
        points[:2] = [(1, 0.5), (1, 4)]  # the star's middle, and its upper tip
    assert (
        planes.points_in_polygon(points, np.array(polygon, float).reshape(-1, 2)).tolist()
        == members
    )


def test_many_points_in_a_crooked_polygon() -> None:
    rng = np.random.default_rng(0)
    points, polygon = rng.uniform(0, 1, (300, 2)), rng.uniform(0, 1, (40, 2))
    expected = []
    for x, y in points:
        crossed = 0
        for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
            crossed += (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0)
        expected.append(crossed % 2 == 1)
    assert planes.points_in_polygon(points, polygon).tolist() == expected


def test_a_shared_edge_puts_a_point_into_one_polygon_only() -> None:
    point = np.array([[1.0, 1.0]])
    left = np.array([(0, 0), (1, 0), (1, 2), (0, 2)], float)
    assert (
        planes.points_in_polygon(point, left)[0]
        != planes.points_in_polygon(point, left + np.array([1, 0]))[0]
    )
    corner = np.array([(0, 1), (2, 1), (1, 3)], float)
    assert planes.points_in_polygon(
        np.array([[0.5, 1.5], [5.0, 1.0], [-1, 1]]), corner
    ).tolist() == [
        True,
        False,
        False,
    ]

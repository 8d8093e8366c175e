"""Grids, traversals, sheets and alignment with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from vae_core import analysis


def test_quantile_manifold_has_equal_shares_of_the_prior() -> None:
    from statistics import NormalDist

    axis, z = analysis.manifold(11, np.zeros(2), extent=2)
    assert axis[[0, 5, 10]] == pytest.approx([-2, 0, 2], abs=1e-9)
    shares = np.diff([NormalDist().cdf(value) for value in axis])
    assert shares == pytest.approx(np.full(10, shares[0]))
    assert z.shape == (121, 2)


def test_manifold_runs_like_a_map() -> None:
    axis, z = analysis.manifold(5, np.array([9, 9, 1, 2]), spacing="linear", extent=3)
    assert axis == pytest.approx([-3, -1.5, 0, 1.5, 3])
    grid = z.reshape(5, 5, 4)
    assert (grid[0, :, 1] == 3).all(), "the top row has the largest second coordinate"
    assert (grid[:, 0, 0] == -3).all()
    assert (grid[..., 2:] == [1, 2]).all()
    with pytest.raises(ValueError, match="spacing"):
        analysis.manifold(5, np.zeros(2), spacing="random")


def test_manifold_over_chosen_dimensions() -> None:
    axis, z = analysis.manifold(3, np.zeros(4), dims=(3, 1), spacing="linear")
    grid = z.reshape(3, 3, 4)
    assert (grid[:, 0, 3] == axis[0]).all()
    assert (grid[0, :, 1] == axis[-1]).all()
    _, line = analysis.manifold(3, np.zeros(1), dims=(0, 0))
    assert (line.reshape(3, 3)[0] == line.reshape(3, 3)[2]).all()


def test_traversal_moves_one_dimension_a_row() -> None:
    z = analysis.traversal(np.array([1.0, 2.0, 3.0]), [2, 0], np.array([-1.0, 0.0, 1.0]))
    assert z.tolist() == [
        [1, 2, -1],
        [1, 2, 0],
        [1, 2, 1],
        [-1, 2, 3],
        [0, 2, 3],
        [1, 2, 3],
    ]


def test_sheet_lays_pictures_out_row_by_row() -> None:
    images = np.arange(5)[:, None, None] * np.ones((5, 2, 3))
    sheet = analysis.sheet(images, columns=3)
    assert sheet.shape == (4, 9)
    assert sheet[::2, ::3].tolist() == [[0, 1, 2], [3, 4, 0]]
    spaced = analysis.sheet(images, columns=3, gap=1)
    assert spaced.shape == (8, 15)
    assert spaced[1::4, 1::5].tolist() == [[0, 1, 2], [3, 4, 0]]
    assert not spaced[[0, 3, 4, 7]].any()

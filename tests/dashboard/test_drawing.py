"""Drawings are centred as the images of a data set are."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.app_pages.latent_space import drawing


def test_a_drawing_is_centred_as_in_mnist() -> None:
    """A bar in a corner becomes 20 pixels long, with its centre of mass in the middle."""
    bar = np.zeros((112, 112))
    bar[2:42, 5:15] = 1
    image = drawing.centred(bar, 28, 20 / 28)
    rows, columns = np.nonzero(image)
    assert (rows.min(), rows.max()) == (4, 23)
    assert (columns.min(), columns.max()) == (12, 16) or (columns.min(), columns.max()) == (11, 15)
    assert image.max() == 1
    whole = drawing.centred(bar, 8, 1.0)
    assert np.flatnonzero(whole.max(axis=1)).tolist() == list(range(8))


def test_an_uneven_drawing_is_centred_by_its_mass_and_stays_inside() -> None:
    hammer = np.zeros((112, 112))
    hammer[60:68, :100] = 0.5
    hammer[54:76, 80:100] = 1
    image = drawing.centred(hammer, 28, 20 / 28)
    columns = np.arange(28) + 0.5
    assert (image.sum(axis=0) @ columns) / image.sum() == pytest.approx(14, abs=0.6)
    edge = drawing.centred(hammer, 28, 1.0)
    assert np.flatnonzero(edge.max(axis=0)).tolist() == list(range(28))


def test_faint_pixels_do_not_count_as_ink() -> None:
    """The paper in a photograph is not quite black."""
    bar = np.zeros((112, 112))
    bar[2:42, 5:15] = 1
    clean = drawing.centred(bar, 28, 20 / 28)
    paper = np.random.default_rng(0).uniform(0, 0.1, bar.shape)
    assert drawing.centred(np.maximum(bar, paper), 28, 20 / 28) == pytest.approx(clean)

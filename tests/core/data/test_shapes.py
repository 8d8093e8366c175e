"""Drawn shapes agree with their factors."""

from __future__ import annotations

import numpy as np
import pytest

from vae_core.data import excerpts, registry, shapes
from vae_core.data.dataset import DatasetError

CENTRE = len(shapes.PLACES) // 2
QUARTER = len(shapes.ROTATIONS) // 4


def picture(
    shape: int = 0, scale: int = 5, rotation: int = 0, x: int = CENTRE, y: int = CENTRE
) -> np.ndarray:
    """Return one picture (64, 64) in [0, 1]."""
    return shapes.draw(np.array([[shape, scale, rotation, x, y]]), 64)[0] / 255


def centroid(image: np.ndarray) -> tuple[float, float]:
    """Return x and y of the centroid as shares of the side, y upwards."""
    rows, columns = np.indices(image.shape) + 0.5
    side, mass = image.shape[0], image.sum()
    return float((image * columns).sum() / mass / side), 1 - float(
        (image * rows).sum() / mass / side
    )


@pytest.mark.parametrize("shape", range(3))
def test_the_area_is_proportional_to_the_square_of_the_scale(shape: int) -> None:
    areas = [picture(shape, scale).sum() for scale in range(len(shapes.SCALES))]
    assert areas / areas[-1] == pytest.approx(np.square(shapes.SCALES), rel=0.03)


def test_areas_in_closed_form() -> None:
    side = 2 * shapes.HALF_WIDTH * 64
    assert picture(0).sum() == pytest.approx(side**2, rel=0.01)
    assert picture(1).sum() == pytest.approx(np.pi * 1.3 * 0.65 * (side / 2) ** 2, rel=0.01)
    # A square of side √2 and two half discs of radius 1/√2.
    assert picture(2).sum() == pytest.approx((2 + np.pi / 2) * (side / 2) ** 2, rel=0.01)


@pytest.mark.parametrize("shape", range(2))
def test_the_centroid_is_at_x_and_y(shape: int) -> None:
    for x, y in ((0, 0), (0, 31), (31, 0), (10, 20)):
        centre = centroid(picture(shape, 3, 7, x, y))
        assert centre == pytest.approx((shapes.PLACES[x], shapes.PLACES[y]), abs=0.002)


def test_rotations_turn_to_the_left() -> None:
    """The heart's centroid is not at (x, y): its offset turns with the heart."""
    place = shapes.PLACES[CENTRE]

    def offset(rotation: int) -> tuple[float, float]:
        x, y = centroid(picture(2, rotation=rotation))
        return x - place, y - place

    _, c = offset(0)
    assert abs(c) > 0.003
    assert offset(0) == pytest.approx((0, c), abs=3e-4)
    assert offset(QUARTER) == pytest.approx((-c, 0), abs=3e-4)
    assert offset(2 * QUARTER) == pytest.approx((0, -c), abs=3e-4)
    assert picture(0, rotation=QUARTER) == pytest.approx(picture(0), abs=0.01)
    assert picture(1, rotation=2 * QUARTER) == pytest.approx(picture(1), abs=0.01)
    assert np.abs(picture(1, rotation=QUARTER) - picture(1)).max() == 1


def test_no_held_out_picture_is_a_training_picture() -> None:
    data = registry.load("shapes")
    trained = {image.tobytes() for image in data.x_train}
    assert len(trained) > 0.99 * len(data.x_train)
    assert not trained & {image.tobytes() for image in data.x_test}


@pytest.mark.parametrize("shape", range(3))
def test_nothing_leaves_the_picture(shape: int) -> None:
    """A shape near a corner has the same area as in the middle, at every rotation."""
    for rotation in range(0, len(shapes.ROTATIONS), 5):
        middle = picture(shape, rotation=rotation).sum()
        for x, y in ((0, 0), (0, 31), (31, 31)):
            assert picture(shape, 5, rotation, x, y).sum() == pytest.approx(middle, rel=0.01)


def test_factors_are_uniform_and_independent() -> None:
    factors = shapes.sample_factors(15_000, seed=0)
    for column, count in zip(factors.T, shapes.FACTOR_SIZES, strict=True):
        shares = np.bincount(column, minlength=count) / len(column)
        assert shares == pytest.approx(np.full(count, 1 / count), abs=0.015)
    correlation = np.corrcoef(factors.T) - np.eye(5)
    assert np.abs(correlation).max() < 0.03


def test_a_data_set_has_the_factors_of_its_held_out_pictures() -> None:
    data = registry.load("shapes")
    assert data.factors is not None
    assert data.factors.shape == (len(data.x_test), len(shapes.FACTORS))
    assert np.array_equal(data.factors[:, 0], data.y_test)
    drawn = shapes.draw(data.factors[:5], 32)[..., None] / 255
    assert data.x_test[:5] == pytest.approx(drawn, abs=1e-6)
    assert registry.load("digits").factors is None


def test_a_name_gives_number_and_size() -> None:
    name = "shapes_203_12"
    data, source = registry.load(name), registry.source(name)
    assert data.x_train.shape == (source.train_images, 12, 12, 1) == (163, 12, 12, 1)
    assert data.x_test.shape == (40, 12, 12, 1)
    known = excerpts.held_out_factors(name)
    assert known
    assert data.factors is not None
    assert known.names == shapes.FACTORS
    assert np.array_equal(known.values, data.factors)
    assert excerpts.held_out_factors("digits") is None
    # The pages draw the same pictures from the name alone.
    assert np.array_equal(excerpts.held_out(name, [39, 2]), data.x_test[[39, 2]])
    images, labels = zip(*excerpts.training_chunks(name, 100), strict=True)
    assert np.array_equal(np.concatenate(images), data.x_train)
    assert np.array_equal(np.concatenate(labels), data.y_train)
    with pytest.raises(DatasetError, match="other images"):
        excerpts.held_out(name, [40])


def test_the_largest_data_set_has_no_picture_twice() -> None:
    factors = shapes.sample_factors(shapes.SHAPES_NUMBERS[1], seed=0)
    assert len(factors) == shapes.SHAPES_NUMBERS[1]
    assert np.bincount(factors[:, 0]).min() > 0.3 * len(factors)
    appearance = factors.copy()
    appearance[:, 2] %= QUARTER * np.array([1, 2, 4])[appearance[:, 0]]  # square, ellipse, heart
    assert len(np.unique(appearance, axis=0)) == len(factors)


@pytest.mark.parametrize(
    "name", ["shapes_19_32", "shapes_50001_32", "shapes_100_7", "shapes_90_65"]
)
def test_a_number_or_size_out_of_range(name: str) -> None:
    with pytest.raises(DatasetError, match="takes 20 to 50,000 pictures of 8 to 64 pixels"):
        registry.check_name(name)


@pytest.mark.parametrize("name", ["shapes_", "shapes_5", "shapes_050_32", "shapes_50_32_1"])
def test_other_names_are_unknown(name: str) -> None:
    with pytest.raises(DatasetError, match="choose one of"):
        registry.load(name)

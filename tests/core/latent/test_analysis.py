"""Grids, traversals, sheets and alignment with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from vae_core.latent import (
    alignment,
    attributes,
    paths,
    picture_sheet,
    planes,
    reconstruction,
    samples,
)


def test_quantile_manifold_has_equal_shares_of_the_prior() -> None:
    from statistics import NormalDist

    axis, z = planes.manifold(11, np.zeros(2), extent=2)
    assert axis[[0, 5, 10]] == pytest.approx([-2, 0, 2], abs=1e-9)
    shares = np.diff([NormalDist().cdf(value) for value in axis])
    assert shares == pytest.approx(np.full(10, shares[0]))
    assert z.shape == (121, 2)


def test_manifold_columns_go_right_and_rows_go_down() -> None:
    axis, z = planes.manifold(5, np.array([9, 9, 1, 2]), spacing="linear", extent=3)
    assert axis == pytest.approx([-3, -1.5, 0, 1.5, 3])
    grid = z.reshape(5, 5, 4)
    assert (grid[0, :, 1] == 3).all(), "the top row has the largest second coordinate"
    assert (grid[:, 0, 0] == -3).all()
    assert (grid[..., 2:] == [1, 2]).all()
    with pytest.raises(ValueError, match="spacing"):
        planes.manifold(5, np.zeros(2), spacing="random")


def test_manifold_over_chosen_dimensions() -> None:
    axis, z = planes.manifold(3, np.zeros(4), dims=(3, 1), spacing="linear")
    grid = z.reshape(3, 3, 4)
    assert (grid[:, 0, 3] == axis[0]).all()
    assert (grid[0, :, 1] == axis[-1]).all()
    _, line = planes.manifold(3, np.zeros(1), dims=(0, 0))
    assert (line.reshape(3, 3)[0] == line.reshape(3, 3)[2]).all()


def test_traversal_moves_one_dimension_per_row() -> None:
    z = planes.traversal(np.array([1.0, 2.0, 3.0]), [2, 0], np.array([-1.0, 0.0, 1.0]))
    assert z.tolist() == [
        [1, 2, -1],
        [1, 2, 0],
        [1, 2, 1],
        [-1, 2, 3],
        [0, 2, 3],
        [1, 2, 3],
    ]


def test_sheet_lays_pictures_out_row_by_row() -> None:
    images = np.arange(5)[:, None, None, None] * np.ones((5, 2, 3, 1))
    sheet = picture_sheet.sheet(images, columns=3)
    assert sheet.shape == (4, 9, 1)
    assert sheet[::2, ::3, 0].tolist() == [[0, 1, 2], [3, 4, 0]]
    spaced = picture_sheet.sheet(images, columns=3, gap=1)
    assert spaced.shape == (8, 15, 1)
    assert spaced[1::4, 1::5, 0].tolist() == [[0, 1, 2], [3, 4, 0]]
    assert not spaced[[0, 3, 4, 7]].any()


# --- across runs --------------------------------------------------------------------------


def test_dimensions_by_rate() -> None:
    assert planes.dims_by_rate(np.array([0.1, 3, 0, 3])) == [1, 3, 0, 2]


@pytest.mark.parametrize("d", [1, 2, 5])
def test_alignment_finds_rotation_scale_and_shift(d: int) -> None:
    rng = np.random.default_rng(d)
    reference = rng.normal(size=(50, d))
    rotation, _ = np.linalg.qr(rng.normal(size=(d, d)))
    moved = 3 * reference @ rotation + 7
    found = alignment.align(moved, reference)
    assert found.apply(moved) == pytest.approx(reference)
    assert found.undo(reference) == pytest.approx(moved)
    assert found.scale == pytest.approx(1 / 3)
    assert found.unexplained == pytest.approx(0, abs=1e-12)


def test_alignment_flips() -> None:
    reference = np.random.default_rng(0).normal(size=(50, 2))
    found = alignment.align(reference * [1, -1], reference)
    assert np.linalg.det(found.rotation) == pytest.approx(-1)
    assert found.apply(reference * [1, -1]) == pytest.approx(reference)


def test_no_other_similarity_aligns_better() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 40, 2))
    best = alignment.align(x, y)
    left = np.square(best.apply(x) - y).sum()
    assert best.unexplained == pytest.approx(left / np.square(y - y.mean(axis=0)).sum())
    for _ in range(200):
        rotation, _ = np.linalg.qr(rng.normal(size=(2, 2)))
        other = best._replace(rotation=rotation, scale=best.scale * rng.uniform(0.5, 2))
        assert np.square(other.apply(x) - y).sum() >= left


def test_alignment_of_a_collapsed_run_is_a_point() -> None:
    reference = np.random.default_rng(0).normal(size=(50, 2))
    found = alignment.align(np.ones((50, 2)), reference)
    assert found.unexplained == 1
    assert found.apply(np.ones((50, 2))) == pytest.approx(np.tile(reference.mean(0), (50, 1)))
    assert found.undo(reference) == pytest.approx(np.ones((50, 2)))
    assert alignment.align(reference, np.ones((50, 2))).unexplained == 0


def test_alignment_refuses_other_images() -> None:
    with pytest.raises(ValueError, match=r"\(5, 2\) and \(6, 2\)"):
        alignment.align(np.zeros((5, 2)), np.zeros((6, 2)))


class BrightnessNetworks:
    """z is the brightness of a picture: the posterior has this mean, and variance 1/4."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = images.mean(axis=(1, 2))[:, None].astype(np.float32)
        return mean, np.full_like(mean, np.log(0.25))

    def decode(self, z: np.ndarray) -> np.ndarray:
        return np.tile(z[:, :, None], (1, 4, 4))


def test_reconstructions_and_their_spread() -> None:
    images = np.arange(3.0)[:, None, None] * np.ones((3, 4, 4))
    found = reconstruction.reconstruct(BrightnessNetworks(), images, samples=4000)
    assert found.at_mean == pytest.approx(images)
    assert found.std == pytest.approx(np.full((3, 4, 4), 0.5), abs=0.05)


def test_samples_of_prior_and_aggregate_posterior() -> None:
    prior = samples.prior_samples(20_000, 2)
    assert prior.mean(axis=0) == pytest.approx([0, 0], abs=0.03)
    assert prior.std(axis=0) == pytest.approx([1, 1], abs=0.03)
    mean = np.repeat([[-3.0, 0.0], [3.0, 0.0]], 50, axis=0)
    drawn = samples.aggregate_posterior_samples(20_000, mean, np.full((100, 2), np.log(0.25)))
    assert drawn.shape == (20_000, 2)
    assert (drawn[:, 0] > 0).mean() == pytest.approx(0.5, abs=0.02)
    assert np.square(drawn).mean(axis=0) == pytest.approx([9.25, 0.25], abs=0.1)


def test_interpolation_keeps_its_ends() -> None:
    a, b = np.array([1.0, -2.0, 0.5]), np.array([0.0, 3.0, 1.0])
    for kind in paths.INTERPOLATIONS:
        steps = paths.interpolation(a, b, 5, kind)
        assert steps.shape == (5, 3)
        assert steps[[0, -1]] == pytest.approx(np.stack([a, b]), abs=1e-6)


def test_interpolation_along_a_line_and_an_arc() -> None:
    a, b = np.array([2.0, 0.0]), np.array([0.0, 2.0])
    assert paths.interpolation(a, b, 3)[1] == pytest.approx([1, 1])
    arc = paths.interpolation(a, b, 4, "spherical")
    assert np.linalg.norm(arc, axis=1) == pytest.approx([2, 2, 2, 2])
    assert np.degrees(np.arctan2(arc[:, 1], arc[:, 0])) == pytest.approx([0, 30, 60, 90])


@pytest.mark.parametrize("b", [[3.0, 0.0], [-3.0, 0.0], [0.0, 0.0]])
def test_interpolation_takes_the_line_where_there_is_no_single_arc(b: list[float]) -> None:
    a = np.array([1.0, 0.0])
    line = paths.interpolation(a, np.array(b), 5)
    assert paths.interpolation(a, np.array(b), 5, "spherical") == pytest.approx(line)


def test_interpolation_refuses_unknown_kinds() -> None:
    with pytest.raises(ValueError, match="linear, spherical"):
        paths.interpolation(np.zeros(2), np.ones(2), 3, "cubic")


def test_an_attribute_vector_leads_from_mean_to_mean() -> None:
    start = np.array([[0.0, 1.0], [2.0, 3.0]], np.float32)
    end = np.array([[5.0, 5.0]], np.float32)
    vector = attributes.attribute_vector(start, end)
    assert vector.tolist() == [4, 3]
    assert attributes.attribute_vector(end, start).tolist() == [-4, -3]
    assert attributes.attribute_vector(start, start).tolist() == [0, 0]


def test_halves_share_nothing_and_miss_nothing() -> None:
    labels = np.zeros(20, int)
    a, b = np.arange(7), np.arange(7, 20)
    found = attributes.halves(a, b, labels)
    assert not found.by_label
    for group, made_from, shown_on in zip((a, b), found.made_from, found.shown_on, strict=True):
        assert np.array_equal(np.sort(np.concatenate([made_from, shown_on])), group)
        assert len(made_from) - len(shown_on) in (0, 1)
    again = attributes.halves(a[::-1], b, labels)
    assert np.array_equal(again.made_from[0], found.made_from[0])
    single = attributes.halves(a[:1], b, labels)
    assert single.made_from[0].tolist() == [0]
    assert not len(single.shown_on[0])


def test_groups_of_many_labels_are_halved_by_label() -> None:
    labels = np.repeat(np.arange(10), 4)
    rows = np.arange(40)
    a, b = rows[labels < 6], rows[labels >= 5][4:]  # labels 0 to 5, and 6 to 9
    found = attributes.halves(a, b, labels)
    assert found.by_label
    made_from, shown_on = (np.concatenate(rows) for rows in (found.made_from, found.shown_on))
    assert not set(labels[made_from]) & set(labels[shown_on])
    assert sorted([*made_from, *shown_on]) == rows.tolist()
    assert all(map(len, (*found.made_from, *found.shown_on)))


class FirstLatentNetworks:
    """Networks whose pictures show only the first latent dimension."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = np.stack([images[:, 0, 0], np.zeros(len(images))], axis=1)
        return mean, np.zeros_like(mean)

    def decode(self, z: np.ndarray) -> np.ndarray:
        return np.asarray(z[:, :1, None])


def test_transfer_judges_the_picture_and_not_the_latents() -> None:
    own, aim = np.array([0.0, 0.0]), np.array([1.0, 0.0])
    z = np.array([[0.0, 0.0], [0.1, 0.0], [-0.4, 0.0], [0.9, 0.0]], np.float32)
    second_dim = np.array([[0.0, 0.0], [0.0, 1.0]])  # random pairs differ only where nothing shows
    found = attributes.transfer(FirstLatentNetworks(), z, aim - own, own, aim, second_dim)
    assert found == attributes.Transfer(before=0.25, after=1.0, random=0.25, images=4)
    half = attributes.transfer(FirstLatentNetworks(), z, 0.45 * (aim - own), own, aim, second_dim)
    assert half.after == 0.5
    unseen = attributes.transfer(
        FirstLatentNetworks(), z, np.array([0.0, 5.0]), own, aim, second_dim
    )
    assert unseen.after == unseen.before == 0.25


def test_cosine_similarity() -> None:
    x, y = np.array([2.0, 0.0]), np.array([0.0, 3.0])
    assert attributes.cosine_similarity(x, x) == pytest.approx(1)
    assert attributes.cosine_similarity(x, -x) == pytest.approx(-1)
    assert attributes.cosine_similarity(x, y) == 0
    assert attributes.cosine_similarity(x, 0 * x) == 0

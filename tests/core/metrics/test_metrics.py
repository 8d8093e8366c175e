"""Metrics with known answers: closed forms, invariants, and cases at both ends of the scale."""

from __future__ import annotations

import math

import numpy as np
import pytest

from vae_core.config import RunConfig
from vae_core.data import registry
from vae_core.inference.images import Inference
from vae_core.metrics import catalogue, decomposition, discrepancy, measurement, neighbours, units
from vae_core.metrics.bounds import (
    BOUND_SAMPLES,
    binarise,
    bounds_of_image,
    importance_weighted_bounds,
)
from vae_core.metrics.factors import (
    disentanglement,
    entropies,
    factor_vae_score,
    mutual_information_gap,
    mutual_informations,
)
from vae_core.model import likelihoods
from vae_core.model.likelihoods import Likelihood
from vae_core.model.likelihoods.bernoulli import Bernoulli
from vae_core.model.priors import Prior, standard_normal
from vae_core.model.priors.standard_normal import StandardNormal
from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run
from vae_core.runs.store import pretrained_store


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def posteriors(n: int, d: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Some posterior means and log-variances, (n, d) each."""
    return rng(seed).normal(size=(n, d)), rng(seed + 1).normal(-2, 0.5, size=(n, d))


# --- units --------------------------------------------------------------------------------


def test_units() -> None:
    posterior_mean = rng().normal(size=(5000, 3)) * [1.0, 0.2, 0.05]
    assert units.active_units(posterior_mean) == 2
    assert units.active_units(np.zeros((10, 4))) == 0
    assert units.high_rate_units(np.array([0.0, 0.5, 0.51, 3.0])) == 2


def test_the_two_counts_disagree() -> None:
    """A mean that moves a little is active without a rate; one narrow posterior the reverse."""
    moves = np.array([0.11, -0.11] * 50)[:, None]
    assert units.active_units(moves) == 1
    assert (
        units.high_rate_units(standard_normal.rate_per_dim(moves, np.zeros((100, 1))).mean(0)) == 0
    )
    still = np.ones((100, 1))
    assert units.active_units(still) == 0
    assert units.high_rate_units(standard_normal.rate_per_dim(still, still * -4).mean(0)) == 1


# --- importance-weighted bound ------------------------------------------------------------


NORMAL = StandardNormal()


def linear_gaussian(z: np.ndarray, x: np.ndarray, variance: float) -> np.ndarray:
    """log p(x|z) of x = z + noise of that variance: everything about it is known."""
    d = x.shape[1]
    squared = np.square(x - z).sum(axis=1)
    return -0.5 * (squared / variance + d * math.log(2 * math.pi * variance))


def test_the_bound_is_tight_where_the_posterior_is_exact() -> None:
    """With q(z|x) = p(z|x) every weight is p(x), whatever z and k are."""
    variance, x = 0.5, rng(3).normal(size=(200, 2))
    log_p = linear_gaussian(np.zeros_like(x), x, 1 + variance).mean()
    bounds = importance_weighted_bounds(
        lambda z: linear_gaussian(z, x, variance),
        x / (1 + variance),
        np.full_like(x, math.log(variance / (1 + variance))),
        (1, 5, 50),
        rng(),
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
        rng(),
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
    """Even with three images and a posterior that is all wrong."""
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


def test_samples_that_are_no_multiples_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        importance_weighted_bounds(
            lambda z: z[:, 0], np.zeros((2, 1)), np.zeros((2, 1)), (2, 5), rng(), NORMAL
        )


def test_binarised_pixels_are_drawn_with_the_grey_value_as_probability() -> None:
    grey = np.tile(np.array([0.0, 0.25, 1.0]), (20_000, 1))
    drawn = binarise(grey, rng())
    assert set(np.unique(drawn)) == {0, 1}
    assert drawn.mean(axis=0) == pytest.approx([0, 0.25, 1], abs=0.01)


# --- the parts of the rate ----------------------------------------------------------------


@pytest.mark.parametrize(("n", "d"), [(1, 1), (2, 1), (700, 1), (700, 2), (300, 10)])
def test_the_parts_add_up_to_the_rate(n: int, d: int) -> None:
    mean, log_var = posteriors(n, d)
    parts = decomposition.rate_parts(mean, log_var, rng())
    assert sum(parts) == pytest.approx(standard_normal.rate(mean, log_var).mean(), rel=1e-9)
    assert parts.mutual_information <= math.log(n) + 1e-9
    if d == 1:
        assert parts.total_correlation == pytest.approx(0, abs=1e-12)


def test_the_parts_do_not_depend_on_how_they_are_chunked() -> None:
    """Against the definition, written out for all pairs at once."""
    n, d = 2100, 2  # several chunks
    mean, log_var = posteriors(n, d)
    parts = decomposition.rate_parts(mean, log_var, rng(4))
    noise = rng(4).standard_normal((n, d))
    noise = (noise - noise.mean(axis=0)) / noise.std(axis=0)
    z = mean + np.exp(0.5 * log_var) * noise
    squared = np.square(z[:, None] - mean) / np.exp(log_var)
    log_density = -0.5 * (squared + log_var + math.log(2 * math.pi))
    log_q = np.log(np.exp(log_density.sum(axis=2)).mean(axis=1)).mean()
    log_q_dims = np.log(np.exp(log_density).mean(axis=1)).sum(axis=1).mean()
    own = log_density[np.arange(n), np.arange(n)].sum(axis=1).mean()
    assert parts.mutual_information == pytest.approx(own - log_q, abs=1e-9)
    assert parts.total_correlation == pytest.approx(log_q - log_q_dims, abs=1e-9)


def test_an_encoder_equal_to_the_prior_has_no_rate_and_no_active_unit() -> None:
    mean = log_var = np.zeros((500, 3))
    assert standard_normal.rate(mean, log_var).max() == 0
    assert units.active_units(mean) == 0
    assert units.high_rate_units(standard_normal.rate_per_dim(mean, log_var).mean(axis=0)) == 0
    assert decomposition.rate_parts(mean, log_var, rng()) == pytest.approx((0, 0, 0), abs=1e-9)


def test_posteriors_far_apart_tell_the_image() -> None:
    """n posteriors that don't overlap: the mutual information is log n."""
    n = 64
    mean = 100.0 * np.arange(n)[:, None]
    parts = decomposition.rate_parts(mean, np.zeros((n, 1)), rng())
    assert parts.mutual_information == pytest.approx(math.log(n), abs=1e-6)


def test_latents_that_copy_each_other_have_total_correlation() -> None:
    """Both dimensions carry the same number: log n is told once, and counted twice by them."""
    n = 64
    mean = np.repeat(100.0 * np.arange(n)[:, None], 2, axis=1)
    parts = decomposition.rate_parts(mean, np.zeros((n, 2)), rng())
    assert parts.mutual_information == pytest.approx(math.log(n), abs=1e-6)
    assert parts.total_correlation == pytest.approx(math.log(n), abs=1e-6)


def test_an_aggregate_posterior_like_the_prior_has_little_dimension_wise_kl() -> None:
    """Means N(0, 1 - v) and variance v mix to N(0, 1): all of the rate is mutual information."""
    variance = 0.1
    mean = math.sqrt(1 - variance) * rng().normal(size=(4000, 1))
    parts = decomposition.rate_parts(mean, np.full_like(mean, math.log(variance)), rng(1))
    assert parts.dimension_wise_kl == pytest.approx(0, abs=0.02)
    assert parts.mutual_information == pytest.approx(-0.5 * math.log(variance), abs=0.05)


# --- distance to the prior, neighbours ----------------------------------------------------


def test_mmd_of_two_points_is_the_kernel_s() -> None:
    """All mass at a and at b: 2 - 2 k(a, b), with k = C / (C + |a - b|²) and C = 2d."""
    a, b = np.zeros((5, 3)), np.full((7, 3), 2.0)
    assert discrepancy.mmd(a, b) == pytest.approx(2 - 2 * 6 / (6 + 12))
    assert discrepancy.mmd(a, a) == pytest.approx(0)


def test_mmd_is_unbiased_and_grows_with_the_distance() -> None:
    same = [discrepancy.mmd(rng(i).normal(size=(50, 2)), rng(99 + i).normal(size=(50, 2)))
            for i in range(200)]  # fmt: skip
    assert np.mean(same) == pytest.approx(0, abs=3 * float(np.std(same)) / math.sqrt(200))
    prior = rng(1).normal(size=(1000, 2))
    found = [discrepancy.mmd(rng(2).normal(size=(1000, 2)) + shift, prior) for shift in (0, 0.5, 3)]
    assert found[0] < 0.01 < found[1] < found[2]


def test_knn_accuracy_leaves_the_point_itself_out() -> None:
    labels = np.repeat([0, 1], 50)
    apart = np.where(labels, 10.0, -10.0)[:, None] + rng().normal(size=(100, 1))
    assert neighbours.knn_accuracy(apart, labels) == 1
    # Pairs of opposite labels: with k = 1 the nearest other is always wrong.
    pairs = np.repeat(np.arange(50.0), 2)[:, None] + np.tile([0, 0.1], 50)[:, None]
    assert neighbours.knn_accuracy(pairs, np.tile([0, 1], 50), k=1) == 0
    anywhere = neighbours.knn_accuracy(rng().normal(size=(4000, 2)), rng(1).integers(0, 4, 4000))
    assert anywhere == pytest.approx(0.25, abs=0.04)


# --- known factors ------------------------------------------------------------------------


def test_mig_of_copies_is_near_1_and_of_noise_near_0() -> None:
    factors = rng().integers(0, 5, size=(20_000, 2))
    noise = rng(1).normal(size=(20_000, 2))
    copies = np.hstack([factors + 0.01 * noise, noise[:, :1]])
    assert mutual_information_gap(copies, factors) > 0.98
    assert mutual_information_gap(noise, factors) < 0.01


def test_mig_of_a_factor_in_two_dimensions_is_0() -> None:
    """Both tell all of it: no single latent stands for the factor."""
    factor = rng().integers(0, 5, size=(5000, 1))
    assert mutual_information_gap(np.hstack([factor, -factor]), factor) == pytest.approx(0)
    assert mutual_information_gap(np.hstack([factor, factor]), 0 * factor) == 0


def known_factors(n: int = 3000) -> np.ndarray:
    """As the shapes have them: classes, and more values than are classified."""
    return rng(7).integers(0, (3, 6, 32, 32), size=(n, 4))


def axis_aligned(factors: np.ndarray) -> np.ndarray:
    """Each factor in a dimension of its own, with variance 1."""
    return (factors - factors.mean(axis=0)) / factors.std(axis=0)


def scores(codes: np.ndarray, factors: np.ndarray) -> tuple[float, ...]:
    """DCI and the FactorVAE score."""
    votes = factor_vae_score(codes, factors, rng(8))
    return (*disentanglement(codes, factors), votes)


def test_a_dimension_for_each_factor_scores_1() -> None:
    factors = known_factors()
    perfect = axis_aligned(factors)
    assert scores(perfect, factors) == pytest.approx((1, 1, 1, 1), abs=0.005)
    # In another order, of another sign and scale, and beside dimensions that are dead.
    turned = np.hstack([-7 * perfect[:, ::-1], 1e-3 * rng(1).normal(size=(len(factors), 3))])
    assert scores(turned, factors) == pytest.approx((1, 1, 1, 1), abs=0.005)


def test_mixed_dimensions_score_less_and_tell_as_much() -> None:
    factors = known_factors()
    turn = np.linalg.qr(rng(1).normal(size=(4, 4)))[0]
    d, c, i, votes = scores(axis_aligned(factors) @ turn, factors)
    assert d < 0.6
    assert c < 0.6
    assert i > 0.6, "all is still there"
    assert votes < 0.99


def test_noise_scores_0_and_the_votes_chance() -> None:
    factors = known_factors()
    d, c, i, votes = scores(rng(1).normal(size=(3000, 5)), factors)
    assert (d, c, i) == pytest.approx((0, 0, 0), abs=0.06)
    assert votes == pytest.approx(1 / 4, abs=0.05)


def test_disentanglement_and_completeness_are_two_things() -> None:
    """A factor in two dimensions is not complete; two factors in one are not disentangled."""
    factors = known_factors()
    perfect = axis_aligned(factors)
    doubled = np.hstack([perfect, perfect + 0.01 * rng(1).normal(size=perfect.shape)])
    d, c, _, votes = scores(doubled, factors)
    assert d > 0.98
    assert c < 0.9
    assert votes > 0.98
    both = 10 * factors[:, :1] + factors[:, 1:2]  # tells both, exactly
    d, c, i, _ = scores(np.hstack([both, rng(1).normal(size=both.shape)]), factors[:, :2])
    assert d == pytest.approx(0, abs=0.05)
    assert c > 0.95
    assert i > 0.95


def test_without_an_active_dimension_there_is_nothing_to_score() -> None:
    factors = known_factors(200)
    assert scores(1e-3 * axis_aligned(factors), factors) == (0, 0, 0, 0)


def test_one_factor_is_not_told_from_others() -> None:
    """A second that never changes is none."""
    factors = known_factors(200) * [1, 0, 0, 0]
    assert np.isnan(scores(axis_aligned(known_factors(200)), factors)).all()


def test_scores_are_the_same_again() -> None:
    factors = known_factors(400)
    codes = axis_aligned(factors) + rng(2).normal(size=factors.shape)
    assert scores(codes, factors) == scores(codes, factors)


def test_mutual_informations_name_the_factor_and_take_chance_off() -> None:
    factors = known_factors()
    codes = np.hstack([axis_aligned(factors)[:, [1, 0]], rng(3).normal(size=(3000, 1))])
    told = mutual_informations(codes, factors)
    most = entropies(factors)
    assert most == pytest.approx(np.log([3, 6, 32, 32]), abs=0.01)
    assert told[0, 1] == pytest.approx(most[1], abs=0.02)
    assert told[1, 0] == pytest.approx(most[0], abs=0.02)
    told[[0, 1], [1, 0]] = 0
    assert told.max() < 0.02, "of 32 values noise alone would find 0.1 nats"


# --- together -----------------------------------------------------------------------------


class Blank:
    """An encoder equal to the prior and a decoder that gives 1/2 everywhere."""

    likelihood: Likelihood = Bernoulli()
    prior: Prior = StandardNormal()

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.zeros((len(images), 2)), np.zeros((len(images), 2))

    def log_likelihood(self, images: np.ndarray, z: np.ndarray) -> np.ndarray:
        logits, x = np.zeros((len(z), 16, 1)), images.reshape(len(images), -1)
        return np.asarray(self.likelihood.log_prob(logits, x))


def test_measure_of_a_model_that_knows_nothing() -> None:
    images = rng().random((300, 4, 4, 1)).astype(np.float32)
    labels = rng(1).integers(0, 2, 300)
    found = measurement.measure(Blank(), images, labels)
    assert found["active_units"] == found["high_rate_units"] == 0
    for name in ("mutual_information", "total_correlation", "dimension_wise_kl"):
        assert found[name] == pytest.approx(0, abs=1e-9)
    assert found["mmd"] == pytest.approx(0, abs=0.02)
    for k in BOUND_SAMPLES:
        assert found[f"iw_bound_{k}"] == pytest.approx(-16 * math.log(2), rel=1e-5)
        assert found[f"iw_bound_binarised_{k}"] == pytest.approx(-16 * math.log(2), rel=1e-5)
    assert found == measurement.measure(Blank(), images, labels)
    assert set(found) < set(catalogue.METRICS)
    assert not set(catalogue.FACTOR_METRICS) & set(found), "nothing is known of these images"
    factors = rng(2).integers(0, 3, (300, 2))
    with_factors = measurement.measure(Blank(), images, labels, factors)
    assert {name: with_factors[name] for name in found} == found
    assert set(with_factors) == set(found) | set(catalogue.FACTOR_METRICS)
    assert 0 <= with_factors["mig"] < 0.05
    assert [with_factors[name] for name in catalogue.FACTOR_METRICS[1:]] == [0] * 4


@pytest.mark.parametrize("prior", [StandardNormal(), None], ids=["vae", "autoencoder"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("has_factors", [True, False])
@pytest.mark.parametrize("has_labels", [True, False])
def test_what_is_measured_is_what_the_catalogue_says_can_be(
    prior: Prior | None, likelihood: str, has_factors: bool, has_labels: bool
) -> None:
    class Model(Blank):
        def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return rng().normal(size=(len(images), 2)), np.zeros((len(images), 2))

    model = Model()
    model.prior = prior  # type: ignore[assignment]
    model.likelihood = likelihoods.of(RunConfig(likelihood=likelihood))
    n = 40 if has_labels else neighbours.NEIGHBOURS
    labels, factors = np.arange(n) % 2, rng(2).integers(0, 3, (n, 2)) if has_factors else None
    found = measurement.measure(model, rng().random((n, 4, 4)), labels, factors)
    given = {
        catalogue.PRIOR: prior is not None,
        catalogue.BINARY: likelihood == "bernoulli",
        catalogue.FACTORS: has_factors,
        catalogue.LABELS: has_labels,
    }
    expected = set(catalogue.measurable([need for need, there in given.items() if there]))
    # So few posteriors may not resolve two of the parts of the rate.
    left_out = {*LOSSES, "total_correlation", "dimension_wise_kl"}
    assert set(found) - left_out == expected - left_out
    assert set(found) <= expected


class Hint(Blank):
    """As blank, but the mean moves by a millionth of the posterior's width with the first pixel."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = np.zeros((len(images), 2))
        mean[:, 0] = 1e-6 * images[:, 0, 0]
        return mean, np.zeros((len(images), 2))


def test_a_collapsed_dimension_does_not_count_as_a_factor() -> None:
    factors = rng().integers(0, 4, (3000, 1))
    images = np.tile(factors[:, :, None] / 4, (1, 4, 4)).astype(np.float32)
    found = measurement.measure(Hint(), images, factors[:, 0], factors)
    assert found["mig"] < 0.05
    assert found["active_units"] == 0


def test_all_runs_are_bounded_on_the_same_images() -> None:
    """However many latent dimensions they have."""
    seen = []

    class Watched(Blank):
        def __init__(self, d: int) -> None:
            self.d = d

        def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            seen.append(images)
            return np.zeros((len(images), self.d)), np.zeros((len(images), self.d))

    images = rng().random((700, 4, 4)).astype(np.float32)
    for d in (1, 2, 7):
        measurement.measure(Watched(d), images, np.zeros(700, int))
    for number in range(3):
        assert np.array_equal(seen[number], seen[3 + number])
        assert np.array_equal(seen[number], seen[6 + number])


def test_parts_that_so_few_images_cannot_resolve_are_left_out() -> None:
    class Apart(Blank):
        def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return 100 * rng(5).normal(size=(len(images), 2)), np.full((len(images), 2), -9.0)

    found = measurement.measure(Apart(), rng().random((200, 4, 4)), rng(1).integers(0, 2, 200))
    assert found["mutual_information"] == pytest.approx(math.log(200), abs=0.01)
    assert not {"total_correlation", "dimension_wise_kl"} & set(found)


def test_a_single_held_out_image_is_measured_as_far_as_it_goes() -> None:
    found = measurement.measure(Blank(), rng().random((1, 4, 4)), np.zeros(1, int))
    assert not {"mmd", "knn_accuracy"} & set(found)
    assert found["iw_bound_1"] == pytest.approx(-16 * math.log(2), rel=1e-5)


# --- without TensorFlow -------------------------------------------------------------------


def digits_run() -> Run:
    (run,) = (
        run
        for run in pretrained_store().scan()[0]
        if (run.config.dataset, run.config.architecture) == ("digits", "mlp")
        and (run.config.latent_dim, run.config.beta, run.config.seed) == (2, 1.0, 0)
        and run.config.has_rate
    )
    return run


def test_inference_measures_what_training_stored() -> None:
    """To the digit: the same images, binarised alike, the same samples, another runtime."""
    run, data = digits_run(), registry.load("digits")
    stored, found = run.metrics(), measurement.measure(Inference(run), data.x_test, data.y_test)
    for name in found:
        if "bound" in name:
            assert found[name] == pytest.approx(stored[name], abs=1e-3)


def test_bounds_of_single_images_average_to_the_stored_ones() -> None:
    run, images = digits_run(), registry.load("digits").x_test
    networks, noise = Inference(run), rng(4)
    found = [
        bounds_of_image(networks, image, (1, 5), 4, noise) for image in binarise(images, noise)
    ]
    stored = run.metrics()
    # Pixels and samples are drawn anew: over 360 images that moves the mean by some 0.1 nats.
    for k in (1, 5):
        mean = np.mean([image.bounds[k] for image in found])
        assert mean == pytest.approx(stored[f"iw_bound_binarised_{k}"], abs=0.4)
    elbo = np.mean([image.elbo for image in found])
    assert elbo == pytest.approx(np.mean([image.bounds[1] for image in found]), abs=0.1)
    assert all(image.rate > 0 and image.bounds[5] > image.bounds[1] for image in found)


def test_bounds_of_an_image_that_a_blank_model_sees() -> None:
    found = bounds_of_image(Blank(), np.zeros((4, 4, 1)), (1, 2, 4), 3, rng())
    assert found.rate == 0
    assert found.distortion == pytest.approx(16 * math.log(2))
    assert found.elbo == pytest.approx(-found.distortion)
    assert list(found.bounds.values()) == pytest.approx([found.elbo] * 3)

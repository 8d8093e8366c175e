"""All metrics of a model together: which ones are measured, and on which images."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.random import default_rng as rng

from tests.core.metrics.models import BlankModel, digits_run
from vae_core.config import RunConfig
from vae_core.data import registry
from vae_core.inference.images import Inference
from vae_core.metrics import catalogue, measurement, neighbours
from vae_core.metrics.bounds import BOUND_SAMPLES
from vae_core.model import likelihoods
from vae_core.model.priors import Prior
from vae_core.model.priors.standard_normal import StandardNormal
from vae_core.runs.records import LOSSES


def test_measure_of_a_model_that_knows_nothing() -> None:
    images = rng(0).random((300, 4, 4, 1)).astype(np.float32)
    labels = rng(1).integers(0, 2, 300)
    found = measurement.measure(BlankModel(), images, labels)
    assert found["active_units"] == found["high_rate_units"] == 0
    for name in ("mutual_information", "total_correlation", "dimension_wise_kl"):
        assert found[name] == pytest.approx(0, abs=1e-9)
    assert found["mmd"] == pytest.approx(0, abs=0.02)
    for k in BOUND_SAMPLES:
        assert found[f"iw_bound_{k}"] == pytest.approx(-16 * math.log(2), rel=1e-5)
        assert found[f"iw_bound_binarised_{k}"] == pytest.approx(-16 * math.log(2), rel=1e-5)
    assert found == measurement.measure(BlankModel(), images, labels)
    assert set(found) < set(catalogue.METRICS)
    assert not set(catalogue.FACTOR_METRICS) & set(found), "the factors of these images are unknown"
    factors = rng(2).integers(0, 3, (300, 2))
    with_factors = measurement.measure(BlankModel(), images, labels, factors)
    assert {name: with_factors[name] for name in found} == found
    assert set(with_factors) == set(found) | set(catalogue.FACTOR_METRICS)
    assert 0 <= with_factors["mig"] < 0.05
    assert [with_factors[name] for name in catalogue.FACTOR_METRICS[1:]] == [0] * 4


@pytest.mark.parametrize("prior", [StandardNormal(), None], ids=["vae", "autoencoder"])
@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
@pytest.mark.parametrize("has_factors", [True, False])
@pytest.mark.parametrize("has_labels", [True, False])
def test_exactly_the_metrics_of_the_catalogue_are_measured(
    prior: Prior | None, likelihood: str, has_factors: bool, has_labels: bool
) -> None:
    class Model(BlankModel):
        def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return rng(0).normal(size=(len(images), 2)), np.zeros((len(images), 2))

    model = Model()
    model.prior = prior  # type: ignore[assignment]
    model.likelihood = likelihoods.of(RunConfig(likelihood=likelihood))
    n = 40 if has_labels else neighbours.NEIGHBOURS
    labels, factors = (
        np.arange(n) % 2,
        rng(2).integers(0, 3, (n, 2)) if has_factors else None,
    )
    found = measurement.measure(model, rng(0).random((n, 4, 4)), labels, factors)
    given = {
        catalogue.PRIOR: prior is not None,
        catalogue.BINARY: likelihood == "bernoulli",
        catalogue.FACTORS: has_factors,
        catalogue.LABELS: has_labels,
    }
    expected = set(catalogue.measurable([need for need, there in given.items() if there]))
    # Two parts of the rate are left out where too few posteriors resolve them.
    left_out = {*LOSSES, "total_correlation", "dimension_wise_kl"}
    assert set(found) - left_out == expected - left_out
    assert set(found) <= expected


class AlmostCollapsed(BlankModel):
    """The mean follows the first pixel, by a millionth of the posterior's width."""

    def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = np.zeros((len(images), 2))
        mean[:, 0] = 1e-6 * images[:, 0, 0]
        return mean, np.zeros((len(images), 2))


def test_a_collapsed_dimension_does_not_count_as_a_factor() -> None:
    factors = rng(0).integers(0, 4, (3000, 1))
    images = np.tile(factors[:, :, None] / 4, (1, 4, 4)).astype(np.float32)
    found = measurement.measure(AlmostCollapsed(), images, factors[:, 0], factors)
    assert found["mig"] < 0.05
    assert found["active_units"] == 0


def test_all_runs_are_bounded_on_the_same_images() -> None:
    """The images don't depend on the number of latent dimensions."""
    encoded = []

    class RecordingModel(BlankModel):
        def __init__(self, d: int) -> None:
            self.d = d

        def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            encoded.append(images)
            return np.zeros((len(images), self.d)), np.zeros((len(images), self.d))

    images = rng(0).random((700, 4, 4)).astype(np.float32)
    for d in (1, 2, 7):
        measurement.measure(RecordingModel(d), images, np.zeros(700, int))
    for number in range(3):
        assert np.array_equal(encoded[number], encoded[3 + number])
        assert np.array_equal(encoded[number], encoded[6 + number])


def test_parts_that_so_few_images_do_not_resolve_are_left_out() -> None:
    class WithoutOverlap(BlankModel):
        def encode(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return 100 * rng(5).normal(size=(len(images), 2)), np.full((len(images), 2), -9.0)

    found = measurement.measure(
        WithoutOverlap(),
        rng(0).random((200, 4, 4)),
        rng(1).integers(0, 2, 200),
    )
    assert found["mutual_information"] == pytest.approx(math.log(200), abs=0.01)
    assert not {"total_correlation", "dimension_wise_kl"} & set(found)


def test_a_single_held_out_image_is_measured_as_far_as_it_goes() -> None:
    found = measurement.measure(BlankModel(), rng(0).random((1, 4, 4)), np.zeros(1, int))
    assert not {"mmd", "knn_accuracy"} & set(found)
    assert found["iw_bound_1"] == pytest.approx(-16 * math.log(2), rel=1e-5)


def test_inference_measures_what_training_stored() -> None:
    """Images, binarisation and samples are the same, although onnxruntime computes here."""
    run, data = digits_run(), registry.load("digits")
    stored, found = run.metrics(), measurement.measure(Inference(run), data.x_test, data.y_test)
    for name in found:
        if "bound" in name:
            assert found[name] == pytest.approx(stored[name], abs=1e-3)

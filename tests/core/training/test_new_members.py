"""Members that the package does not have: each is one class or one loader, and trains."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from vae_core import kinds
from vae_core.api.trained_run import TrainedRun
from vae_core.config import RunConfig
from vae_core.data.dataset import Dataset
from vae_core.data.registry import DATASETS
from vae_core.data.source import Source
from vae_core.inference.browser import browser_decoder
from vae_core.inference.images import Inference
from vae_core.model.likelihoods import LIKELIHOODS
from vae_core.model.likelihoods.gaussian import Gaussian
from vae_core.model.objectives import OBJECTIVES, Terms
from vae_core.model.objectives.beta import Beta
from vae_core.model.vae import VAE
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.training import evaluation, loop


def add(monkeypatch: pytest.MonkeyPatch, registry: Any, name: str, member: Any) -> None:
    """List a member, as an installed plug-in would."""
    monkeypatch.setitem(registry._places, name, member)


def trained(store: RunStore, **settings: Any) -> Run:
    run = store.create(RunConfig(epochs=3, batch_size=20, latent_dim=2, **settings))
    loop.train(run)
    assert run.status().state == "finished", run.status().error
    return run


def check_networks(run: Run) -> None:
    """Weights give the stored numbers again, and ONNX what Keras gives."""
    vae, data = evaluation.load_trained(run)
    found = evaluation.evaluate(run)
    for name in ("loss", "distortion", "rate"):
        assert found["recomputed"][name] == pytest.approx(found["stored"][name], rel=1e-6)
    networks = Inference(run)
    assert networks.item_shape == data.item_shape
    mean, log_var = networks.encode(data.x_test)
    for one, other in zip((mean, log_var), vae.encode(data.x_test), strict=True):
        assert one == pytest.approx(other, abs=1e-4)
    assert networks.decode(mean).shape == data.x_test.shape
    assert networks.decode(mean) == pytest.approx(vae.decode(mean), abs=1e-4)
    assert networks.log_likelihood(data.x_test, mean) == pytest.approx(
        vae.log_likelihood(data.x_test, mean), rel=1e-4, abs=1e-2
    )


# --- colour, sides that differ, and two numbers for each value -------------------------------


def flags(name: str = "flags") -> Dataset:
    """Flags of 6x10 pixels in three colours."""

    def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 2, n)
        x = np.zeros((n, 6, 10, 3), np.float32)
        x[labels == 0, :3, :, 0] = 0.9
        x[labels == 1, :, :5, 2] = 0.9
        return x + rng.uniform(0, 0.1, x.shape).astype(np.float32), labels

    return Dataset(name, *drawn(100, 0), *drawn(40, 1), ("red above", "blue left"))


class Calibrated(Gaussian):
    """Normal distributions whose width is learned, too: log sigma is the second number."""

    numbers = 2
    activation = ""

    def log_prob(self, params: Any, x: Any, xp: Any = np) -> Any:
        log_sigma = xp.maximum(params[..., 1], -4.0)
        squared = xp.square((x - params[..., 0]) * xp.exp(-log_sigma))
        return -xp.sum(0.5 * squared + log_sigma + 0.5 * math.log(2 * math.pi), axis=-1)

    def least_distortion(self, x: np.ndarray) -> None:  # type: ignore[override]
        """None: as sigma falls there is always less."""
        del x


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_two_numbers_for_each_channel_of_each_pixel(
    architecture: str, store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(monkeypatch, LIKELIHOODS, "calibrated", Calibrated)
    add(monkeypatch, DATASETS, "flags", Source(flags, (6, 10, 3), 100, bundled=True))
    run = trained(store, dataset="flags", likelihood="calibrated", architecture=architecture)
    check_networks(run)
    vae, data = evaluation.load_trained(run)
    assert vae.decoder.output_shape == (None, 6, 10, 6)
    assert vae.decoder_params(np.zeros((4, 2), np.float32)).shape == (4, 180, 2)
    first, *_, last = (record["test"]["distortion"] for record in run.records("epoch"))
    assert last < first
    assert not run.browser_path.exists(), "scripts know no likelihood with two numbers"
    opened = TrainedRun(run)
    assert np.shape(opened.sample(3)) == (3, 6, 10, 3)
    assert np.shape(opened.reconstruct(data.x_test[:2])) == (2, 6, 10, 3)
    with pytest.raises(ValueError, match=r"shape \(n, 6, 10, 3\), got \(2, 6, 10\)"):
        opened.encode(data.x_test[:2, ..., 0])


# --- objectives that read z, the posterior and the prior -------------------------------------


class Wasserstein(Beta):
    """The discrepancy (MMD) between z and samples of the prior in place of the rate.

    Tolstikhin et al. (2018), "Wasserstein Auto-Encoders", with the biased estimate.
    """

    def penalty(self, terms: Terms, xp: Any = np) -> Any:
        assert terms.prior
        z, c = terms.z, 2.0 * terms.z.shape[-1]
        drawn = terms.prior.sample(50, z.shape[-1], np.random.default_rng(0)).astype(np.float32)

        def kernel(a: Any, b: Any) -> Any:
            return xp.mean(c / (c + xp.sum(xp.square(a[:, None] - b[None]), axis=-1)))

        return kernel(z, z) + kernel(drawn, drawn) - 2 * kernel(z, drawn)


class TotalCorrelation(Beta):
    """Chen et al. (2018), "Isolating Sources of Disentanglement in VAEs", within a batch."""

    def penalty(self, terms: Terms, xp: Any = np) -> Any:
        difference = terms.z[:, None] - terms.posterior_mean[None]
        log_var = terms.posterior_log_var[None]
        log_q = -0.5 * (xp.square(difference) * xp.exp(-log_var) + log_var)

        def log_mean(values: Any) -> Any:
            highest = xp.max(values, axis=1, keepdims=True)
            return highest[:, 0] + xp.log(xp.mean(xp.exp(values - highest), axis=1))

        each = xp.sum(log_mean(log_q), axis=-1)
        return terms.rate + xp.mean(log_mean(xp.sum(log_q, axis=-1)) - each)


@pytest.mark.parametrize("member", [Wasserstein, TotalCorrelation])
def test_an_objective_that_reads_z(
    member: type[Beta], store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its held-out loss is made of the same z as the distortion, and training lowers it."""
    add(monkeypatch, OBJECTIVES, "mine", member)
    add(monkeypatch, DATASETS, "flags", Source(flags, (6, 10, 3), 100, bundled=True))
    settings = {"dataset": "flags", "objective": "mine", "beta": 300.0}
    run = trained(store, **settings)
    check_networks(run)
    assert browser_decoder(run, "x") is None, "scripts draw grey square pictures"
    vae, data = evaluation.load_trained(run)
    objective = member(run.config)

    def penalty(model: VAE) -> float:
        terms = model.evaluate_on(data.x_test).terms
        assert terms
        assert terms.z.shape == terms.posterior_mean.shape == (40, 2)
        return float(objective.penalty(terms))

    items = vae.item_terms(data.x_test, vae.noise("evaluate", 0, 40))
    terms = vae.evaluate_on(data.x_test).terms
    assert terms
    assert terms.z == pytest.approx(np.asarray(items.z), abs=1e-5)
    test = run.records("epoch")[-1]["test"]
    assert test["loss"] == pytest.approx(test["distortion"] + 300 * penalty(vae), rel=1e-5)
    assert penalty(vae) < penalty(VAE(run.config, data.item_shape))


# --- vectors ---------------------------------------------------------------------------------


def flowers(name: str = "flowers") -> Dataset:
    """Rows of five measurements in [0, 1], of two sorts."""

    def drawn(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, 2, n)
        middle = np.array([[0.2, 0.8, 0.5, 0.3, 0.6], [0.7, 0.1, 0.5, 0.9, 0.2]])[labels]
        x = np.clip(middle + rng.normal(0, 0.05, middle.shape), 0, 1)
        return x.astype(np.float32), labels

    return Dataset(name, *drawn(100, 0), *drawn(40, 1), ("small", "large"))


@pytest.mark.parametrize("likelihood", [*LIKELIHOODS, "calibrated"])
def test_vectors(likelihood: str, store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, LIKELIHOODS, "calibrated", Calibrated)
    source = Source(flowers, (5,), 100, bundled=True, shown_as="vectors")
    add(monkeypatch, DATASETS, "flowers", source)
    run = trained(store, dataset="flowers", likelihood=likelihood)
    assert kinds.of_run(run.config).name == "vectors"
    check_networks(run)
    vae, data = evaluation.load_trained(run)
    assert data.item_shape == (5,)
    assert vae.decoder.output_shape == (None, 5 * vae.likelihood.numbers)
    assert run.records("start")[0]["dataset"]["shape"] == [5]
    assert not run.browser_path.exists(), "scripts draw pictures"
    assert {"active_units", "iw_bound_50"} <= run.metrics().keys()
    opened = TrainedRun(run)
    assert np.shape(opened.sample(3)) == (3, 5)
    assert np.shape(opened.reconstruct(data.x_test)) == (40, 5)
    with pytest.raises(ValueError, match=r"shape \(n, 5\), got \(2, 4\)"):
        opened.encode(data.x_test[:2, :4])

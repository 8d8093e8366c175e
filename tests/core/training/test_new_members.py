"""Members that the package does not have: each is one class or one loader, and trains."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from dashboard.figures import curves
from tests.dashboard.pages import on, plots
from vae_core import kinds
from vae_core.api.trained_run import TrainedRun
from vae_core.config import ConfigError, RunConfig
from vae_core.data.dataset import Dataset
from vae_core.data.registry import DATASETS
from vae_core.data.source import Source
from vae_core.exchange.imported_records import checked_records
from vae_core.inference.browser import browser_decoder
from vae_core.inference.images import Inference
from vae_core.model.likelihoods import LIKELIHOODS
from vae_core.model.likelihoods.gaussian import Gaussian
from vae_core.model.objectives import OBJECTIVES, Terms
from vae_core.model.objectives.beta import Beta
from vae_core.model.priors import PRIORS, Rate, sampled_rate
from vae_core.model.schedules import Step
from vae_core.model.vae import VAE
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.training import evaluation, loop
from vae_core.training.sinks.base import numbers, sink_records


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
    """Chen et al. (2018), "Isolating Sources of Disentanglement in VAEs", within a batch.

    It reports the total correlation and its share of the loss.
    """

    parts = (*Beta.parts, "total_correlation", "weighted_correlation")

    def penalty(self, terms: Terms, xp: Any = np) -> Any:
        return terms.rate + self.total_correlation(terms, xp)

    def own_parts(self, terms: Terms, step: Step, xp: Any = np) -> dict[str, Any]:
        correlation = self.total_correlation(terms, xp)
        return {
            "total_correlation": correlation,
            "weighted_correlation": step.beta * correlation,
        }

    def total_correlation(self, terms: Terms, xp: Any) -> Any:
        difference = terms.z[:, None] - terms.posterior_mean[None]
        log_var = terms.posterior_log_var[None]
        log_q = -0.5 * (xp.square(difference) * xp.exp(-log_var) + log_var)

        def log_mean(values: Any) -> Any:
            highest = xp.max(values, axis=1, keepdims=True)
            return highest[:, 0] + xp.log(xp.mean(xp.exp(values - highest), axis=1))

        each = xp.sum(log_mean(log_q), axis=-1)
        return xp.mean(log_mean(xp.sum(log_q, axis=-1)) - each)


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
        terms = model.evaluate_on(data.x_test)
        assert terms.z.shape == terms.posterior_mean.shape == (40, 2)
        return float(objective.penalty(terms))

    items = vae.item_terms(data.x_test, vae.noise("evaluate", 0, 40))
    terms = vae.evaluate_on(data.x_test)
    assert terms.z == pytest.approx(np.asarray(items.z), abs=1e-5)
    test = run.records("epoch")[-1]["test"]
    assert test["loss"] == pytest.approx(test["distortion"] + 300 * penalty(vae), rel=1e-5)
    assert penalty(vae) < penalty(VAE(run.config, data.item_shape))


def test_an_objective_reports_parts_of_its_own(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stand beside the loss in metrics.jsonl, in the history and in the learning curves."""
    monkeypatch.setattr(loop, "TICK_SECONDS", 0)
    add(monkeypatch, OBJECTIVES, "mine", TotalCorrelation)
    add(monkeypatch, DATASETS, "flags", Source(flags, 6, 100, bundled=True))
    run = trained(store, dataset="flags", objective="mine", beta=3.0)
    own = ("total_correlation", "weighted_correlation")
    written = [json.loads(line) for line in run.metrics_path.read_text().splitlines()]
    for record in (r for r in written if r["kind"] in ("step", "epoch")):
        if record["train"]:
            assert list(record["train"]) == ["loss", "distortion", "rate", *own]
    for record in run.records("step", "epoch"):
        for part in ("train", "test"):
            if parts := record.get(part):
                correlation = parts["total_correlation"]
                assert parts["weighted_correlation"] == pytest.approx(3 * correlation)
                assert parts["loss"] == pytest.approx(
                    parts["distortion"] + 3 * (parts["rate"] + correlation), rel=1e-5
                )
    test = run.records("epoch")[-1]["test"]
    assert list(test) == ["loss", "distortion", "rate", "elbo", "rate_per_dim", *own]
    vae, data = evaluation.load_trained(run)
    terms = vae.evaluate_on(data.x_test)
    assert test["total_correlation"] == pytest.approx(
        float(TotalCorrelation(run.config).total_correlation(terms, np)), rel=1e-5
    )
    found = evaluation.evaluate(run)
    assert found["recomputed"].keys() == found["stored"].keys()

    history = TrainedRun(run).history
    assert history.test_total_correlation.iloc[-1] == test["total_correlation"]
    assert history.train_total_correlation[1:].notna().all()
    figure = curves.training(run.records("step", "epoch"))
    titles = [annotation["text"] for annotation in figure.layout["annotations"]]
    assert titles[2:] == ["rate", "total correlation", "weighted correlation"]
    assert {"test/total_correlation", "train/total_correlation"} <= {
        *numbers(sink_records(run)[-2])
    }

    add(monkeypatch, OBJECTIVES, "mine", Beta)
    (epoch,) = checked_records(run.metrics_path.read_bytes(), "run", run.config)[-2:-1]
    assert not {*own} & epoch["test"].keys(), "an import keeps what its objective reports"


def test_a_part_that_is_not_finite_is_a_divergence(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Infinite(Beta):
        parts = (*Beta.parts, "infinite")

        def own_parts(self, terms: Terms, step: Step, xp: Any = np) -> dict[str, Any]:
            del step, xp
            return {"infinite": terms.rate + math.inf}

    add(monkeypatch, OBJECTIVES, "mine", Infinite)
    run = store.create(RunConfig(epochs=1, objective="mine"))
    loop.train(run)
    assert run.status().state == "failed"
    assert "not finite" in str(run.status().error)


# --- priors whose rate is sampled -------------------------------------------------------------


class Mixture:
    """Four normal distributions around 0 in a plane, with fixed means and one fixed width.

    It is no product over the dimensions, so its rate can only be summed.
    """

    factorised = False
    means = np.array([[2, 0], [-2, 0], [0, 2], [0, -2]], np.float32)
    std = 0.5

    def __init__(self, config: RunConfig) -> None:
        assert config.latent_dim == 2

    def log_prob(self, z: Any, xp: Any = np) -> Any:
        squared = xp.sum(xp.square((z[:, None] - self.means) / self.std), axis=-1)
        return log_sum_exp(-0.5 * squared, xp) - math.log(4 * 2 * math.pi * self.std**2)

    def sample(self, n: int, latent_dim: int, rng: np.random.Generator) -> np.ndarray:
        noise = self.std * rng.standard_normal((n, latent_dim))
        return self.means[rng.integers(0, 4, n)] + noise

    def rate(self, z: Any, posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Rate:
        log_prior = self.log_prob(z, xp)
        return sampled_rate(log_prior, z, posterior_mean, posterior_log_var, xp)

    def circles(self) -> tuple[float, ...]:
        return ()


class TwoHills(Mixture):
    """Two normal distributions in each dimension: a product, with a rate for each dimension."""

    factorised = True

    def __init__(self, config: RunConfig) -> None:
        del config

    def log_prob_per_dim(self, z: Any, xp: Any) -> Any:
        squared = xp.square((z[..., None] - np.array([-1, 1], np.float32)) / self.std)
        log_sums = log_sum_exp(xp.reshape(-0.5 * squared, (-1, 2)), xp)
        return xp.reshape(log_sums, z.shape) - math.log(2 * math.sqrt(2 * math.pi) * self.std)

    def log_prob(self, z: Any, xp: Any = np) -> Any:
        return xp.sum(self.log_prob_per_dim(z, xp), axis=-1)

    def sample(self, n: int, latent_dim: int, rng: np.random.Generator) -> np.ndarray:
        hills = rng.choice([-1.0, 1.0], (n, latent_dim))
        return hills + self.std * rng.standard_normal((n, latent_dim))

    def rate(self, z: Any, posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Rate:
        log_prior = self.log_prob_per_dim(z, xp)
        return sampled_rate(log_prior, z, posterior_mean, posterior_log_var, xp)


def log_sum_exp(values: Any, xp: Any) -> Any:
    """(n, k) -> (n,)."""
    highest = xp.max(values, axis=1, keepdims=True)
    return highest[:, 0] + xp.log(xp.sum(xp.exp(values - highest), axis=1))


def integrated_rate(prior: Any, mean: np.ndarray, log_var: np.ndarray) -> float:
    """KL(q || p) of one posterior (2,) in a plane, by the trapezoidal rule on a grid."""
    std = np.exp(0.5 * log_var)
    sides = [np.linspace(m - 8 * s, m + 8 * s, 401) for m, s in zip(mean, std, strict=True)]
    z = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, 2)
    log_q = -0.5 * (np.square((z - mean) / std) + log_var + math.log(2 * math.pi)).sum(axis=1)
    integrand = np.exp(log_q) * (log_q - prior.log_prob(z))
    return float(np.trapezoid(np.trapezoid(integrand.reshape(401, 401), sides[1]), sides[0]))


@pytest.mark.parametrize("member", [Mixture, TwoHills])
def test_a_prior_whose_rate_is_sampled(
    member: type[Mixture], store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It trains, and what it reports is the KL of its posteriors by numerical integration."""
    add(monkeypatch, PRIORS, "mine", member)
    add(monkeypatch, DATASETS, "flags", Source(flags, 6, 100, bundled=True))
    monkeypatch.setattr(loop, "TICK_SECONDS", 0)
    run = trained(store, dataset="flags", prior="mine", beta=4.0)
    check_networks(run)
    prior = member(run.config)
    rng = np.random.default_rng(0)
    mean, log_var = posteriors(run.arrays())
    for one_mean, one_log_var in zip(mean[:3], log_var[:3], strict=True):
        expected = integrated_rate(prior, one_mean, one_log_var)
        z = one_mean + np.exp(0.5 * one_log_var) * rng.standard_normal((100_000, 2))
        rate = prior.rate(z, one_mean, one_log_var)
        assert rate.total.mean() == pytest.approx(expected, abs=0.03)
    every = [integrated_rate(prior, *posterior) for posterior in zip(mean, log_var, strict=True)]
    test = run.records("epoch")[-1]["test"]
    assert test["rate"] == pytest.approx(np.mean(every), abs=0.5), "40 samples, one an item"
    assert test["elbo"] == pytest.approx(-(test["distortion"] + test["rate"]))
    first = run.records("epoch")[0]["test"]
    assert test["loss"] < first["loss"]

    recorded = run.records("step")[-1] | test
    assert ("rate_per_dim" in recorded) == prior.factorised
    assert ("high_rate_units" in run.metrics()) == prior.factorised
    assert {"active_units", "iw_bound_50", "mmd"} <= run.metrics().keys()
    if prior.factorised:
        assert test["rate"] == pytest.approx(sum(test["rate_per_dim"]))
        each = prior.rate(z, one_mean, one_log_var).per_dim.mean(axis=0)
        assert each.sum() == pytest.approx(expected, abs=0.03)
    checked_records(run.metrics_path.read_bytes(), "run", run.config)
    drawn = TrainedRun(run).sample(4)
    assert np.array_equal(
        drawn, Inference(run).decode(prior.sample(4, 2, np.random.default_rng(0)))
    )


def test_pages_show_a_run_whose_rate_can_only_be_summed(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(monkeypatch, PRIORS, "mine", Mixture)
    monkeypatch.setattr("dashboard.shared.run_list.pretrained_store", lambda: own_store)
    run = trained(own_store, prior="mine")
    assert "rate_per_dim" not in run.records("epoch")[-1]["test"]
    for name in ("train", "latent_space", "manifold"):
        on(run, name)
    page = on(run, "compare")
    page.multiselect("runs").set_value(page.multiselect("runs").options).run()
    assert not page.exception
    assert plots(page)


def posteriors(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """posterior_mean and posterior_log_var, (n, d) float64."""
    return arrays["posterior_mean"].astype(float), arrays["posterior_log_var"].astype(float)


def test_free_bits_need_a_rate_for_each_dimension(monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, PRIORS, "mine", Mixture)
    config = RunConfig(prior="mine", objective="free_bits")
    with pytest.raises(ConfigError, match="the prior 'mine' doesn't give"):
        kinds.check(config, "images")


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


def test_vectors_are_refused_by_an_architecture_for_images(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Source(flowers, (5,), 100, bundled=True, shown_as="vectors")
    add(monkeypatch, DATASETS, "flowers", source)
    run = store.create(RunConfig(dataset="flowers", architecture="conv", batch_size=20))
    loop.train(run)
    assert run.status().error == (
        "the architecture 'conv' is for items of the shape (height, width, channels), and those of "
        "the data set have the shape (5,): choose mlp."
    )


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

"""Objectives that read z, the posterior and the prior, and that report parts of their own."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from dashboard.figures import curves
from tests.core.training.new_members.training import add, check_networks, list_flags, trained
from vae_core.api.trained_run import TrainedRun
from vae_core.config import RunConfig
from vae_core.exchange.imported_records import checked_records
from vae_core.inference.browser import browser_decoder
from vae_core.model.objectives import OBJECTIVES, Terms
from vae_core.model.objectives.beta import Beta
from vae_core.model.schedules import Step
from vae_core.model.vae import VAE
from vae_core.runs.store import RunStore
from vae_core.training import evaluation, loop
from vae_core.training.sinks.base import numbers, sink_records


class Wasserstein(Beta):
    """Penalises the discrepancy (MMD) between z and samples of the prior instead of the rate.

    Tolstikhin et al. (2018), "Wasserstein Auto-Encoders", with the biased estimate of the MMD.
    """

    def penalty(self, terms: Terms, xp: Any = np) -> Any:
        assert terms.prior
        z, c = terms.z, 2.0 * terms.z.shape[-1]
        drawn = terms.prior.sample(50, z.shape[-1], np.random.default_rng(0)).astype(np.float32)

        def kernel(a: Any, b: Any) -> Any:
            return xp.mean(c / (c + xp.sum(xp.square(a[:, None] - b[None]), axis=-1)))

        return kernel(z, z) + kernel(drawn, drawn) - 2 * kernel(z, drawn)


class TotalCorrelation(Beta):
    """Penalises the rate plus the total correlation of a batch, and reports the latter.

    Chen et al. (2018), "Isolating Sources of Disentanglement in VAEs".
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


@pytest.mark.parametrize(
    "member", [Wasserstein, pytest.param(TotalCorrelation, marks=pytest.mark.slow)]
)
def test_an_objective_that_reads_z(
    member: type[Beta], store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The held-out loss uses the same z as the distortion, and training lowers the penalty."""
    add(monkeypatch, OBJECTIVES, "mine", member)
    list_flags(monkeypatch)
    settings = {"dataset": "flags", "objective": "mine", "beta": 300.0}
    run = trained(store, **settings)
    check_networks(run)
    assert browser_decoder(run, "x") is None, "browsers decode only grey square images"
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
    """metrics.jsonl, the history and the learning curves have them beside the loss."""
    monkeypatch.setattr(loop, "TICK_SECONDS", 0)
    add(monkeypatch, OBJECTIVES, "mine", TotalCorrelation)
    list_flags(monkeypatch)
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
    result = evaluation.evaluate(run)
    assert result["recomputed"].keys() == result["stored"].keys()

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
    assert not {*own} & epoch["test"].keys(), "an import keeps only parts that are reported"


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

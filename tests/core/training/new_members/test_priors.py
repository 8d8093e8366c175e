"""Priors whose rate is estimated from samples."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.core.exchange.load_script import run_load_script
from tests.core.model.mixtures import LearnedMixture, Mixture, TwoHills, integrated_rate
from tests.core.training.new_members.training import add, check_networks, list_flags, trained
from tests.dashboard.pages import on, plots
from vae_core import kinds
from vae_core.api.trained_run import TrainedRun
from vae_core.config import ConfigError, RunConfig
from vae_core.exchange import bundle, importing
from vae_core.exchange.imported_arrays import checked_arrays
from vae_core.exchange.imported_records import checked_records
from vae_core.inference.images import Inference
from vae_core.kinds.contents import Contents
from vae_core.model.priors import PRIORS
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.sandbox import RefusedError
from vae_core.training import evaluation, loop


@pytest.mark.parametrize("member", [pytest.param(Mixture, marks=pytest.mark.slow), TwoHills])
def test_a_prior_whose_rate_is_sampled(
    member: type[Mixture], store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The estimated and the recorded rate agree with numerical integration."""
    add(monkeypatch, PRIORS, "mine", member)
    list_flags(monkeypatch)
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


def learned_means(run: Run) -> np.ndarray:
    """The means of a `LearnedMixture`, as pages read them."""
    prior = Inference(run).prior
    assert prior
    return np.asarray(prior.arrays["means"])


@pytest.mark.slow
@pytest.mark.usefixtures("no_child")
def test_a_prior_that_learns(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its numbers are trained, kept over a resume, stored, exported, imported and shown."""
    add(monkeypatch, PRIORS, "mine", LearnedMixture)
    monkeypatch.setattr("dashboard.shared.run_list.pretrained_store", lambda: own_store)
    run = trained(own_store, prior="mine")
    check_networks(run)
    (first,) = LearnedMixture(run.config).arrays.values()
    networks = Inference(run)
    learned = learned_means(run)
    assert learned.shape == first.shape
    assert np.abs(learned - first).max() > 0.01
    vae, data = evaluation.load_trained(run)
    assert vae.prior
    assert np.array_equal(vae.prior.arrays["means"], learned)
    assert run.metrics()["iw_bound_50"] == pytest.approx(
        evaluation.evaluate(run)["recomputed"]["iw_bound_50"], abs=0.2
    )
    rate = vae.prior.rate(vae.evaluate_on(data.x_test).z, *vae.encode(data.x_test)).total.mean()
    assert rate == pytest.approx(run.records("epoch")[-1]["test"]["rate"], rel=1e-4)

    # The same config, stopped after an epoch and resumed, learns the same numbers.
    stopped = RunStore(own_store.root.parent / "stopped").create(run.config)
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 0)
    loop.train(stopped, stop=lambda: len(stopped.records("epoch")) > 2)
    loop.train(stopped)
    assert np.array_equal(learned_means(stopped), learned)

    assert Contents(run.config).prior_circles(run.arrays()) == (np.hypot(*learned[0]),)
    for name in ("train", "latent_space", "compare"):
        on(run, name)

    content = bundle.bundle(run)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    loaded = run_load_script(tmp_path / run.id, "load")["load"]()
    z = vae.prior.sample(3, 2, np.random.default_rng(0)).astype(np.float32)
    expected = networks.decode(z)
    assert np.asarray(keras.ops.sigmoid(loaded.decoder(z))) == pytest.approx(expected, abs=1e-5)
    imported = importing.import_run(content, "run.zip", RunStore(tmp_path / "other"))
    assert np.array_equal(learned_means(imported), learned)
    assert np.array_equal(Inference(imported).decode(z), expected)

    arrays = run.arrays()
    for wrong in (arrays["prior_means"][:3], arrays["prior_means"] * np.float32(np.nan)):
        file = io.BytesIO()
        np.savez(file, allow_pickle=False, **arrays | {"prior_means": wrong})
        with pytest.raises(RefusedError, match="prior_means"):
            checked_arrays(file.getvalue(), "run", run.config, len(arrays["labels"]))


@pytest.mark.slow
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

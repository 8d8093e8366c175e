"""The autoencoder has no noise, no rate and no β, and reports no number that needs them."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import SMALL
from tests.core.outcomes import finished, same_bits, weights
from vae_core.cli.app import main
from vae_core.config import ConfigError, RunConfig
from vae_core.engines.in_process import InProcessEngine
from vae_core.exchange import importing
from vae_core.exchange.bundle import bundle
from vae_core.inference.images import Inference
from vae_core.latent import reconstruction
from vae_core.metrics.catalogue import AUTOENCODER_METRICS
from vae_core.model.vae import VAE
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.runs.sweeps import sweep
from vae_core.training import evaluation, loop

AUTOENCODER = replace(SMALL, model="autoencoder")


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished autoencoder, to be read only."""
    return finished(RunStore(tmp_path_factory.mktemp("autoencoder")), AUTOENCODER)


# --- config -------------------------------------------------------------------------------


def test_the_id_depends_only_on_fields_that_it_reads() -> None:
    assert AUTOENCODER.id.startswith("digits-mlp-d2-ae-seed0-")
    unread = replace(AUTOENCODER, beta=4.0, schedule="capacity", warmup=0.1, cycles=2, capacity=3.0)
    assert unread.id == AUTOENCODER.id
    assert replace(AUTOENCODER, learning_rate=2e-3).id != AUTOENCODER.id
    assert AUTOENCODER.id != SMALL.id
    assert RunConfig.from_json(AUTOENCODER.to_json()) == AUTOENCODER
    with pytest.raises(ConfigError, match="vae, autoencoder"):
        RunConfig(model="gan")


def test_a_sweep_has_one_run_for_each_seed() -> None:
    assert [config.seed for config in sweep(AUTOENCODER, (0.0, 1.0), (1, 0))] == [0, 1]


# --- training -----------------------------------------------------------------------------


def test_it_starts_with_the_weights_of_the_vae() -> None:
    ours, theirs = VAE(AUTOENCODER, (8, 8, 1)).get_weights(), VAE(SMALL, (8, 8, 1)).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_it_does_not_use_the_noise() -> None:
    images = np.random.default_rng(0).random((4, 8, 8, 1)).astype(np.float32)
    for config, same in ((AUTOENCODER, True), (SMALL, False)):
        vae = VAE(config, (8, 8, 1))
        first, second = (
            np.asarray(vae.item_terms(images, vae.noise("train", step, 4)).distortion)
            for step in range(2)
        )
        assert np.array_equal(first, second) == same


def test_it_records_no_rate(autoencoder: Run) -> None:
    for record in autoencoder.records("step", "epoch"):
        assert "rate_per_dim" not in record
        for part in ("train", "test"):
            if record.get(part):
                assert record[part].keys() == {"loss", "distortion"}
                assert record[part]["loss"] == record[part]["distortion"]
    epochs = autoencoder.records("epoch")
    losses = [record["test"]["loss"] for record in epochs]
    assert losses[0] == pytest.approx(64 * math.log(2), rel=0.02)
    assert losses[-1] < losses[0] - 5
    assert {(record["beta"], record["capacity"]) for record in epochs} == {(None, None)}
    assert set(autoencoder.metrics()) == {"loss", "distortion", "knn_accuracy"}
    assert "rate" not in autoencoder.metrics_path.read_text()


def test_its_posteriors_have_no_width(autoencoder: Run) -> None:
    arrays = autoencoder.arrays()
    assert np.isneginf(arrays["posterior_log_var"]).all()
    assert np.isfinite(arrays["posterior_mean"]).all()
    images = np.random.default_rng(0).random((4, 8, 8, 1))
    network = Inference(autoencoder)
    mean, log_var = network.encode(images)
    assert np.isneginf(log_var).all()
    again = reconstruction.reconstruct(network, images, samples=4)
    assert again.std.max() == 0
    assert np.array_equal(again.at_mean, network.decode(mean))


def test_evaluation_gives_the_stored_numbers(autoencoder: Run) -> None:
    result = evaluation.evaluate(autoencoder)
    assert result["recomputed"].keys() == result["stored"].keys()
    for name, value in result["stored"].items():
        assert result["recomputed"][name] == pytest.approx(value, rel=1e-6)


@pytest.mark.usefixtures("unmeasured")
def test_beta_changes_no_bit(autoencoder: Run, store: RunStore) -> None:
    assert same_bits(weights(finished(store, replace(AUTOENCODER, beta=0.0))), weights(autoencoder))


@pytest.mark.slow
@pytest.mark.usefixtures("unmeasured")
def test_resume_ends_in_the_same_bits(autoencoder: Run, store: RunStore) -> None:
    run = store.create(AUTOENCODER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "CHECKPOINT_SECONDS", 0)
        loop.train(run, stop=lambda: len(run.records("epoch")) > 1)
    assert run.status().state == "interrupted"
    assert run.checkpoint_path.exists()
    InProcessEngine().submit(run)
    assert run.status().state == "finished"
    assert same_bits(weights(run), weights(autoencoder))
    tests = [[r["test"] for r in each.records("epoch")] for each in (run, autoencoder)]
    assert tests[0] == tests[1]


def test_a_record_with_a_rate_is_ignored(autoencoder: Run, store: RunStore) -> None:
    run = store.create(AUTOENCODER)
    record = autoencoder.records("epoch")[-1]
    run.metrics_file.append(record)
    for forged in (
        record | {"test": record["test"] | {"rate": 0.0}},
        record | {"rate_per_dim": [0.0, 0.0]},
    ):
        run.metrics_file.append(forged)
    assert run.records("epoch") == [record]


# --- export, import and command line -------------------------------------------------------


@pytest.mark.usefixtures("no_child")
def test_export_and_import(autoencoder: Run, store: RunStore) -> None:
    run = importing.import_run(bundle(autoencoder), "run.zip", store)
    assert run.records() == autoencoder.records()
    assert run.metrics() == autoencoder.metrics()
    assert np.isneginf(run.arrays()["posterior_log_var"]).all()
    z = np.zeros((1, 2), np.float32)
    assert np.array_equal(Inference(run).decode(z), Inference(autoencoder).decode(z))


def test_commands_print_no_rate(autoencoder: Run, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--store", str(autoencoder.path.parent)]
    for command in (["list"], ["show", autoencoder.id], ["evaluate", autoencoder.id]):
        assert main([*arguments, *command]) == 0
        said = capsys.readouterr().out
        assert autoencoder.id in said or command[0] == "show"
        if command[0] != "list":  # its columns are for all runs
            assert "elbo" not in said
            assert "rate" not in said.replace("learning_rate", "")
            assert "beta" not in said
    assert main([*arguments, "list", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["runs"]
    assert result["test"].keys() == {"loss", "distortion"}
    assert set(result["metrics"]) <= set(AUTOENCODER_METRICS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--model", "autoencoder", "--betas", "1"], "no beta"), ([], "needs --betas")],
)
def test_sweep_refuses_betas(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", *arguments]) == 2
    assert said in capsys.readouterr().err

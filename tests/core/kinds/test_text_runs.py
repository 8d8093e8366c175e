"""Runs on texts: training, inference, resuming, and autoencoders."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.shared import run_list
from tests.core.kinds.words import CONFIG, WORDS
from tests.dashboard.pages import open_page, plots
from vae_core.config import ConfigError, RunConfig
from vae_core.data import registry
from vae_core.data.dataset import TextDataset
from vae_core.inference.texts import TextInference
from vae_core.metrics.catalogue import METRICS
from vae_core.model import architectures
from vae_core.model.text_vae import TextVAE
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.training.evaluation import evaluate, load_trained
from vae_core.training.loop import train


@pytest.mark.usefixtures("words_loaded")
def test_a_run_from_training_to_inference(run: Run, words: TextDataset) -> None:
    """The exported networks agree with Keras; metrics and snapshot are complete."""
    assert run.viewable
    x, (vae, _) = words.x_test, load_trained(run)
    assert isinstance(vae, TextVAE)
    networks = TextInference(run)
    assert (networks.vocabulary, networks.length) == (words.vocabulary, x.shape[1])
    posterior = networks.encode(x)
    for ours, of_keras in zip(posterior, vae.encode(x), strict=True):
        assert ours == pytest.approx(of_keras, abs=1e-4)
    z = np.random.default_rng(0).standard_normal((len(x), 2)).astype(np.float32)
    assert networks.log_likelihood(x, z) == pytest.approx(vae.log_likelihood(x, z), abs=1e-4)
    for temperature in (0.0, 1.0):
        assert np.array_equal(networks.decode(z, temperature), vae.decode(z, temperature))
    assert networks.texts(networks.tokens(["auk"])) == ["auk"]

    metrics = run.metrics()
    assert {"exact_match", "token_accuracy", "novelty", "repeats", "iw_bound_50"} < metrics.keys()
    assert not {"iw_bound_binarised_50", "mig"} & metrics.keys()
    assert metrics.keys() <= METRICS.keys() | {"rate_per_dim"}
    assert metrics["iw_bound_1"] <= metrics["iw_bound_50"] <= 0
    test = run.records("epoch")[-1]["test"]
    assert test["rate"] == pytest.approx(sum(test["rate_per_dim"]))
    result = evaluate(run)
    assert result["recomputed"] == result["stored"]
    assert set(run.arrays("snapshot")["texts"]) < set(WORDS)


@pytest.mark.slow
@pytest.mark.usefixtures("words_loaded")
def test_a_resumed_run_ends_in_the_same_bits(run: Run, store: RunStore) -> None:
    other = store.create(CONFIG)
    train(other, stop=lambda: len(other.records("epoch")) == 2)  # after the first
    assert other.status().state == "interrupted"
    train(other)
    for a, b in zip(*(load_trained(one)[0].get_weights() for one in (run, other)), strict=True):
        assert np.array_equal(a, b)
    assert other.records("epoch")[-1]["test"] == run.records("epoch")[-1]["test"]
    assert other.metrics() == run.metrics()


def test_an_architecture_of_another_kind_is_refused(store: RunStore) -> None:
    for config in (RunConfig(architecture="lstm"), replace(CONFIG, architecture="mlp")):
        run = store.create(config)
        train(run)
        assert run.status().state == "failed"
        assert "choose" in str(run.status().error)
    with pytest.raises(ConfigError, match="choose one of lstm"):
        architectures.check_name("transformer", "text")


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory: pytest.TempPathFactory, words: TextDataset) -> Run:
    """A finished autoencoder on the words; tests only read it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "load", lambda _name: words)
        config = replace(CONFIG, model="autoencoder", epochs=1)
        run = RunStore(tmp_path_factory.mktemp("autoencoder")).create(config)
        train(run)
    assert run.status().state == "finished", run.status()
    return run


@pytest.mark.slow
@pytest.mark.usefixtures("words_loaded")
def test_an_autoencoder_of_texts(autoencoder: Run, words: TextDataset) -> None:
    mean, log_var = TextInference(autoencoder).encode(words.x_test)
    assert mean == pytest.approx(autoencoder.arrays()["posterior_mean"], abs=1e-4)
    assert np.isneginf(log_var).all()
    assert np.isneginf(autoencoder.arrays()["posterior_log_var"]).all()
    assert {"exact_match", "token_accuracy", "knn_accuracy"} <= autoencoder.metrics().keys()
    assert not {"rate", "elbo", "novelty", "iw_bound_50"} & autoencoder.metrics().keys()
    result = evaluate(autoencoder)
    assert result["recomputed"] == result["stored"]


@pytest.mark.usefixtures("words_loaded")
@pytest.mark.parametrize(
    "name", [pytest.param("words", marks=pytest.mark.slow), "latent_space", "train", "compare"]
)
@pytest.mark.usefixtures("nothing_pretrained")
def test_pages_of_an_autoencoder_of_texts(
    autoencoder: Run,
    run: Run,
    own_store: RunStore,
    name: str,
) -> None:
    for one in (run, autoencoder):
        shutil.copytree(one.path, own_store.root / one.id)
    st.cache_resource.clear()
    page = open_page("learn")  # which needs no run on images
    page.session_state["run"] = page.session_state["watched"] = run_list.run_label(autoencoder)
    page.switch_page(f"app_pages/{name}/page.py").run()
    if name == "compare":
        chosen = page.multiselect("runs_text")
        chosen.set_value(chosen.options).run()
        assert "autoencoder" in tables(page)
    else:
        assert any("a point of the latent space for each text" in info.value for info in page.info)
        assert {metric.label for metric in page.metric} & {"rate", "elbo"} == set()
    if name == "latent_space":
        page.session_state[f"selected-{autoencoder.id}"] = np.array([3, 1])
        page.number_input("point").set_value(7).run()
        assert "its latents, decoded" in tables(page)
    assert not page.exception
    assert not page.error
    assert plots(page)
    st.cache_resource.clear()


def tables(page: AppTest) -> str:
    """Return the HTML of all tables of a page."""
    return " ".join(element.proto.body for element in page.get("html"))

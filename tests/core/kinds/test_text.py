"""Texts: tokens, splits, files, the LSTM VAE, its inference without TensorFlow, its metrics."""

from __future__ import annotations

import io
import math
import runpy
import shutil
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import tensorflow as tf
from streamlit.testing.v1 import AppTest

from dashboard.shared import run_list
from tests.core.data.upload_files import check_sentence
from tests.core.exchange.test_importing import Files, changed_config, changed_record, packed
from tests.dashboard.pages import open_page, plots
from vae_core import sandbox
from vae_core.cli.config_options import config_of
from vae_core.cli.train import command as train_command
from vae_core.config import ConfigError, RunConfig
from vae_core.data import excerpts, registry, text_items
from vae_core.data.dataset import DatasetError, TextDataset
from vae_core.data.tokens import (
    FIRST,
    HIDDEN,
    PADDING,
    START,
    Step,
    decode,
    decoder_inputs,
    encode,
    generate,
)
from vae_core.data.upload import reader
from vae_core.exchange import importing
from vae_core.exchange.bundle import bundle
from vae_core.inference.texts import TextInference
from vae_core.metrics import texts
from vae_core.metrics.catalogue import METRICS
from vae_core.model import architectures
from vae_core.model.likelihoods import categorical
from vae_core.model.text_vae import TextVAE
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.sandbox import RefusedError
from vae_core.training.evaluation import evaluate, load_trained
from vae_core.training.loop import train

WORDS = [a + b + c for a in "abcde" for b in ("", *"uvwxyz") for c in "klmnop"]
CONFIG = RunConfig(
    dataset="unicode_names", architecture="lstm", schedule="linear", epochs=2, batch_size=8
)


@pytest.fixture(scope="module")
def words() -> TextDataset:
    items = text_items.split(WORDS)
    x_train, x_test = (x.astype(np.int32) for x in (items.x_train, items.x_test))
    return TextDataset(name="words", **items._asdict() | {"x_train": x_train, "x_test": x_test})


@pytest.fixture
def words_loaded(monkeypatch: pytest.MonkeyPatch, words: TextDataset) -> None:
    """Short words stand in for unicode_names, so that training takes seconds."""
    monkeypatch.setattr(registry, "load", lambda _name: words)


@pytest.fixture(scope="module")
def vae() -> TextVAE:
    return TextVAE(CONFIG, 9, "abcdef")


# --- tokens -------------------------------------------------------------------------------


def test_tokens_there_and_back() -> None:
    tokens = encode(["ab", "bba"], "ab", 5)
    assert tokens.tolist() == [[2, 3, 1, 0, 0], [3, 3, 2, 1, 0]]
    assert decode(tokens, "ab") == ["ab", "bba"]
    assert decoder_inputs(tokens).tolist() == [[1, 2, 3, 1, 0], [1, 3, 3, 2, 1]]


@pytest.mark.parametrize(
    ("wrong", "said"), [("", "this one has 0"), ("abab", "1 to 3"), ("c", "c")]
)
def test_what_a_run_can_not_read_is_said(wrong: str, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        encode([wrong], "ab", 4)


def test_no_text_is_on_both_sides() -> None:
    items = text_items.split([*WORDS, *WORDS[::-1]])
    train = decode(items.x_train, items.vocabulary)
    test = decode(items.x_test, items.vocabulary)
    assert sorted([*train, *test]) == sorted(set(WORDS))
    assert len(test) == len(set(WORDS)) // 5
    assert np.array_equal(text_items.split(WORDS).x_test, items.x_test)


def test_groups_of_length_hold_each_text() -> None:
    lengths = [2, 2, 3, 3, 3, 4, 9]
    names, groups = text_items.length_groups(lengths)
    assert names[0] == "2 characters"
    assert names[-1].endswith("9 characters")
    assert sorted(groups) == list(groups)
    assert max(groups) == len(names) - 1
    assert text_items.length_groups([1, 1])[0] == ("1 character",)


def test_unicode_names_are_the_same_everywhere() -> None:
    data = registry.load("unicode_names")
    assert isinstance(data, TextDataset)
    source = registry.source("unicode_names")
    assert data.x_train.shape == (source.train_images, source.size)
    assert data.x_train.shape[0] + data.x_test.shape[0] == 5845
    assert "LATIN SMALL LETTER A" in [
        *excerpts.texts(data.name, "train"),
        *excerpts.texts(data.name, "test"),
    ]
    assert data.sha256.startswith("d48f73ec")


def test_names_are_read_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    registry.load.cache_clear()
    with pytest.raises(DatasetError, match="VAE_LAB_DATA"):
        registry.load("names")
    (tmp_path / "names.txt").write_text("\n".join(WORDS * 2))
    assert len(registry.load("names").x_train) == 168
    registry.load.cache_clear()


# --- files --------------------------------------------------------------------------------

MANY = "\n".join(WORDS)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "holds 0 different"),
        (b"a\nb\n", "at least 100"),
        (b"one\n" * 500, "line that repeats|lines that repeat"),
        (MANY.encode() + b"\n\xe9t\xe9", "line 211"),
        (b"\x89PNG\0\0", "not a text file"),
        (MANY.encode("utf-16-le"), "not a text file"),
        ((MANY + "\nbell \a").encode(), r"line 211 holds U\+0007"),
        ("\n".join(chr(0x4E00 + i) for i in range(300)).encode(), "300 different characters"),
        (("x" * 1_000_000 + "\n").encode(), "more than 64 characters"),
    ],
)
def test_files_that_are_refused(content: bytes, said: str) -> None:
    with pytest.raises(RefusedError, match=said):
        text_items.parse_items(content, "words.txt")


def test_items_are_tidied() -> None:
    assert text_items.normalize_text("\u200b a \u200b  b\t") == "a b"
    assert text_items.normalize_text("cafe\u0301") == "caf\u00e9"
    with pytest.raises(RefusedError, match="more than 64 characters"):  # not cut to what fits
        text_items.parse_items(("abc" + " " * 1300 + "def").encode(), "words.txt")


def test_files_that_are_taken() -> None:
    odd = MANY.replace("\n", " \r\n", 1) + "\n\n" + "y" * 65 + "\n" + WORDS[3] + "\ncafe\u0301"
    for content in (odd.encode("utf-8-sig"), odd.encode("utf-16")):
        items, notes = text_items.parse_items(content, "words.txt")
        assert items == [*WORDS, "caf\u00e9"]
        assert [note.split()[0] for note in notes] == ["1", "1", "1"]


@pytest.mark.usefixtures("own_store")
def test_a_file_becomes_a_data_set() -> None:
    upload = reader.read(MANY.encode(), "My words.txt")
    assert (upload.summary.kind, upload.summary.train, upload.summary.test) == ("text", 168, 42)
    assert set(upload.texts) < set(WORDS)
    name = upload.keep()
    assert name.startswith("own_my_words_")
    source = registry.source(name)
    assert (source.kind, source.size, source.train_images) == ("text", 4, 168)
    assert sorted(excerpts.texts(name, "train") + excerpts.texts(name, "test")) == sorted(WORDS)


def test_a_file_on_the_command_line(
    own_store: RunStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def config(*arguments: str) -> RunConfig:
        return config_of(train_command.make_context("train", list(arguments)).params)

    path = tmp_path / "words.txt"
    path.write_text(MANY)
    found = config("--dataset", str(path), "--epochs", "3")
    assert found.dataset.startswith("own_words_")
    assert (found.architecture, found.schedule, found.epochs) == ("lstm", "linear", 3)
    assert "168 training and 42 held-out texts of at most 3 characters" in capsys.readouterr().err
    assert config("--dataset", str(path), "--schedule", "constant").schedule == "constant"
    assert config("--dataset", "digits") == RunConfig()
    for arguments, said in (
        (("--dataset", str(path), "--architecture", "mlp"), "'mlp' is for images"),
        (("--dataset", "digits", "--architecture", "lstm"), "'lstm' is for text"),
    ):
        with pytest.raises(ConfigError, match=said):
            config(*arguments)
    assert not own_store.scan()[0]


# --- objective and networks ---------------------------------------------------------------


def test_distortion_of_even_logits_is_the_log_of_the_number_of_strings() -> None:
    tokens = encode(["ab", "b"], "ab", 6)
    found = -categorical.log_prob(np.zeros((2, 6, 3)), tokens)
    assert found == pytest.approx([3 * math.log(3), 2 * math.log(3)])


def test_distortion_sums_to_one_over_all_strings() -> None:
    """exp(-distortion) of all strings of up to 3 characters, and of what has not ended by then."""
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((4, 3))
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    strings = [""]
    for _ in range(3):
        strings += [s + c for s in strings if len(s) == len(strings[-1]) for c in "ab"]
    tokens = np.zeros((len(strings), 4), np.int32)
    for row, string in zip(tokens, strings, strict=True):
        row[: len(string) + 1] = [*("ab".index(c) + 2 for c in string), 1]
    p = np.exp(categorical.log_prob(np.repeat(logits[None], len(strings), 0), tokens))
    going_on = np.exp(np.logaddexp(log_p[:, 1], log_p[:, 2]).sum())
    assert p.sum() + going_on == pytest.approx(1)


def test_padding_changes_nothing(vae: TextVAE) -> None:
    """The same weights in networks for longer texts, and garbage behind the end of what is read."""
    z, read = np.ones((1, 2), np.float32), decoder_inputs(encode(["abc"], "abcdef", 9))
    garbage = read.copy()
    garbage[:, 4:] = FIRST
    logits = [np.asarray(vae.decoder([z, tokens]))[:, :4] for tokens in (read, garbage)]
    assert logits[0] == pytest.approx(logits[1], abs=1e-6)
    longer = TextVAE(CONFIG, 14, "abcdef")
    longer.set_weights(vae.get_weights())
    short, long = (encode(["abc", "fed"], "abcdef", n) for n in (9, 14))
    for a, b in zip(vae.encode(short), longer.encode(long), strict=True):
        assert a == pytest.approx(b, abs=1e-6)
    z = np.ones((2, 2), np.float32)
    here = vae.log_likelihood(short, z)
    assert here == pytest.approx(longer.log_likelihood(long, z), abs=1e-5)


def test_gradients_reach_every_weight_and_none_comes_from_padding(vae: TextVAE) -> None:
    x = tf.constant(encode(["abcdef", "a"], "abcdef", 9))
    with tf.GradientTape() as tape:
        terms = vae.item_terms(x, vae.noise("train", 0, 2), training=True)
        rate = tf.reduce_mean(tf.reduce_sum(terms.rate_per_dim, -1))
        loss = tf.reduce_mean(terms.distortion) + rate
    gradients = tape.gradient(loss, vae.trainable_variables)
    for variable, gradient in zip(vae.trainable_variables, gradients, strict=True):
        values = tf.convert_to_tensor(gradient).numpy()
        assert np.isfinite(values).all(), variable.path
        assert np.any(values), variable.path
        if "embedding" in variable.path and values.shape[0] == 8 and "encoder" in variable.path:
            assert not np.any(values[PADDING])


def test_word_dropout_is_of_the_step_alone_and_not_where_numbers_are_held_out(
    vae: TextVAE,
) -> None:
    x = tf.constant(encode(["abcdef", "fedcba"], "abcdef", 9))
    first, second = vae.noise("train", 3, 2), vae.noise("train", 4, 2)
    assert np.array_equal(first, vae.noise("train", 3, 2))
    mixed = tf.concat([first[:, :2], second[:, 2:]], axis=1)  # other words dropped, the same z

    def distortion(noise: tf.Tensor, training: bool) -> list[float]:
        return list(vae.item_terms(x, noise, training).distortion.numpy())

    assert distortion(first, True) != distortion(mixed, True)
    assert distortion(first, False) == distortion(mixed, False)


def test_three_of_ten_words_are_hidden_and_the_start_never(
    vae: TextVAE, monkeypatch: pytest.MonkeyPatch
) -> None:
    x = tf.constant(encode(["abcdefab"] * 4000, "abcdef", 9))
    read: list[np.ndarray] = []

    def decoder(inputs: list[tf.Tensor], **_: Any) -> tf.Tensor:
        read.append(inputs[1].numpy())
        return tf.zeros((4000, 9, 7))

    monkeypatch.setattr(vae, "decoder", decoder)
    for training in (True, False):
        vae.item_terms(x, vae.noise("train", 0, 4000), training)
    assert (read[0][:, 1:] == HIDDEN).mean() == pytest.approx(0.3, abs=0.01)
    assert (read[0][:, 0] == START).all()
    assert not (read[1] == HIDDEN).any()


# --- generation ---------------------------------------------------------------------------


def _biased(logits: list[float]) -> Step:
    return lambda z, _token, state, cell: (np.tile(logits, (len(z), 1)), state, cell)


def test_generation() -> None:
    z, state = np.zeros((2000, 1)), (np.zeros((2000, 1)), np.zeros((2000, 1)))
    never_ends = generate(_biased([0.0, 2.0, 1.0]), z, state, 5)
    assert (never_ends == 2).all()
    ends = generate(_biased([3.0, 2.0, 1.0]), z, state, 5)
    assert ends[0].tolist() == [1, 0, 0, 0, 0]
    logits = np.log([0.5, 0.3, 0.2])
    drawn = generate(_biased(list(logits)), z, state, 5, temperature=1.0, seed=1)
    shares = np.bincount(drawn[:, 0], minlength=4)[1:] / len(z)
    assert shares == pytest.approx([0.5, 0.3, 0.2], abs=0.04)
    cold = generate(_biased(list(logits)), z, state, 5, temperature=0.1, seed=1)
    assert (cold[:, 0] == 1).mean() > 0.95
    assert np.array_equal(drawn, generate(_biased(list(logits)), z, state, 5, 1.0, 1))


# --- metrics ------------------------------------------------------------------------------


def test_novelty_counts() -> None:
    found = texts.novelty(["a", "b", "b", "c", "c", "c"], {"a", "c", "z"})
    assert found == (6, 2, 4, 3)


def test_reconstruction_counts_no_padding() -> None:
    tokens = encode(["ab", "a"], "ab", 6)
    assert texts.reconstruction(tokens, tokens) == (1, 1)
    written = tokens.copy()
    written[0, 1] = 2  # 1 of 5 tokens; what stands behind the end is not looked at
    written[1, 4] = 3
    assert texts.reconstruction(tokens, written) == (0.5, 0.8)


# --- a run --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, words: TextDataset) -> Run:
    """Finished in one go; to be read only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "load", lambda _name: words)
        run = RunStore(tmp_path_factory.mktemp("texts")).create(CONFIG)
        train(run)
    assert run.status().state == "finished", run.status()
    return run


@pytest.mark.usefixtures("words_loaded")
def test_a_run_from_training_to_inference(run: Run, words: TextDataset) -> None:
    """Conformance of the exported networks with Keras, numbers, and the snapshot's texts."""
    assert run.viewable
    x, (vae, _) = words.x_test, load_trained(run)
    assert isinstance(vae, TextVAE)
    networks = TextInference(run)
    assert (networks.vocabulary, networks.length) == (words.vocabulary, x.shape[1])
    posterior = networks.encode(x)
    for mine, keras_own in zip(posterior, vae.encode(x), strict=True):
        assert mine == pytest.approx(keras_own, abs=1e-4)
    z = np.random.default_rng(0).standard_normal((len(x), 2)).astype(np.float32)
    assert networks.log_likelihood(x, z) == pytest.approx(vae.log_likelihood(x, z), abs=1e-4)
    for temperature in (0.0, 1.0):
        assert np.array_equal(networks.decode(z, temperature), vae.decode(z, temperature))
    assert networks.texts(networks.tokens(["auk"])) == ["auk"]

    found = run.metrics()
    assert {"exact_match", "token_accuracy", "novelty", "repeats", "iw_bound_50"} < found.keys()
    assert not {"iw_bound_binarised_50", "mig"} & found.keys()
    assert found.keys() <= METRICS.keys() | {"rate_per_dim"}
    assert found["iw_bound_1"] <= found["iw_bound_50"] <= 0
    test = run.records("epoch")[-1]["test"]
    assert test["rate"] == pytest.approx(sum(test["rate_per_dim"]))
    result = evaluate(run)
    assert result["recomputed"] == result["stored"]
    assert set(run.arrays("snapshot")["texts"]) < set(WORDS)


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


def test_kinds_do_not_mix(store: RunStore) -> None:
    for config in (RunConfig(architecture="lstm"), replace(CONFIG, architecture="mlp")):
        run = store.create(config)
        train(run)
        assert run.status().state == "failed"
        assert "choose" in str(run.status().error)
    with pytest.raises(ConfigError, match="choose one of lstm"):
        architectures.check_name("transformer", "text")


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory, words: TextDataset) -> Run:
    """An autoencoder, finished; to be read only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(registry, "load", lambda _name: words)
        config = replace(CONFIG, model="autoencoder", epochs=1)
        run = RunStore(tmp_path_factory.mktemp("encoded")).create(config)
        train(run)
    assert run.status().state == "finished", run.status()
    return run


@pytest.mark.usefixtures("words_loaded")
def test_an_autoencoder_of_texts(encoded: Run, words: TextDataset) -> None:
    mean, log_var = TextInference(encoded).encode(words.x_test)
    assert mean == pytest.approx(encoded.arrays()["posterior_mean"], abs=1e-4)
    assert np.isneginf(log_var).all()
    assert np.isneginf(encoded.arrays()["posterior_log_var"]).all()
    assert {"exact_match", "token_accuracy", "knn_accuracy"} <= encoded.metrics().keys()
    assert not {"rate", "elbo", "novelty", "iw_bound_50"} & encoded.metrics().keys()
    result = evaluate(encoded)
    assert result["recomputed"] == result["stored"]


@pytest.mark.usefixtures("words_loaded")
@pytest.mark.parametrize("name", ["words", "latent_space", "train", "compare"])
def test_pages_of_an_autoencoder_of_texts(
    encoded: Run,
    run: Run,
    own_store: RunStore,
    tmp_path: Path,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        "dashboard.shared.run_list.pretrained_store", lambda: RunStore(tmp_path / "none")
    )
    for one in (run, encoded):
        shutil.copytree(one.path, own_store.root / one.id)
    st.cache_resource.clear()
    page = open_page("learn")  # which needs no run on images
    page.session_state["run"] = page.session_state["watched"] = run_list.run_label(encoded)
    page.switch_page(f"app_pages/{name}/page.py").run()
    if name == "compare":
        chosen = page.multiselect("runs_text")
        chosen.set_value(chosen.options).run()
        assert "autoencoder" in tables(page)
    else:
        assert any("each text has a point" in info.value for info in page.info)
        assert {metric.label for metric in page.metric} & {"rate", "elbo"} == set()
    if name == "latent_space":
        page.session_state[f"selected-{encoded.id}"] = np.array([3, 1])
        page.number_input("point").set_value(7).run()
        assert "its latents, decoded" in tables(page)
    assert not page.exception
    assert not page.error
    assert plots(page)
    st.cache_resource.clear()


def tables(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


# --- out and in ---------------------------------------------------------------------------


def answered(run: Run, change: Callable[[Files], Files], folder: Path) -> dict[str, Any]:
    """What the child says to a run of which something was changed, from this process."""
    with zipfile.ZipFile(io.BytesIO(bundle(run))) as archive:
        files = {name.split("/")[1]: archive.read(name) for name in archive.namelist()}
    (folder / "in.zip").write_bytes(packed("", change(files)))
    request = {
        "path": str(folder / "in.zip"),
        "file_name": "in.zip",
        "folder": str(folder),
        "store": str(folder / "store"),
    }
    return sandbox.answer_or_error(importing.answer, request)


@pytest.mark.parametrize("here", [True, False])
def test_a_run_on_texts_goes_out_and_comes_in_as_it_was(
    run: Run, words: TextDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: bool
) -> None:
    def load(name: str) -> TextDataset:
        if here:
            return words
        raise DatasetError(f"{name} is not on this machine.")

    monkeypatch.setattr(registry, "load", load)
    assert answered(run, lambda files: files, tmp_path) == {"answer": {"id": run.id}}
    imported = Run(tmp_path / run.id)
    assert imported.status().imported
    assert imported.metrics() == run.metrics()
    theirs, ours = TextInference(run), TextInference(imported)
    assert (ours.vocabulary, ours.length) == (theirs.vocabulary, theirs.length)
    z = np.random.default_rng(0).standard_normal((20, 2))
    assert np.array_equal(theirs.decode(z, 1.0), ours.decode(z, 1.0))
    for before, after in zip(theirs.encode(words.x_test), ours.encode(words.x_test), strict=True):
        assert np.array_equal(before, after)
    for name, array in run.arrays().items():
        assert np.array_equal(imported.arrays()[name], array)


def said(words: TextDataset, **changes: Any) -> Callable[[Files], Files]:
    """Records that say something else of the data set."""
    found = {"train": 168, "test": 42, "size": 4, "vocabulary": words.vocabulary} | changes
    return changed_record("start", dataset={k: v for k, v in found.items() if v is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"vocabulary": None}, "which characters"),
        ({"vocabulary": 7}, "vocabulary must be a text"),
        ({"vocabulary": ["a", "b"]}, "vocabulary must be a text"),
        ({"vocabulary": ""}, "characters in order"),
        ({"vocabulary": "ba"}, "characters in order"),
        ({"vocabulary": "aab"}, "characters in order"),
        ({"vocabulary": "\na"}, "characters in order"),
        ({"vocabulary": "a\u202e"}, "characters in order"),
        ({"vocabulary": "a\ud800"}, "not finished"),
        ({"vocabulary": "".join(map(chr, range(0x4E00, 0x4E00 + 201)))}, "characters in order"),
        ({"vocabulary": "ab"}, "does not fit the config"),
        ({"size": 1}, "1 tokens, which"),
        ({"size": 66}, "66 tokens, which"),
        ({"test": 43}, "of 43 texts"),
    ],
)
def test_a_hostile_run_on_texts_gets_one_sentence(
    run: Run,
    words: TextDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
    message: str,
) -> None:
    def gone(name: str) -> TextDataset:
        raise DatasetError(f"{name} is not on this machine.")

    monkeypatch.setattr(registry, "load", gone)
    error = answered(run, said(words, **changes), tmp_path)["error"]
    check_sentence(error)
    assert message in error


def test_a_run_of_other_texts_is_refused(run: Run, words: TextDataset, tmp_path: Path) -> None:
    """The real unicode_names, not the words that the run was trained on; and images."""
    error = answered(run, said(words), tmp_path)["error"]
    check_sentence(error)
    assert "other texts than unicode_names has here" in error
    for change, message in (
        ({"dataset": "digits"}, "other texts than digits"),
        ({"architecture": "mlp"}, "images have the shape 4,"),
    ):
        error = answered(run, changed_config(**change), tmp_path)["error"]
        check_sentence(error)
        assert message in error


def test_the_zip_of_a_run_on_texts_loads_in_plain_keras(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(io.BytesIO(bundle(run))) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / run.id
    assert "vae_core" not in (folder / "architecture.py").read_text().split('"""')[2]
    monkeypatch.syspath_prepend(str(folder))
    script = runpy.run_path(str(folder / "load.py"), run_name="load")
    sys.modules.pop("architecture")  # the next test has another
    networks, vae = TextInference(run), script["load"]()
    z = np.array([[0.5, -1.0]], np.float32)
    assert script["write"](vae, z) == networks.texts(networks.decode(z))[0]
    (word,) = networks.texts(networks.tokens(["auk"]))
    mean, _ = vae.encoder(script["tokens"](word))
    assert np.asarray(mean) == pytest.approx(networks.encode(networks.tokens([word]))[0], abs=1e-5)

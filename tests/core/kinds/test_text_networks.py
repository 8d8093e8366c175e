"""The likelihood and the networks of texts, and their metrics."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from tests.core.kinds.words import CONFIG
from tests.core.training.new_members.training import add
from vae_core import kinds
from vae_core.data.tokens import (
    FIRST,
    HIDDEN,
    PADDING,
    START,
    decoder_inputs,
    encode,
)
from vae_core.metrics import texts
from vae_core.model import likelihoods
from vae_core.model.likelihoods import TEXT_LIKELIHOODS, TextLikelihood
from vae_core.model.likelihoods.categorical import Categorical
from vae_core.model.text_vae import TextVAE


@pytest.fixture(scope="module")
def vae() -> TextVAE:
    return TextVAE(CONFIG, 9, "abcdef")


def test_distortion_of_equal_logits() -> None:
    tokens = encode(["ab", "b"], "ab", 6)
    distortion = -Categorical().log_prob(np.zeros((2, 6, 3)), tokens)
    assert distortion == pytest.approx([3 * math.log(3), 2 * math.log(3)])


@pytest.mark.parametrize("name", TEXT_LIKELIHOODS)
def test_probabilities_sum_to_one_over_all_strings(name: str) -> None:
    """exp(-distortion) of all strings of up to 3 characters, and the mass of longer strings."""
    likelihood: TextLikelihood = TEXT_LIKELIHOODS[name](CONFIG)
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((4, 3))
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    strings = [""]
    for _ in range(3):
        strings += [s + c for s in strings if len(s) == len(strings[-1]) for c in "ab"]
    tokens = np.zeros((len(strings), 4), np.int32)
    for row, string in zip(tokens, strings, strict=True):
        row[: len(string) + 1] = [*("ab".index(c) + 2 for c in string), 1]
    p = np.exp(likelihood.log_prob(np.repeat(logits[None], len(strings), 0), tokens))
    longer = np.exp(np.logaddexp(log_p[:, 1], log_p[:, 2]).sum())
    assert p.sum() + longer == pytest.approx(1)


@pytest.mark.parametrize("name", TEXT_LIKELIHOODS)
def test_a_text_likelihood_is_the_same_in_keras_and_ignores_padding(name: str) -> None:
    likelihood: TextLikelihood = TEXT_LIKELIHOODS[name](CONFIG)
    logits = np.random.default_rng(0).standard_normal((2, 6, 3)).astype(np.float32)
    tokens = encode(["ab", "b"], "ab", 6)
    expected = likelihood.log_prob(logits, tokens)
    assert expected.shape == (2,)
    assert likelihood.nats == "log-mass"
    assert np.asarray(likelihood.log_prob(logits, tokens, ops)) == pytest.approx(expected, rel=1e-5)
    logits[:, 3:] += 1  # all of this is padding
    assert likelihood.log_prob(logits, tokens) == pytest.approx(expected)
    assert likelihood.blank(6) == pytest.approx(6 * likelihood.blank(1))


class Tempered(Categorical):
    """Half the logits."""

    def log_prob(self, params: Any, tokens: Any, xp: Any = np) -> Any:
        return super().log_prob(0.5 * params, tokens, xp)


def test_a_second_likelihood_of_texts_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch, TEXT_LIKELIHOODS, "tempered", Tempered)
    config = replace(CONFIG, likelihood="tempered")
    kinds.check(config, "text")
    assert config.id != CONFIG.id
    assert likelihoods.names("text") == ("categorical", "tempered")
    assert (likelihoods.name_of(CONFIG), likelihoods.name_of(config)) == ("categorical", "tempered")
    tokens, z = encode(["abc", "f"], "abcdef", 9), np.ones((2, 2), np.float32)
    usual, tempered = (TextVAE(c, 9, "abcdef").log_likelihood(tokens, z) for c in (CONFIG, config))
    assert tempered != pytest.approx(usual)


def test_padding_changes_nothing(vae: TextVAE) -> None:
    """Neither longer networks with the same weights nor tokens after the end change the result."""
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


def test_gradients_reach_every_weight_but_the_padding(vae: TextVAE) -> None:
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


def test_word_dropout_depends_on_the_step_and_is_for_training_alone(
    vae: TextVAE,
) -> None:
    x = tf.constant(encode(["abcdef", "fedcba"], "abcdef", 9))
    first, second = vae.noise("train", 3, 2), vae.noise("train", 4, 2)
    assert np.array_equal(first, vae.noise("train", 3, 2))
    mixed = tf.concat([first[:, :2], second[:, 2:]], axis=1)  # z and dropout of two steps

    def distortion(noise: tf.Tensor, training: bool) -> list[float]:
        return list(vae.item_terms(x, noise, training).distortion.numpy())

    assert distortion(first, True) != distortion(mixed, True)
    assert distortion(first, False) == distortion(mixed, False)


def test_three_of_ten_tokens_are_hidden_but_never_the_start(
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


def test_novelty_counts() -> None:
    counts = texts.novelty(["a", "b", "b", "c", "c", "c"], {"a", "c", "z"})
    assert counts == (6, 2, 4, 3)


def test_reconstruction_counts_no_padding() -> None:
    tokens = encode(["ab", "a"], "ab", 6)
    assert texts.reconstruction(tokens, tokens) == (1, 1)
    written = tokens.copy()
    written[0, 1] = 2  # 1 of 5 tokens is wrong; tokens after the end don't count
    written[1, 4] = 3
    assert texts.reconstruction(tokens, written) == (0.5, 0.8)

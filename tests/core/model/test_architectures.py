"""Each registered architecture; and the published numbers of parameters."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from vae_core.config import ConfigError, RunConfig
from vae_core.model import architectures
from vae_core.model.architectures import ARCHITECTURES, TEXT_ARCHITECTURES
from vae_core.model.priors import standard_normal
from vae_core.model.vae import VAE


@pytest.mark.parametrize("size", [8, 13, 28, 30])
@pytest.mark.parametrize("latent_dim", [1, 2, 7])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_shapes(name: str, latent_dim: int, size: int) -> None:
    encoder, decoder, _ = architectures.build(name, (size, size, 1), 1, latent_dim)
    x = np.random.default_rng(0).uniform(size=(3, size, size, 1)).astype(np.float32)
    mean, log_var = encoder(x)
    assert mean.shape == log_var.shape == (3, latent_dim)
    assert log_var.dtype == "float32"
    assert decoder(mean).shape == (3, size, size, 1)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_items_of_any_height_width_and_channels(name: str) -> None:
    encoder, decoder, _ = architectures.build(name, (9, 14, 3), 2, 4)
    mean, _ = encoder(np.zeros((5, 9, 14, 3), np.float32))
    assert mean.shape == (5, 4)
    assert decoder(mean).shape == (5, 9, 14, 2)


@pytest.mark.parametrize("name", TEXT_ARCHITECTURES)
def test_a_text_decoder_gives_the_same_logits_at_once_and_step_by_step(name: str) -> None:
    """The test passes the states on from step to step, whatever they are."""
    encoder, decoder, _ = architectures.build(name, (7,), 5, 3)
    read = np.random.default_rng(0).integers(1, 6, (4, 7)).astype(np.int32)
    mean, log_var = encoder(read)
    assert mean.shape == log_var.shape == (4, 3)
    read = tf.constant(read)
    expected = np.asarray(decoder([mean, read]))
    assert expected.shape == (4, 7, 5)
    first, step = architectures.build_step(name, decoder)
    states = first(mean)
    names = [state.name for state in step.inputs]
    assert names[:2] == ["z", "token"]
    assert len(set(names)) == len(names)
    for i in range(7):
        logits, *states = step([mean, read[:, i : i + 1], *states])
        assert np.asarray(logits) == pytest.approx(expected[:, i], abs=1e-5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_gradients_are_finite_and_reach_all_weights(name: str) -> None:
    vae = VAE(RunConfig(architecture=name), (8, 8, 1))
    x = tf.constant(np.random.default_rng(0).uniform(size=(16, 8, 8, 1)).astype(np.float32))
    with tf.GradientTape() as tape:
        terms = vae.item_terms(x, vae.noise("train", 0, 16))
        loss = tf.reduce_mean(terms.distortion) + tf.reduce_mean(terms.rate)
    gradients = tape.gradient(loss, vae.trainable_variables)
    assert vae.trainable_variables
    for variable, gradient in zip(vae.trainable_variables, gradients, strict=True):
        assert gradient is not None, variable.path
        assert np.isfinite(gradient).all(), variable.path
        assert np.any(gradient), variable.path


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_evaluation_is_the_same_twice_and_as_in_the_exported_encoder(name: str) -> None:
    """Layers such as dropout must not act when held-out numbers are computed."""
    vae = VAE(RunConfig(architecture=name), (8, 8, 1))
    images = np.random.default_rng(0).uniform(size=(40, 8, 8, 1)).astype(np.float32)
    first, second = vae.evaluate_on(images), vae.evaluate_on(images)
    assert first.distortion == second.distortion
    rate_per_dim = standard_normal.rate_per_dim(*vae.encode(images)).mean(axis=0)
    assert first.rate_per_dim == pytest.approx(rate_per_dim, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_save_and_load(name: str, tmp_path: Path) -> None:
    saved = VAE(RunConfig(architecture=name, seed=1), (8, 8, 1))
    path = tmp_path / "vae.weights.h5"
    saved.save_weights(path)
    loaded = VAE(RunConfig(architecture=name, seed=2), (8, 8, 1))
    z = np.ones((2, 2), np.float32)
    assert not np.array_equal(saved.decoder(z), loaded.decoder(z))
    loaded.load_weights(path)
    assert np.array_equal(saved.decoder(z), loaded.decoder(z))


@pytest.mark.parametrize(
    ("name", "latent_dim", "size", "encoder_parameters", "decoder_parameters"),
    [
        ("mlp", 2, 28, 403_972, 403_728),
        ("conv", 2, 28, 69_076, 65_089),
        ("deep", 32, 64, 172_528, 140_657),
    ],
)
def test_stated_parameter_counts(
    name: str, latent_dim: int, size: int, encoder_parameters: int, decoder_parameters: int
) -> None:
    encoder, decoder, _ = architectures.build(name, (size, size, 1), 1, latent_dim)
    assert decoder.output_shape == (None, size, size, 1)
    assert encoder.count_params() == encoder_parameters
    assert decoder.count_params() == decoder_parameters


def test_unknown_name() -> None:
    with pytest.raises(ConfigError, match="mlp, conv"):
        architectures.build("transformer", (8, 8, 1), 1, 2)


@pytest.mark.parametrize("name", [*ARCHITECTURES, *TEXT_ARCHITECTURES])
@pytest.mark.parametrize("shape", [(5,), (8, 8), (8, 8, 1), (2, 8, 8, 1)])
def test_an_architecture_builds_for_the_axes_it_names(name: str, shape: tuple[int, ...]) -> None:
    """Other items are refused with a sentence, not with an error from a Keras layer."""
    axes = getattr({**ARCHITECTURES, **TEXT_ARCHITECTURES}[name], "AXES", shape)
    if len(axes) == len(shape):
        assert architectures.build(name, shape, 3, 2).decoder.output_shape
    else:
        with pytest.raises(ConfigError, match=f"'{name}' is for items of the shape"):
            architectures.build(name, shape, 3, 2)


def test_initial_weights_depend_only_on_the_seed() -> None:
    def weights(**changes: Any) -> list[np.ndarray]:
        keras.utils.set_random_seed(99)
        return VAE(replace(RunConfig(), **changes), (8, 8, 1)).get_weights()

    first = weights()
    for same in (weights(beta=20.0), weights(epochs=3), weights(schedule="linear")):
        assert all(np.array_equal(a, b) for a, b in zip(first, same, strict=True))
    other = weights(seed=1)
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))

"""The VAE of texts: `vae_core.model.vae` with an autoregressive likelihood.

p(x|z) = Π_t Categorical(x_t; softmax(logits(z, x_1 .. x_(t-1))))
"""

from __future__ import annotations

import json
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from vae_core.config import RunConfig
from vae_core.data.tokens import HIDDEN, START, decoder_inputs, generate
from vae_core.model import architectures
from vae_core.model.vae import EVALUATION_BATCH, VAE, ItemTerms

WORD_DROPOUT = 0.3  # share of the tokens that are hidden from the decoder, see `TextVAE`


class TextVAE(VAE):
    """Encoder, decoder and optimiser of one run on texts.

    In training, random tokens are hidden from the decoder, so that it has to use z instead: word
    dropout, Bowman et al. (2016), "Generating Sentences from a Continuous Space".

    Args:
        config, steps: see `VAE`.
        length: tokens of the longest text.
        vocabulary: the characters that tokens stand for.
    """

    def __init__(self, config: RunConfig, length: int, vocabulary: str, steps: int = 1) -> None:
        self.vocabulary = vocabulary
        self.length = length
        super().__init__(config, (length,), steps)
        first, step = architectures.build_step(config.architecture, self.decoder)
        # Wrapped in functions, because Keras would store the weights of these models, too.
        self._first, self._step = _compiled(first), _compiled(step)
        self._decode = tf.function(
            lambda z, read: self.decoder([z, read]), autograph=False, reduce_retracing=True
        )

    def decoder_outputs(self) -> int:
        """One for the end, and one for each character."""
        return len(self.vocabulary) + 1

    def noise(self, purpose: str, step: tf.Tensor | int, count: int) -> tf.Tensor:
        """Noise (count, d + length): standard normal for z, then uniform for word dropout."""
        key = [2 * self.config.seed + (purpose == "evaluate"), step]
        uniform = tf.random.stateless_uniform(
            (count, self.length), tf.random.fold_in(key, 1), alg="philox"
        )
        return tf.concat([super().noise(purpose, step, count), uniform], axis=1)

    def item_terms(self, x: tf.Tensor, noise: tf.Tensor, training: bool = False) -> ItemTerms:
        """Compute distortion and rate of each text, with one z for each.

        Args:
            x: (n, length), tokens.
            noise: see `noise`.
            training: the argument of Keras layers; tokens are hidden only in training.
        """
        d = self.config.latent_dim
        z, mean, log_var = self.sample_posterior(x, noise[:, :d], training)
        start = tf.fill((tf.shape(x)[0], 1), START)
        read = tf.concat([start, x[:, :-1]], axis=1)
        if training:
            hidden = (noise[:, d:] < WORD_DROPOUT) & (read != START)
            read = tf.where(hidden, HIDDEN, read)
        logits = self.decoder([z, read], training=training)
        distortion = -self.likelihood.log_prob(logits, x, ops)
        return ItemTerms(distortion, *self.rate(z, mean, log_var), z, mean, log_var)

    def log_likelihood(self, tokens: np.ndarray, z: np.ndarray) -> np.ndarray:
        """log p(x|z) (n,) of tokens (n, length) given latents (n, d), nats per text."""
        read = decoder_inputs(tokens)
        parts = []
        for i in range(0, len(z), EVALUATION_BATCH):
            some = slice(i, i + EVALUATION_BATCH)
            logits = np.asarray(self._decode(tf.constant(z[some]), tf.constant(read[some])))
            parts.append(self.likelihood.log_prob(logits, tokens[some]))
        return np.concatenate(parts)

    def decode(self, z: np.ndarray, temperature: float = 0.0, seed: int = 0) -> np.ndarray:
        """Decode latents (n, d) to tokens (n, length), see `vae_core.data.tokens.generate`."""
        z = np.asarray(z, np.float32)
        return generate(self._step, z, self._first(z), self.length, temperature, seed)

    def exported_decoder(self) -> keras.Model:
        """The network of decoder.onnx: one step of the decoder.

        [z (n, d), token (n, 1), *states] -> [logits (n, characters + 1), *next states, *first
        states]. The first states depend only on z.
        """
        first, step = architectures.build_step(self.config.architecture, self.decoder)
        return keras.Model(step.inputs, [*step.outputs, *first(step.inputs[0])], name="step")

    @property
    def browser_activation(self) -> str:
        """Empty: scripts in the browser can't decode texts."""
        return ""

    def export_properties(self) -> dict[str, str]:
        """The vocabulary, the length, and the names of the states in the order of the inputs."""
        _, step = architectures.build_step(self.config.architecture, self.decoder)
        states = [state.name for state in step.inputs[2:]]
        return {
            "vocabulary": self.vocabulary,
            "length": str(self.length),
            "states": json.dumps(states),
        }


def _compiled(network: keras.Model) -> Callable[..., tuple[np.ndarray, ...]]:
    graph = tf.function(
        lambda *inputs: network(list(inputs) if len(inputs) > 1 else inputs[0]),
        autograph=False,
        reduce_retracing=True,
    )
    return lambda *inputs: tuple(value.numpy() for value in graph(*map(tf.constant, inputs)))

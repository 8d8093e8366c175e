"""The VAE as a Keras model, and its compiled training and evaluation steps.

    posterior  q(z|x) = N(posterior_mean(x), exp(posterior_log_var(x)))    the encoder
    prior      p(z), one of `priors`
    likelihood p(x|z), one of `likelihoods`; its parameters come from      the decoder

Training minimises one of `objectives`. Kingma & Welling (2014), "Auto-Encoding Variational Bayes".

An autoencoder (config field `model`) has the same networks, but z = posterior_mean, without noise
and without a rate. Its encoder's second output is not trained and not read; `encode` returns
log-variances of -inf, as for a posterior of width 0.

Noise comes from a counter-based generator keyed by (seed, step). So the noise depends on nothing
else. A resumed run therefore gives exactly the same numbers, and all β of a seed get equal noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from vae_core.config import RunConfig
from vae_core.model import architectures, likelihoods, objectives, priors, schedules
from vae_core.model.objectives import Terms
from vae_core.model.priors import Prior, Rate

MAX_STEPS_PER_CALL = 32
EVALUATION_BATCH = 250


class VAE(keras.Model):
    """Encoder, decoder and optimiser of one run; initial weights depend only on the seed.

    Args:
        config: the run.
        item_shape: (h, w, c) of an image, (features,) of a vector.
        steps: optimiser steps of the whole run; a learning rate with decay falls over them.

    Raises:
        ConfigError: a member that the config names is unknown or doesn't fit the items.
    """

    def __init__(self, config: RunConfig, item_shape: tuple[int, ...], steps: int = 1) -> None:
        super().__init__(name="vae")
        self.config = config
        self.item_shape = item_shape
        self._prior = priors.of(config)
        self.objective = objectives.of(config)
        self.likelihood = likelihoods.of(config)
        keras.utils.set_random_seed(config.seed)
        self.encoder, self.decoder, self.jit = architectures.build(
            config.architecture, item_shape, self.decoder_outputs(), config.latent_dim
        )
        if self._prior is not None and self._prior.arrays:
            self.prior_weights = PriorWeights(self._prior.arrays)
            self._prior = priors.of(config, self.prior_weights.variables_by_name)
        learning_rate: Any = config.learning_rate
        if config.decay == "cosine":
            learning_rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
        self.compile(
            optimizer=keras.optimizers.get(
                {"class_name": config.optimizer, "config": {"learning_rate": learning_rate}}
            )
        )
        self.optimizer.build(self.trainable_variables)
        self.built = True
        # As a decorator, `tf.function` would share its cache between all models.
        self._train = tf.function(self._train_steps, jit_compile=self.jit, autograph=False)
        self._evaluate = tf.function(self.item_terms, autograph=False)

    @property
    def prior(self) -> Prior | None:
        """The prior with the present values of its arrays; None for an autoencoder."""
        if self._prior is None or not self._prior.arrays:
            return self._prior
        values = {name: np.array(variable) for name, variable in self._prior.arrays.items()}
        return priors.of(self.config, values)

    def decoder_outputs(self) -> int:
        """Numbers on the decoder's last axis: the likelihood's k for each channel or feature.

        `TextVAE` overrides this.
        """
        return int(self.likelihood.numbers * self.item_shape[-1])

    def sample_posterior(
        self, x: tf.Tensor, noise: tf.Tensor, training: bool
    ) -> tuple[tf.Tensor, ...]:
        """Sample with the reparameterisation trick: z = mean + std * noise.

        So gradients reach mean and std. For an autoencoder, z is the mean.

        Args:
            x: (n, *item_shape).
            noise: (n, d), standard normal.
            training: the argument of Keras layers.

        Returns:
            z, posterior_mean, posterior_log_var, each (n, d).
        """
        mean, log_var = self.encoder(x, training=training)
        if self._prior is None:
            return mean, mean, log_var
        return mean + ops.exp(0.5 * log_var) * noise, mean, log_var

    def item_terms(self, x: tf.Tensor, noise: tf.Tensor, training: bool = False) -> ItemTerms:
        """Compute distortion and rate of each item, with one z for each.

        Args:
            x: (n, *item_shape).
            noise: see `noise`.
            training: the argument of Keras layers.
        """
        z, mean, log_var = self.sample_posterior(x, noise, training)
        params = self._by_value(self.decoder(z, training=training))
        values = ops.reshape(x, (-1, math.prod(self.item_shape)))
        distortion = -self.likelihood.log_prob(params, values, ops)
        return ItemTerms(distortion, *self.rate(z, mean, log_var), z, mean, log_var)

    def _by_value(self, outputs: Any) -> Any:
        """Reshape decoder outputs (n, *item_shape[:-1], c * k) to (n, D, k) for the likelihood.

        D is the number of values of an item, and k the likelihood's numbers for each value.
        """
        return ops.reshape(outputs, (-1, math.prod(self.item_shape), self.likelihood.numbers))

    def rate(self, z: tf.Tensor, mean: tf.Tensor, log_var: tf.Tensor) -> Rate:
        """The rate of items with samples z and posteriors (n, d); (None, None) without a prior."""
        if self._prior is None:
            return Rate(None, None)
        return self._prior.rate(z, mean, log_var, ops)

    def train_steps(
        self,
        items: tf.Tensor,
        batches: np.ndarray,
        first_step: int,
        schedule: schedules.Schedule,
    ) -> dict[str, float]:
        """Make k optimiser steps in one call; the loop over the batches runs inside the graph.

        Args:
            items: (n, *item_shape), all training items.
            batches: (k, batch_size), indices of items; k is at most `MAX_STEPS_PER_CALL`.
            first_step: number of the first of these steps in the whole run.
            schedule: beta and capacity of these steps.

        Returns:
            The objective's parts by name, means over the k batches.
        """
        count = len(batches)
        # Padded to a fixed shape, so that XLA compiles only once.
        padded = np.zeros((MAX_STEPS_PER_CALL, batches.shape[1]), np.int32)
        padded[:count] = batches
        beta, capacity = (np.zeros(MAX_STEPS_PER_CALL, np.float32) for _ in range(2))
        beta[:count] = schedule.beta
        if schedule.capacity is not None:
            capacity[:count] = schedule.capacity
        sums = self._train(
            items,
            tf.constant(padded),
            tf.constant(first_step, tf.int32),
            tf.constant(count, tf.int32),
            tf.constant(beta),
            tf.constant(capacity),
        )
        means = (float(value) / count for value in sums.numpy())
        return dict(zip(self.objective.parts, means, strict=True))

    def _train_steps(
        self,
        items: tf.Tensor,
        batches: tf.Tensor,
        first_step: tf.Tensor,
        count: tf.Tensor,
        beta: tf.Tensor,
        capacity: tf.Tensor,
    ) -> tf.Tensor:
        weights = self.trainable_variables
        batch_size = batches.shape[1]

        def step(i: tf.Tensor, sums: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            x = tf.gather(items, batches[i])
            noise = self.noise("train", first_step + i, batch_size)
            with tf.GradientTape() as tape:
                per_item = self.item_terms(x, noise, training=True)
                terms = Terms(
                    distortion=tf.reduce_mean(per_item.distortion),
                    rate=None if per_item.rate is None else tf.reduce_mean(per_item.rate),
                    rate_per_dim=None
                    if per_item.rate_per_dim is None
                    else tf.reduce_mean(per_item.rate_per_dim, axis=0),
                    z=per_item.z,
                    posterior_mean=per_item.posterior_mean,
                    posterior_log_var=per_item.posterior_log_var,
                    prior=self._prior,
                )
                now = schedules.Step(beta[i], capacity[i])
                loss = self.objective.loss(terms, now, ops)
            gradients = [
                # The log-variance of an autoencoder has no gradient.
                tf.zeros(weight.shape) if gradient is None else gradient
                for gradient, weight in zip(tape.gradient(loss, weights), weights, strict=True)
            ]
            self.optimizer.apply(gradients, weights)
            parts = objectives.reported(self.objective, loss, terms, now, ops)
            return i + 1, sums + tf.stack(list(parts.values()))

        start = tf.constant(0), tf.zeros(len(self.objective.parts))
        _, sums = tf.while_loop(lambda i, _: i < count, step, start)
        return sums

    def noise(self, purpose: str, step: tf.Tensor | int, count: int) -> tf.Tensor:
        """Standard normal noise (count, d), which depends only on seed, purpose and step.

        Args:
            purpose: `train` or `evaluate`.
            step: number of the step in the whole run.
            count: number of items.
        """
        key = 2 * self.config.seed + (purpose == "evaluate")
        return tf.random.stateless_normal(
            (count, self.config.latent_dim), [key, step], alg="philox"
        )

    def evaluate_on(self, items: np.ndarray) -> Terms:
        """Compute the terms of items (n, *item_shape), with one z sampled from each posterior.

        The noise is the same in every call, so that epochs can be compared and numbers recomputed.
        """
        noise = self.noise("evaluate", 0, len(items))
        batches = [
            self._evaluate(
                tf.constant(items[i : i + EVALUATION_BATCH]),
                noise[i : i + EVALUATION_BATCH],
            )
            for i in range(0, len(items), EVALUATION_BATCH)
        ]
        per_item = ItemTerms(
            *(
                None if parts[0] is None else np.concatenate(parts)
                for parts in zip(*batches, strict=True)
            )
        )
        rate = rate_per_dim = None
        if per_item.rate_per_dim is not None:
            rate_per_dim = per_item.rate_per_dim.mean(axis=0, dtype=np.float64)
            rate = float(rate_per_dim.sum())
        elif per_item.rate is not None:
            rate = float(per_item.rate.mean(dtype=np.float64))
        return Terms(
            distortion=float(per_item.distortion.mean(dtype=np.float64)),
            rate=rate,
            rate_per_dim=rate_per_dim,
            z=per_item.z,
            posterior_mean=per_item.posterior_mean,
            posterior_log_var=per_item.posterior_log_var,
            prior=self.prior,
        )

    def encode(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return posterior_mean and posterior_log_var (n, d) of items (n, *item_shape).

        An autoencoder's posteriors have no width: their log-variance is -inf.
        """
        parts = [
            self.encoder(items[i : i + EVALUATION_BATCH])
            for i in range(0, len(items), EVALUATION_BATCH)
        ]
        mean, log_var = (np.concatenate(part) for part in zip(*parts, strict=True))
        return mean, log_var if self._prior else np.full_like(mean, -np.inf)

    def decoder_params(self, z: np.ndarray) -> np.ndarray:
        """Decode latents (n, d) to the parameters of the likelihood (n, D, k)."""
        parts = [
            np.asarray(self._by_value(self.decoder(z[i : i + EVALUATION_BATCH])))
            for i in range(0, len(z), EVALUATION_BATCH)
        ]
        return np.concatenate(parts)

    def decode(self, z: np.ndarray) -> np.ndarray:
        """Decode latents (n, d) to the means of the likelihood (n, *item_shape)."""
        means = self.likelihood.mean(self.decoder_params(z))
        return np.asarray(means).reshape(len(z), *self.item_shape)

    def log_likelihood(self, items: np.ndarray, z: np.ndarray) -> np.ndarray:
        """log p(x|z) (n,) of items (n, *item_shape) given latents (n, d), nats per item."""
        log_prob = self.likelihood.log_prob(self.decoder_params(z), items.reshape(len(items), -1))
        return np.asarray(log_prob)

    def exported_decoder(self) -> keras.Model:
        """The network of decoder.onnx: z (n, d) -> means of the likelihood (n, *item_shape).

        If the likelihood has no `activation`, its parameters can't be computed from the means. The
        decoder's own output is then the second output.
        """
        outputs = self.decoder.output
        if self.likelihood.activation:
            means = keras.layers.Activation(self.likelihood.activation)(outputs)
            return keras.Model(self.decoder.input, means)
        means = self.likelihood.mean(self._by_value(outputs), ops)
        return keras.Model(
            self.decoder.input, [ops.reshape(means, (-1, *self.item_shape)), outputs]
        )

    @property
    def browser_activation(self) -> str:
        """The last activation in decoder.json; empty if scripts in the browser can't decode."""
        return str(self.likelihood.activation)

    def export_properties(self) -> dict[str, str]:
        """The metadata of decoder.onnx."""
        return {}

    def finite(self) -> bool:
        """Whether all weights are finite."""
        return all(bool(tf.reduce_all(tf.math.is_finite(w))) for w in self.trainable_variables)


class PriorWeights(keras.layers.Layer):
    """The numbers of a prior that training learns.

    Args:
        arrays: name -> first values, see `Prior.arrays`.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        super().__init__(name="prior")
        self.variables_by_name = {
            name: self.add_weight(
                shape=values.shape, initializer=keras.initializers.Constant(values), name=name
            )
            for name, values in arrays.items()
        }
        self.built = True


class ItemTerms(NamedTuple):
    """The terms of n items, with one z for each.

    Attributes:
        distortion: (n,), nats per item.
        rate: (n,), nats per item, summed over the latent dimensions; None for an autoencoder.
        rate_per_dim: (n, d), nats per item; None for an autoencoder, and if the prior is not
            factorised.
        z: (n, d).
        posterior_mean, posterior_log_var: (n, d).
    """

    distortion: Any
    rate: Any
    rate_per_dim: Any
    z: Any
    posterior_mean: Any
    posterior_log_var: Any

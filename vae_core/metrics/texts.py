"""Compute the metrics of a trained model on texts."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple, Protocol

import numpy as np

from vae_core.data import tokens as data_tokens
from vae_core.data.tokens import PADDING
from vae_core.metrics import measurement
from vae_core.metrics.bounds import BOUND_IMAGES, BOUND_SAMPLES, importance_weighted_bounds
from vae_core.metrics.catalogue import TOKENS, measurable, needing
from vae_core.model.priors import Prior

SAMPLES = 1000  # texts sampled from the prior for novelty
NAMES = needing(TOKENS)  # metrics that only texts have


class TextNetworks(Protocol):
    """A model of texts that `measure` can measure, such as TextVAE and TextInference."""

    @property
    def prior(self) -> Prior | None:
        """p(z); None for an autoencoder."""
        ...

    def encode(self, images: np.ndarray, /) -> tuple[np.ndarray, np.ndarray]:
        """Return posterior_mean and posterior_log_var (n, d) of tokens (n, length)."""
        ...

    def log_likelihood(self, tokens: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return log p(x|z) (n,) of tokens (n, length) and latents (n, d)."""
        ...

    def decode(self, z: np.ndarray, temperature: float = 0.0, seed: int = 0) -> np.ndarray:
        """Return tokens (n, length) of latents (n, d)."""
        ...


class Reconstruction(NamedTuple):
    """How well texts are reconstructed; shares from 0 to 1."""

    exact_match: float
    token_accuracy: float


class Novelty(NamedTuple):
    """How many of a model's texts are new; counts.

    Attributes:
        texts: all texts, new + copies.
        new: texts that are not among the training texts.
        copies: texts that are among the training texts.
        repeats: texts that repeat another of the model's texts.
    """

    texts: int
    new: int
    copies: int
    repeats: int


def measure(
    networks: TextNetworks,
    tokens: np.ndarray,
    labels: np.ndarray,
    train: np.ndarray,
    vocabulary: str,
    seed: int = 0,
) -> dict[str, float]:
    """Compute those metrics of a trained model of texts that training itself does not report.

    Args:
        networks: the model.
        tokens: (n, length), held out.
        labels: (n,).
        train: (m, length), the training texts as tokens.
        vocabulary: the characters that tokens stand for.
        seed: see `vae_core.metrics.measurement.measure`.

    Returns:
        Name in `vae_core.metrics.catalogue.METRICS` -> value; values that are not finite are left
        out.
    """
    bounds_rng, parts_rng, mmd_rng, prior_rng = (
        np.random.default_rng([seed, purpose]) for purpose in range(4)
    )
    subset = tokens[bounds_rng.permutation(len(tokens))[:BOUND_IMAGES]]
    mean, log_var = networks.encode(tokens)
    metrics = measurement.latent_metrics(mean, log_var, labels, parts_rng, mmd_rng, networks.prior)
    metrics |= reconstruction(tokens, networks.decode(mean))._asdict()
    if "novelty" not in measurable(measurement.given_needs(networks.prior, labels) | {TOKENS}):
        return metrics
    assert networks.prior is not None
    bounds = importance_weighted_bounds(
        lambda z: networks.log_likelihood(subset, z),
        *networks.encode(subset),
        samples=BOUND_SAMPLES,
        rng=bounds_rng,
        prior=networks.prior,
    )
    metrics |= {f"iw_bound_{k}": value for k, value in bounds.items()}
    z = networks.prior.sample(SAMPLES, mean.shape[1], prior_rng).astype(np.float32)
    samples = data_tokens.decode(networks.decode(z, 1.0, seed), vocabulary)
    counts = novelty(samples, set(data_tokens.decode(train, vocabulary)))
    metrics["novelty"] = counts.new / counts.texts
    metrics["repeats"] = counts.repeats / counts.texts
    return {name: value for name, value in metrics.items() if math.isfinite(value)}


def reconstruction(tokens: np.ndarray, decoded: np.ndarray) -> Reconstruction:
    """Compute the shares of texts and of tokens that are reconstructed; padding doesn't count.

    Args:
        tokens: (n, length), the originals.
        decoded: (n, length), their reconstructions.
    """
    counted = tokens != PADDING
    same = tokens == decoded
    # The end token counts, so a text that goes on after it is no exact match.
    exact = (same | ~counted).all(axis=1)
    return Reconstruction(float(exact.mean()), float(same[counted].mean()))


def novelty(texts: list[str], train: Collection[str]) -> Novelty:
    """Count which of a model's texts are not among its training texts.

    Args:
        texts: the model's texts.
        train: all training texts; a set, because a list takes long to search.
    """
    copies = sum(text in train for text in texts)
    return Novelty(len(texts), len(texts) - copies, copies, len(texts) - len(set(texts)))

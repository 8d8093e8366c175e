"""Numbers about a run on texts, in NumPy: those of `vae_core.metrics` that fit, and its own."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple, Protocol

import numpy as np

from vae_core.data import tokens as data_tokens
from vae_core.data.tokens import PADDING
from vae_core.metrics import measurement
from vae_core.metrics.bounds import BOUND_IMAGES, BOUND_SAMPLES, importance_weighted_bounds

SAMPLES = 1000  # of the prior, for novelty


NAMES = ("exact_match", "token_accuracy", "novelty", "repeats")  # of texts alone


class TextNetworks(Protocol):
    """What `measure` asks of a model; TextVAE and TextInference have it."""

    def encode(self, images: np.ndarray, /) -> tuple[np.ndarray, np.ndarray]:
        """posterior_mean and posterior_log_var (n, d) of tokens (n, length)."""
        ...

    def log_likelihood(self, tokens: np.ndarray, z: np.ndarray) -> np.ndarray:
        """log p(x|z) (n,) of tokens (n, length) and latents (n, d)."""
        ...

    def decode(self, z: np.ndarray, temperature: float = 0.0, seed: int = 0) -> np.ndarray:
        """Tokens (n, length) of latents (n, d)."""
        ...


class Reconstruction(NamedTuple):
    """How well texts come back; shares."""

    exact_match: float
    token_accuracy: float


class Novelty(NamedTuple):
    """What a model's texts are beside those it was trained on; counts.

    Attributes:
        texts: all that were counted; `new` and `copies` add up to it.
        copies: that are training texts.
        repeats: that repeat another of them.
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
    has_rate: bool = True,
) -> dict[str, float]:
    """All metrics of a trained model that training itself does not report.

    Args:
        networks: the model.
        tokens: (n, length), held out.
        labels: (n,).
        train: (m, length), what it was trained on.
        vocabulary: of the tokens.
        seed: see `vae_core.metrics.measurement.measure`, whose subsets are these.
        has_rate: see there; an autoencoder has no prior to sample texts from.

    Returns:
        By name, see `vae_core.metrics.catalogue.METRICS`; one that is no finite number is left out.
    """
    bounds_rng, parts_rng, mmd_rng, prior_rng = (
        np.random.default_rng([seed, purpose]) for purpose in range(4)
    )
    few = tokens[bounds_rng.permutation(len(tokens))[:BOUND_IMAGES]]
    mean, log_var = networks.encode(tokens)
    found = measurement.of_latents(mean, log_var, labels, parts_rng, mmd_rng, has_rate)
    found |= reconstruction(tokens, networks.decode(mean))._asdict()
    if not has_rate:
        return found
    bounds = importance_weighted_bounds(
        lambda z: networks.log_likelihood(few, z),
        *networks.encode(few),
        samples=BOUND_SAMPLES,
        rng=bounds_rng,
    )
    found |= {f"iw_bound_{k}": value for k, value in bounds.items()}
    z = prior_rng.standard_normal((SAMPLES, mean.shape[1])).astype(np.float32)
    drawn = data_tokens.decode(networks.decode(z, 1.0, seed), vocabulary)
    counted = novelty(drawn, set(data_tokens.decode(train, vocabulary)))
    found["novelty"] = counted.new / counted.texts
    found["repeats"] = counted.repeats / counted.texts
    return {name: value for name, value in found.items() if math.isfinite(value)}


def reconstruction(tokens: np.ndarray, written: np.ndarray) -> Reconstruction:
    """Shares of texts, and of their tokens, that come back; padding doesn't count.

    Args:
        tokens: (n, length).
        written: (n, length), what became of them.
    """
    real = tokens != PADDING
    same = tokens == written
    whole = (same | ~real).all(axis=1)  # the end counts, so nothing can follow
    return Reconstruction(float(whole.mean()), float(same[real].mean()))


def novelty(texts: list[str], train: Collection[str]) -> Novelty:
    """Which of a model's texts are not those that it was trained on.

    Args:
        texts: that it wrote.
        train: all training texts; a set, or it takes long.
    """
    copies = sum(written in train for written in texts)
    return Novelty(len(texts), len(texts) - copies, copies, len(texts) - len(set(texts)))

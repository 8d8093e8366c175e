"""The β-VAE objective: rate, distortion, elbo, loss and the schedules of β. The only copy.

Kingma & Welling (2014), "Auto-Encoding Variational Bayes", eq. 10 and appendix B;
Higgins et al. (2017), "beta-VAE", eq. 4; Burgess et al. (2018), "Understanding disentangling
in β-VAE", eq. 8 (capacity); Fu et al. (2019), "Cyclical Annealing Schedule" (cyclical).

The formulas take an array module `xp`, so that training (`keras.ops`) and the NumPy side share
one text. Everything is in nats an image: summed over pixels and over latent dimensions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from vae_core.config import ConfigError, RunConfig


def rate_per_dim(posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
    """KL(q(z|x) || N(0, 1)) of each latent dimension, in closed form.

    Args:
        posterior_mean: (..., d).
        posterior_log_var: (..., d), natural log of the variance.
        xp: array module, `numpy` or `keras.ops`.

    Returns:
        (..., d), nats; never below 0 but for rounding.
    """
    variance = xp.exp(posterior_log_var)
    return 0.5 * (xp.square(posterior_mean) + variance - 1.0 - posterior_log_var)


def rate(posterior_mean: Any, posterior_log_var: Any, xp: Any = np) -> Any:
    """KL(q(z|x) || p(z)), summed over the latent dimensions: (..., d) -> (...), nats an image."""
    return xp.sum(rate_per_dim(posterior_mean, posterior_log_var, xp), axis=-1)


def distortion(logits: Any, x: Any, xp: Any = np) -> Any:
    """-log p(x|z) of a Bernoulli decoder, from logits, summed over the pixels.

    On grey pixels this is a cross-entropy, not a likelihood: its floor is above 0, so never
    compare it with numbers on binarised images.

    Args:
        logits: (n, pixels), before the sigmoid: no pixel saturates, unlike log(sigmoid).
        x: (n, pixels), in [0, 1].
        xp: array module, `numpy` or `keras.ops`.

    Returns:
        (n,), nats an image.
    """
    log_one_plus_exp = xp.maximum(logits, 0.0) + xp.log1p(xp.exp(-xp.abs(logits)))
    return xp.sum(log_one_plus_exp - x * logits, axis=-1)


def sequence_distortion(logits: Any, tokens: Any, xp: Any = np) -> Any:
    """-log p(x|z) of texts: the cross-entropies of their tokens, summed up to the end of each.

    This is -log of a likelihood over all strings. Padding has none.

    Args:
        logits: (n, length, c + 1) of the end and the c characters, with each token's predecessors
            given.
        tokens: (n, length), see `vae_core.text`; 0 is padding.
        xp: array module, `numpy` or `keras.ops`.

    Returns:
        (n,), nats a text.
    """
    highest = xp.max(logits, axis=-1, keepdims=True)
    log_sum = highest[..., 0] + xp.log(xp.sum(xp.exp(logits - highest), axis=-1))
    classes = xp.arange(1, logits.shape[-1] + 1, dtype="int32")  # padding is none of them
    true = xp.sum(xp.where(tokens[..., None] == classes, logits, 0.0), axis=-1)
    return xp.sum(xp.where(tokens > 0, log_sum, 0.0) - true, axis=-1)


def elbo(distortion: Any, rate: Any) -> Any:
    """-(distortion + rate), nats an image: free of β, so it compares runs of several β."""
    return -(distortion + rate)


def loss(distortion: Any, rate: Any, beta: Any, capacity: Any = None, xp: Any = np) -> Any:
    """What training minimises: distortion + beta * rate, or beta * |rate - capacity|.

    A plain number 0 for `beta` leaves the rate out of the graph altogether: it then runs off,
    and 0 * inf must not turn the loss into nan.
    """
    if isinstance(beta, int | float) and beta == 0:
        return distortion
    penalty = rate if capacity is None else xp.abs(rate - capacity)
    return distortion + beta * penalty


REDUCTIONS = ("sum", "mean")


def effective_beta(
    beta: float, kl: str, reconstruction: str, latent_dim: int, pixels: int
) -> float:
    """The β of `loss` that a loss written otherwise has.

    `reconstruction + beta * kl` with means in place of sums is distortion / D + beta * rate / d:
    up to a factor, which moves no minimum, distortion + (beta * D / d) * rate.

    Args:
        beta: as it is written there.
        kl: `sum` or `mean` over the latent dimensions.
        reconstruction: `sum` or `mean` over the pixels of -log p(x|z).
        latent_dim: d.
        pixels: D, of an image, with all its channels.

    Raises:
        ConfigError: d or D is below 1, or another word for `sum` or `mean`.
    """
    for name, value in (("kl", kl), ("reconstruction", reconstruction)):
        if value not in REDUCTIONS:
            raise ConfigError(f"{name} must be one of {', '.join(REDUCTIONS)}; got {value!r}.")
    if latent_dim < 1 or pixels < 1:
        raise ConfigError("There must be at least one latent dimension and one pixel.")
    beta = beta / latent_dim if kl == "mean" else beta
    return beta * pixels if reconstruction == "mean" else beta


def terms(config: RunConfig) -> tuple[str, ...]:
    """What training reports of each batch, by name: an autoencoder has no rate."""
    return ("loss", "distortion", "rate") if config.has_rate else ("loss", "distortion")


class Schedule(NamedTuple):
    """beta and capacity at some steps; capacity is None but for the capacity schedule."""

    beta: np.ndarray
    capacity: np.ndarray | None


def schedule(config: RunConfig, steps: Any, total_steps: int) -> Schedule:
    """β (and C) as a function of the step: the one that trains and the one that is plotted.

    constant: β throughout. linear: from 0 to β over the first `warmup` of all steps, then β.
    cyclical: the same within each of `cycles` equal parts. capacity: β throughout as the weight
    of |rate - C|, with C from 0 to `capacity` nats over the first `warmup` of all steps.

    Args:
        config: the run.
        steps: (k,) step numbers from 0.
        total_steps: number of steps of the whole run.

    Returns:
        Schedule of float32 arrays (k,).
    """
    done = np.asarray(steps, np.float64) / max(total_steps, 1)
    beta = np.full(done.shape, config.beta, np.float32)
    if config.schedule == "cyclical":
        done = (done * config.cycles) % 1.0
    grown = np.minimum(done / config.warmup, 1.0) if config.warmup > 0 else np.ones(done.shape)
    if config.schedule == "constant":
        return Schedule(beta, None)
    if config.schedule == "capacity":
        return Schedule(beta, (config.capacity * grown).astype(np.float32))
    return Schedule((config.beta * grown).astype(np.float32), None)

"""Entropy, cross-entropy and KL divergence of discrete distributions and of two Gaussians.

Shannon (1948), "A Mathematical Theory of Communication", sections 6 and 20; Kullback & Leibler
(1951), "On Information and Sufficiency", section 2; Cover & Thomas (2006), "Elements of Information
Theory", sections 2.1 to 2.3 (conventions at 0). The KL of Gaussians builds on
`vae_core.model.priors.standard_normal.rate_per_dim`, the rate of a VAE.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vae_core.config import VaeLabError
from vae_core.model.priors import standard_normal

NATS_IN = {"nats": 1.0, "bits": math.log(2)}  # one unit, in nats


class InformationError(VaeLabError, ValueError):
    """Weights that can't be normalised to a probability distribution."""


def distribution(weights: Any, name: str = "p") -> np.ndarray:
    """Normalise weights (n,) to probabilities (n,) float64.

    Raises:
        InformationError: there are no weights, one is below 0 or not finite, or all are 0.
    """
    values = np.asarray(weights, np.float64)
    if values.ndim != 1 or not len(values) or not np.isfinite(values).all() or (values < 0).any():
        raise InformationError(f"{name} must be numbers from 0 up.")
    largest = float(values.max())
    if largest == 0:
        raise InformationError(f"{name} must have at least one number above 0.")
    values = values / largest  # so that no sum overflows
    return values / values.sum()


def surprise(q: np.ndarray, unit: str = "nats") -> np.ndarray:
    """Compute -log q of each outcome (n,): infinite where q is 0."""
    with np.errstate(divide="ignore"):
        return -np.log(q) / NATS_IN[unit] + 0.0  # + 0.0 turns the -0 of a certain outcome into 0


def cross_entropy(p: np.ndarray, q: np.ndarray, unit: str = "nats") -> float:
    """Compute H(p, q) = -Σ p log q: the mean surprise if q is expected and p is true.

    Args:
        p, q: (n,) probabilities; 0 log 0 counts as 0.
        unit: `nats` or `bits`.

    Returns:
        At least H(p); infinite where an outcome of p is impossible under q.
    """
    possible = p > 0
    return float(p[possible] @ surprise(q[possible], unit))


def entropy(p: np.ndarray, unit: str = "nats") -> float:
    """Compute H(p) = -Σ p log p: 0 if one outcome is certain, log n if all are equally likely."""
    return cross_entropy(p, p, unit)


def kl_terms(p: np.ndarray, q: np.ndarray, unit: str = "nats") -> np.ndarray:
    """Compute p log(p / q) of each outcome (n,); KL(p || q) is their sum.

    A term is negative where q is larger than p, 0 where p is 0, and infinite where only q is 0.
    """
    terms = np.zeros(len(p))
    possible = p > 0
    with np.errstate(divide="ignore"):  # q may be 0
        # p / q would overflow for a tiny q.
        log_ratio = np.log(p[possible]) - np.log(q[possible])
    terms[possible] = p[possible] * log_ratio / NATS_IN[unit]
    return terms


def kl(p: np.ndarray, q: np.ndarray, unit: str = "nats") -> float:
    """Compute KL(p || q) = H(p, q) - H(p): the extra surprise from expecting q instead of p.

    Args:
        p, q: (n,) probabilities.
        unit: `nats` or `bits`.

    Returns:
        0 if q equals p (apart from rounding), else above 0; infinite if q is 0 where p is not.
    """
    return max(float(kl_terms(p, q, unit).sum()), 0.0)


def gaussian(x: Any, mean: float, std: float) -> np.ndarray:
    """Compute the density of N(mean, std²) at points x, in the shape of x."""
    z = (np.asarray(x, np.float64) - mean) / std
    return np.exp(-0.5 * np.square(z)) / (std * math.sqrt(2 * math.pi))


def kl_integrand(x: Any, mean_p: float, std_p: float, mean_q: float, std_q: float) -> np.ndarray:
    """Compute p(x) log(p(x) / q(x)) of two Gaussians at points x; nats per unit of x."""
    x = np.asarray(x, np.float64)
    log_p = -0.5 * np.square((x - mean_p) / std_p) - math.log(std_p)
    log_q = -0.5 * np.square((x - mean_q) / std_q) - math.log(std_q)
    return gaussian(x, mean_p, std_p) * (log_p - log_q)


def kl_gaussians(mean_p: float, std_p: float, mean_q: float, std_q: float) -> float:
    """Compute KL(N(mean_p, std_p²) || N(mean_q, std_q²)) in closed form, nats.

    KL doesn't change when both are shifted and scaled in the same way. So they are shifted and
    scaled until q is N(0, 1). Then KL is the rate of a VAE.
    """
    log_var = 2 * (math.log(std_p) - math.log(std_q))
    return float(standard_normal.rate_per_dim((mean_p - mean_q) / std_q, log_var))


def kl_gaussians_integral(
    mean_p: float, std_p: float, mean_q: float, std_q: float, points: int = 2001
) -> float:
    """Compute the same as `kl_gaussians` by integrating `kl_integrand` numerically, nats.

    The trapezoidal rule covers 12 standard deviations of p on each side; beyond, p is 0 in floating
    point. On smooth curves that end in 0 the rule is nearly exact (Trefethen & Weideman, 2014,
    "The Exponentially Convergent Trapezoidal Rule").
    """
    x = np.linspace(mean_p - 12 * std_p, mean_p + 12 * std_p, points)
    return float(np.trapezoid(kl_integrand(x, mean_p, std_p, mean_q, std_q), x))


def rate_gradient(mean: float, std: float) -> tuple[float, float]:
    """Compute the derivatives of a dimension's rate by its posterior's mean and std, nats per unit.

    They are mean and std - 1 / std, from `standard_normal.rate_per_dim`. Both are 0 only where the
    posterior equals the prior.
    """
    return mean, std - 1 / std

"""Likelihoods p(x|z): one file each, one line in the registry.

A member is a class that is built from the config and has the methods of `Likelihood`. Listing the
names imports no member.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from vae_core.config import RunConfig
from vae_core.registry import Registry

LIKELIHOODS = Registry(
    "likelihood",
    "vae_lab.likelihoods",
    {
        "bernoulli": "vae_core.model.likelihoods.bernoulli:Bernoulli",
        "gaussian": "vae_core.model.likelihoods.gaussian:Gaussian",
    },
)
# Texts always have the likelihood of `categorical`.
BY_KIND = {"images": LIKELIHOODS}


class Likelihood(Protocol):
    """p(x|z) of an item with D independent values.

    The values of an image are the channels of its pixels. The values of a vector are its features.

    Attributes:
        numbers: k, the parameters of each value's distribution, which the decoder gives.
        activation: the function from the parameter of a value to its mean, `sigmoid` or `linear`.
            decoder.onnx and the browser apply it to the decoder's outputs. Empty if k is above 1:
            decoder.onnx then gives the means and the parameters, and browsers don't decode.
        nats: what log_prob is: "cross-entropy", "log-density" or "log-mass".
        of_binary: is log_prob a log-mass if each value is 0 or 1?
    """

    numbers: int
    activation: str
    nats: str
    of_binary: bool

    def log_prob(self, params: Any, x: Any, xp: Any = np) -> Any:
        """log p(x|z), summed over the values.

        Args:
            params: (n, D, k), from the decoder.
            x: (n, D) in [0, 1].
            xp: array module, `numpy` or `keras.ops`.

        Returns:
            (n,), nats per item.
        """
        ...

    def mean(self, params: Any, xp: Any = np) -> Any:
        """The mean of each value (n, D), from parameters (n, D, k)."""
        ...

    def params_of(self, mean: np.ndarray) -> np.ndarray:
        """The parameters (n, D, 1) from the means (n, D): the inverse of `mean`.

        Needed only if there is an `activation`.
        """
        ...

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Draw values (n, D) from distributions with parameters (n, D, k)."""
        ...

    def blank(self, values: int) -> float:
        """A distortion, in nats per item, that an untrained model doesn't exceed.

        If the loss is many times as high, training has diverged.

        Args:
            values: D.
        """
        ...

    def least_distortion(self, x: np.ndarray) -> np.ndarray | None:
        """The least distortion (n,) that any decoder can reach on items x (n, D), nats per item.

        None if it is not known, or if there is no least one.
        """
        ...


def of(config: RunConfig) -> Likelihood:
    """The likelihood that the config names.

    Raises:
        ConfigError: no likelihood has that name.
    """
    likelihood: Likelihood = LIKELIHOODS[config.likelihood](config)
    return likelihood


def names(kind: str | None = None) -> tuple[str, ...]:
    """The likelihoods for a kind of data; for None those of images.

    A kind that is not in `BY_KIND` has a fixed likelihood and ignores the config's field. For such
    a kind, only the field's default is returned.
    """
    return tuple(BY_KIND.get(kind or "images", (RunConfig.likelihood,)))

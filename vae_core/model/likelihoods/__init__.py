"""Likelihoods p(x|z): one file each, one line in the registry.

A member is a class that is built from the config and does what `Likelihood` says. Listing the
names imports none.
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
# A text has one likelihood over its tokens, see `categorical`.
BY_KIND = {"images": LIKELIHOODS}


class Likelihood(Protocol):
    """p(x|z) of an item with D independent values.

    The values of an image are its pixels, or with colour each channel of each pixel. Those of a
    vector are its features.

    Attributes:
        numbers: k, how many the decoder gives for each value.
        activation: turns the one number of a value into its mean, `sigmoid` or `linear`; in ONNX
            and in the browser it is the decoder's last step. Empty where k is above 1: decoder.onnx
            then gives the mean and the numbers, and no browser decodes.
        nats: what -log_prob is: "cross-entropy", "log-density" or "log-mass".
        of_binary: is log_prob a log-mass where each value is 0 or 1?
    """

    numbers: int
    activation: str
    nats: str
    of_binary: bool

    def log_prob(self, params: Any, x: Any, xp: Any = np) -> Any:
        """log p(x|z), summed over the values.

        Args:
            params: (n, D, k), what the decoder gives.
            x: (n, D) in [0, 1].
            xp: array module, `numpy` or `keras.ops`.

        Returns:
            (n,), nats an item.
        """
        ...

    def mean(self, params: Any, xp: Any = np) -> Any:
        """The mean of each value (n, D), of what the decoder gives (n, D, k)."""
        ...

    def params_of(self, mean: np.ndarray) -> np.ndarray:
        """What the decoder gave (n, D, 1), from the mean (n, D): the inverse of `mean`.

        Only asked of a likelihood with an `activation`.
        """
        ...

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Values (n, D) drawn from the distribution, of what the decoder gives (n, D, k)."""
        ...

    def blank(self, values: int) -> float:
        """Distortion, nats an item, that training begins with, or more.

        A loss that is many times as high has exploded.

        Args:
            values: D.
        """
        ...

    def least_distortion(self, x: np.ndarray) -> np.ndarray | None:
        """The least distortion (n,) that any decoder can reach on items x (n, D), nats an item.

        None where it is not known, or where there is none.
        """
        ...


def of(config: RunConfig) -> Likelihood:
    """The likelihood that the config asks for.

    Raises:
        ConfigError: there is none of that name.
    """
    likelihood: Likelihood = LIKELIHOODS[config.likelihood](config)
    return likelihood


def names(kind: str | None = None) -> tuple[str, ...]:
    """Return the likelihoods for a kind of data; None: for any kind.

    For data of a kind that is not in `BY_KIND`, the field of the config has no effect.
    """
    return tuple(BY_KIND.get(kind or "images", (RunConfig.likelihood,)))

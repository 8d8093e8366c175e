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
    """p(x|z) of independent pixels, by the one number that the decoder gives of each.

    Attributes:
        activation: turns that number into the mean, `sigmoid` or `linear`; in ONNX and in the
            browser it is the decoder's last step.
        nats: what -log_prob is: "cross-entropy", "log-density" or "log-mass".
        of_binary: is log_prob a log-mass where each pixel is 0 or 1?
    """

    activation: str
    nats: str
    of_binary: bool

    def log_prob(self, params: Any, x: Any, xp: Any = np) -> Any:
        """log p(x|z), summed over the pixels.

        Args:
            params: (n, pixels), what the decoder gives.
            x: (n, pixels) in [0, 1].
            xp: array module, `numpy` or `keras.ops`.

        Returns:
            (n,), nats an image.
        """
        ...

    def mean(self, params: np.ndarray) -> np.ndarray:
        """The mean of each pixel (n, pixels)."""
        ...

    def params_of(self, mean: np.ndarray) -> np.ndarray:
        """What the decoder gave, from the mean (n, pixels): the inverse of `mean`."""
        ...

    def sample(self, params: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Pixels (n, pixels) drawn from the distribution."""
        ...

    def blank(self, pixels: int) -> float:
        """Distortion, nats an image, that training begins with, or more: when a loss is many
        times that, it has exploded.
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

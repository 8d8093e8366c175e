"""Likelihoods p(x|z): one file each, one line in the registry.

A member is a class that is built from the config and has the methods of `Likelihood`, or for texts
those of `TextLikelihood`. Listing the names imports no member.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from vae_core.config import FIELDS, ConfigError, RunConfig
from vae_core.model import architectures
from vae_core.registry import Registry

LIKELIHOODS = Registry(
    "likelihood",
    "vae_lab.likelihoods",
    {
        "bernoulli": "vae_core.model.likelihoods.bernoulli:Bernoulli",
        "gaussian": "vae_core.model.likelihoods.gaussian:Gaussian",
    },
)
TEXT_LIKELIHOODS = Registry(
    "likelihood",
    "vae_lab.text_likelihoods",
    {"categorical": "vae_core.model.likelihoods.categorical:Categorical"},
)
BY_KIND = {"images": LIKELIHOODS, "text": TEXT_LIKELIHOODS}


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


class TextLikelihood(Protocol):
    """p(x|z) of a text, the product over its tokens of p(token | z, the tokens before it).

    Attributes:
        nats: what log_prob is, see `Likelihood`.
    """

    nats: str

    def log_prob(self, params: Any, tokens: Any, xp: Any = np) -> Any:
        """log p(x|z) of texts, summed over the characters and the end token.

        Args:
            params: (n, length, c + 1) from the decoder: a number for the end and one for each of
                the c characters, given the tokens before. The largest is the likeliest token.
            tokens: (n, length), see `vae_core.data.tokens`; 0 is padding and doesn't count.
            xp: array module, `numpy` or `keras.ops`.

        Returns:
            (n,), nats per text.
        """
        ...

    def blank(self, values: int) -> float:
        """See `Likelihood.blank`; the values are the tokens of a text."""
        ...


def name_of(config: RunConfig) -> str:
    """The name of a run's likelihood.

    The field's default stands for the first member for the kind of data.
    """
    if config.likelihood != FIELDS["likelihood"].default:
        return config.likelihood
    return next(iter(BY_KIND[architectures.kind_of(config.architecture)]))


def of(config: RunConfig) -> Any:
    """The `Likelihood` of a run, or its `TextLikelihood` if its data are texts.

    Raises:
        ConfigError: no likelihood for this kind of data has that name.
    """
    return BY_KIND[architectures.kind_of(config.architecture)][name_of(config)](config)


def check_name(name: str, kind: str) -> None:
    """Check the value of a config's field.

    Raises:
        ConfigError: it is neither the field's default nor another likelihood for this kind of data.
    """
    if name == FIELDS["likelihood"].default:
        return
    usual = next(iter(BY_KIND[kind]))
    if name == usual:
        raise ConfigError(f"{name!r} is the usual likelihood of {kind}: leave it out.")
    if name in BY_KIND[kind]:
        return
    for other, members in BY_KIND.items():
        if name in members:
            raise ConfigError(
                f"the likelihood {name!r} is for {other}, and the data set holds {kind}: "
                "leave it out."
            )
    raise ConfigError(f"unknown likelihood {name!r}: choose one of {', '.join(BY_KIND[kind])}.")


def names(kind: str | None = None) -> tuple[str, ...]:
    """The likelihoods for a kind of data; all of them for None."""
    return tuple(BY_KIND[kind] if kind else [*LIKELIHOODS, *TEXT_LIKELIHOODS])

"""Objectives that training minimises: one file each, one line in the registry.

A member is a class that is built from the config and has the methods of `Objective`.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np

from vae_core.config import ConfigError, RunConfig
from vae_core.model.priors import Prior
from vae_core.model.schedules import Step
from vae_core.registry import Registry

OBJECTIVES = Registry(
    "objective",
    "vae_lab.objectives",
    {
        "beta": "vae_core.model.objectives.beta:Beta",
        "free_bits": "vae_core.model.objectives.free_bits:FreeBits",
    },
)
# The config chooses these two by its fields `schedule` and `model`, not by `objective`.
CAPACITY = "vae_core.model.objectives.capacity:Capacity"
RECONSTRUCTION = "vae_core.model.objectives.reconstruction:Reconstruction"


class Terms(NamedTuple):
    """The terms of an objective, from a training batch or from all held-out items.

    Attributes:
        distortion: (), nats per item, mean over the items.
        rate: (), nats per item, summed over the latent dimensions, mean over the items; None for an
            autoencoder.
        rate_per_dim: (d,), nats per item, mean over the items; None for an autoencoder, and if the
            prior is not factorised.
        z: (n, d), one sample from the posterior of each item.
        posterior_mean, posterior_log_var: (n, d), natural log of the variance.
        prior: p(z).
    """

    distortion: Any
    rate: Any
    rate_per_dim: Any
    z: Any = None
    posterior_mean: Any = None
    posterior_log_var: Any = None
    prior: Prior | None = None


class Objective(Protocol):
    """What training minimises.

    Attributes:
        parts: names of the numbers that are reported: `loss`, `distortion`, then `rate` if the
            model has one, then the objective's own parts.
    """

    parts: tuple[str, ...]

    def loss(self, terms: Terms, step: Step, xp: Any = np) -> Any:
        """The loss (), nats per item.

        Args:
            terms: of a batch, or of all held-out items. An objective that compares all pairs of
                items should use only the first few hundred rows of `z`.
            step: beta and capacity of this step.
            xp: array module, `numpy` or `keras.ops`.
        """
        ...

    def own_parts(self, terms: Terms, step: Step, xp: Any = np) -> Mapping[str, Any]:
        """The objective's own parts () by name. Needed only if `parts` names some.

        They are recorded beside the loss, and each must be finite. Only `loss` is minimised.
        """
        ...

    def highest(self, distortion: float) -> float:
        """The largest loss of a model that has learned nothing and has this distortion.

        Training stops as diverged if its loss is far above.
        """
        ...


def reported(
    objective: Objective, loss: Any, terms: Terms, step: Step, xp: Any = np
) -> dict[str, Any]:
    """The numbers () that `objective.parts` names, in that order.

    Args:
        objective: the objective.
        loss: its loss of these terms.
        terms, step, xp: see `Objective.loss`.
    """
    values = {"loss": loss, "distortion": terms.distortion, "rate": terms.rate}
    if not values.keys() >= set(objective.parts):
        values |= objective.own_parts(terms, step, xp)
    return {name: values[name] for name in objective.parts}


def elbo(distortion: Any, rate: Any) -> Any:
    """-(distortion + rate), nats per item. It has no β, so runs of several β can be compared."""
    return -(distortion + rate)


def of(config: RunConfig) -> Objective:
    """The objective that the config names.

    Raises:
        ConfigError: no objective has that name, or the objective can't be combined with the
            capacity schedule or the prior.
    """
    if not config.has_rate:
        objective: Objective = pkgutil.resolve_name(RECONSTRUCTION)(config)
        return objective
    OBJECTIVES.check(config.objective)
    if config.schedule != "capacity":
        objective = OBJECTIVES[config.objective](config)
    elif config.objective == RunConfig.objective:
        objective = pkgutil.resolve_name(CAPACITY)(config)
    else:
        raise ConfigError(
            f"the capacity schedule has its own objective: choose either it or {config.objective}."
        )
    return objective


def names(kind: str | None = None) -> tuple[str, ...]:
    """All objectives; each can be used for any kind of data."""
    del kind
    return tuple(OBJECTIVES)

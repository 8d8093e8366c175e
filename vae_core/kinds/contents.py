"""What a run contains, and what it is called.

An autoencoder has points where a VAE has posteriors, and it has neither a prior nor a rate. Pages,
exports and imports read this from `Contents`, and never check which model the run has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vae_core import kinds
from vae_core.config import RunConfig
from vae_core.data import excerpts
from vae_core.kinds.base import Kind
from vae_core.model import priors


@dataclass(frozen=True)
class Contents:
    """What a run with this config contains, and what it is called."""

    config: RunConfig

    @property
    def kind(self) -> Kind:
        """The kind of the run's data."""
        return kinds.of_run(self.config)

    @property
    def has_rate(self) -> bool:
        """Whether the run has a rate, and so an elbo."""
        return self.config.has_rate

    def prior_circles(self, arrays: Mapping[str, np.ndarray]) -> tuple[float, ...]:
        """Radii around 0 of the circles that show its prior.

        Args:
            arrays: the content of the run's arrays.npz or snapshot.npz.
        """
        prior = priors.learned(self.config, lambda: arrays)
        return prior.circles() if prior else ()

    @property
    def has_prior(self) -> bool:
        """Whether the run was trained with a prior."""
        return self.config.has_rate

    @property
    def has_spread(self) -> bool:
        """Whether a posterior has a width. An autoencoder's posterior is a point."""
        return self.config.has_rate

    @property
    def has_factors(self) -> bool:
        """Whether the factors that the items were drawn from are known."""
        return excerpts.has_factors(self.config.dataset)

    @property
    def lacks_factors(self) -> bool:
        """Whether items of this kind may have known factors, but these items have none."""
        return self.kind.may_have_factors and not self.has_factors

    @property
    def beta(self) -> float | None:
        """The weight of the rate; None if there is no rate."""
        return self.config.beta if self.has_rate else None

    @property
    def title(self) -> str:
        """A heading for the run: "β = 4" or "autoencoder"."""
        return "autoencoder" if self.beta is None else f"β = {self.beta:g}"

    @property
    def mean(self) -> str:
        """A shorter word for `point`, such as "mean"."""
        return "mean" if self.has_spread else "latents"

    @property
    def point(self) -> str:
        """The word for the point in latent space that an item is encoded to."""
        return "posterior mean" if self.has_spread else "latents"

    @property
    def points(self) -> str:
        """The plural of `point`."""
        return "posterior means" if self.has_spread else "latents"

    @property
    def origin(self) -> str:
        """The name of the distribution that the latents of new items are drawn from."""
        return "the prior" if self.has_prior else "N(0, I)"

    @property
    def dims_order(self) -> str:
        """The number that latent dimensions are ordered by."""
        return "rate" if self.has_rate else "variance"

    @property
    def losses(self) -> str:
        """The names of the losses that training reports."""
        return "loss, distortion and rate" if self.has_rate else "loss, which is the distortion,"

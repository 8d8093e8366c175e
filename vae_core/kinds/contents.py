"""What there is to show of a run, and the words for it.

An autoencoder has points where a VAE has posteriors, and neither a prior nor a rate. Pages, exports
and imports ask here for what they show; none asks which model a run is.
"""

from __future__ import annotations

from dataclasses import dataclass

from vae_core import kinds
from vae_core.config import RunConfig
from vae_core.data import excerpts
from vae_core.kinds.base import Kind


@dataclass(frozen=True)
class Contents:
    """What a run of this config has."""

    config: RunConfig

    @property
    def kind(self) -> Kind:
        """The kind of its data."""
        return kinds.of_run(self.config)

    @property
    def has_rate(self) -> bool:
        """Has it a rate, and so an elbo?"""
        return self.config.has_rate

    @property
    def has_prior(self) -> bool:
        """Was it trained towards a prior?"""
        return self.config.has_rate

    @property
    def has_spread(self) -> bool:
        """Have its posteriors a width? Else each is a point."""
        return self.config.has_rate

    @property
    def has_factors(self) -> bool:
        """Are the factors known that its items were made from?"""
        return excerpts.has_factors(self.config.dataset)

    @property
    def lacks_factors(self) -> bool:
        """Could items of its kind have known factors, and have these none?"""
        return self.kind.may_have_factors and not self.has_factors

    @property
    def beta(self) -> float | None:
        """The weight of its rate; None without one."""
        return self.config.beta if self.has_rate else None

    @property
    def title(self) -> str:
        """Its β as a heading, "β = 4"; or "autoencoder"."""
        return "autoencoder" if self.beta is None else f"β = {self.beta:g}"

    @property
    def mean(self) -> str:
        """Short for `point`."""
        return "mean" if self.has_spread else "latents"

    @property
    def point(self) -> str:
        """Where one item lies."""
        return "posterior mean" if self.has_spread else "latents"

    @property
    def points(self) -> str:
        """Where its items lie."""
        return "posterior means" if self.has_spread else "latents"

    @property
    def origin(self) -> str:
        """What latents of new items are drawn from."""
        return "the prior" if self.has_prior else "N(0, I)"

    @property
    def dims_order(self) -> str:
        """What its latent dimensions are ordered by."""
        return "rate" if self.has_rate else "variance"

    @property
    def losses(self) -> str:
        """What training reports."""
        return "loss, distortion and rate" if self.has_rate else "loss, which is the distortion,"

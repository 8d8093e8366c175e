"""`Contents`: what a run has to show, and the words for it."""

from __future__ import annotations

import pytest

from vae_core.config import RunConfig
from vae_core.kinds.contents import Contents
from vae_core.model import objectives, priors


@pytest.mark.parametrize("model", ["vae", "autoencoder"])
def test_contents_agree_with_prior_and_objective(model: str) -> None:
    config = RunConfig(model=model)
    shown = Contents(config)
    assert shown.has_prior == shown.has_spread == (priors.of(config) is not None)
    assert shown.prior_circles({}) == ((1, 2) if priors.of(config) else ())
    assert shown.has_rate == ("rate" in objectives.of(config).parts)


def test_the_words_of_a_vae() -> None:
    shown = Contents(RunConfig(beta=4.0))
    assert (shown.title, shown.beta, shown.dims_order) == ("β = 4", 4.0, "rate")
    assert (shown.mean, shown.point, shown.points) == ("mean", "posterior mean", "posterior means")
    assert shown.origin == "the prior"


def test_the_words_of_an_autoencoder() -> None:
    shown = Contents(RunConfig(model="autoencoder", beta=4.0))
    assert (shown.title, shown.beta, shown.dims_order) == ("autoencoder", None, "variance")
    assert {shown.mean, shown.point, shown.points} == {"latents"}
    assert shown.origin == "N(0, I)"


def test_known_and_missing_factors() -> None:
    for config, has, lacks in (
        (RunConfig(dataset="shapes"), True, False),
        (RunConfig(dataset="digits"), False, True),
        (RunConfig(dataset="unicode_names", architecture="lstm"), False, False),
    ):
        shown = Contents(config)
        assert (shown.has_factors, shown.lacks_factors) == (has, lacks)

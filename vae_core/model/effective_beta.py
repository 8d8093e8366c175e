"""The beta of our loss that a loss written with means has."""

from __future__ import annotations

from vae_core.config import ConfigError

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

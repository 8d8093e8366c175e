"""Convert the β of a loss written with means to the β of `loss = distortion + beta * rate`."""

from __future__ import annotations

from vae_core.config import ConfigError

REDUCTIONS = ("sum", "mean")


def effective_beta(
    beta: float, kl: str, reconstruction: str, latent_dim: int, pixels: int
) -> float:
    """Return the β with which our loss has the same minimum as another loss.

    If a loss `reconstruction + beta * kl` takes means, it is distortion / D + beta * rate / d. The
    minimum doesn't move if the loss is multiplied by D: distortion + (beta * D / d) * rate.

    Args:
        beta: the β of the other loss.
        kl: how the other loss reduces the KL over the latent dimensions, `sum` or `mean`.
        reconstruction: how it reduces -log p(x|z) over the pixels, `sum` or `mean`.
        latent_dim: d.
        pixels: D, the number of pixels times channels.

    Raises:
        ConfigError: d or D is below 1, or a reduction is neither `sum` nor `mean`.
    """
    for name, value in (("kl", kl), ("reconstruction", reconstruction)):
        if value not in REDUCTIONS:
            raise ConfigError(f"{name} must be one of {', '.join(REDUCTIONS)}; got {value!r}.")
    if latent_dim < 1 or pixels < 1:
        raise ConfigError("There must be at least one latent dimension and one pixel.")
    beta = beta / latent_dim if kl == "mean" else beta
    return beta * pixels if reconstruction == "mean" else beta

"""What to say of a run whose training diverged."""

from __future__ import annotations

from vae_core.config import RunConfig, VaeLabError


class DivergedError(VaeLabError):
    """The loss or a weight is not finite, or the loss is far too large.

    Args:
        reason: what was seen, and when.
        config: of the run; the message names the settings of it that can help.
        kept: whether the weights of an earlier step are kept.
    """

    def __init__(self, reason: str, config: RunConfig, kept: bool) -> None:
        *others, last = cures(config)
        tried = f"{', '.join(others)} or {last}" if others else last
        suffix = " The last good weights are kept." if kept else ""
        super().__init__(f"training diverged: {reason}; try {tried}.{suffix}")


def cures(config: RunConfig) -> list[str]:
    """Name the changes of this config that can keep its training from diverging."""
    found = [f"a learning rate below {config.learning_rate:g}"]
    if config.reads("sigma"):  # errors are divided by sigma^2
        found.append(f"a sigma above {config.sigma:g}")
    if config.reads("beta"):
        found.append(
            "a smaller beta"
            if config.beta > 0
            else "a beta above 0, because at 0 nothing holds the latents near the prior"
        )
    return found

"""The networks of a run, for images as floats or bytes and for texts as strings."""

from __future__ import annotations

from typing import Any

import numpy as np

from vae_core import kinds
from vae_core.runs.errors import NO_WEIGHTS, RunError
from vae_core.runs.run import Run


class Networks:
    """The encoder and the decoder of a run.

    Args:
        run: the run.

    Raises:
        RunError: the run has no networks, or they are damaged.
    """

    def __init__(self, run: Run) -> None:
        if not run.viewable:
            state = run.status().state
            if state != "finished":
                raise RunError(
                    f"run {run.id} is {state} and has no networks yet: train it to its end."
                )
            raise RunError(NO_WEIGHTS.format(run.id))
        self._inference = kinds.of_run(run.config).inference(run)

    def encode(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return posterior_mean and posterior_log_var (n, d) of n items."""
        mean, log_var = self._inference.encode(self._inference.items(x))
        return mean, log_var

    def decode(self, z: np.ndarray) -> Any:
        """Return the n items that latents (n, d) decode to."""
        return self._inference.readable(self._inference.decode(z))

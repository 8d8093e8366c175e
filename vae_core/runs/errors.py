"""What can be wrong with a run folder."""

from __future__ import annotations

from vae_core.config import VaeLabError

NO_WEIGHTS = "run {} has no weights here: train its config in a store of your own to get them."


class RunError(VaeLabError):
    """A run is not there, can't be read, or is in no state for what was asked."""


class RunBusyError(RunError):
    """Another process is training this run."""

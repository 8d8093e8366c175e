"""Errors of run folders."""

from __future__ import annotations

from vae_core.config import VaeLabError

NO_WEIGHTS = "run {} has no weights here: train its config in a store of your own to get them."


class RunError(VaeLabError):
    """A run is missing, can't be read, or is in the wrong state for the operation."""


class NotStartedError(RunError):
    """A run was asked for and could not be started, so there is none."""


class RunBusyError(RunError):
    """Another process trains this run."""

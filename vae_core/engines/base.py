"""What an engine is: submit, cancel, close."""

from __future__ import annotations

from typing import Protocol

from vae_core.config import VaeLabError
from vae_core.runs.run import Run


class EngineError(VaeLabError):
    """An engine can't train just now."""


class Engine(Protocol):
    """Where runs execute; see `vae_core.engines`."""

    @property
    def trouble(self) -> str | None:
        """Why the engine can't train just now, in a sentence; None if it can."""

    def submit(self, run: Run) -> None:
        """Train the run, or go on with it, when there is room."""
        ...

    def cancel(self, run: Run) -> None:
        """Stop the run, whether it trains or waits."""
        ...

    def close(self) -> None:
        """End the engine's processes; their runs become interrupted."""
        ...

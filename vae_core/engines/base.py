"""What an engine is: submit, cancel, close."""

from __future__ import annotations

from typing import Protocol

from vae_core.config import VaeLabError
from vae_core.runs.run import Run


class EngineError(VaeLabError):
    """An engine can't train just now."""


class Engine(Protocol):
    """See the package's text."""

    @property
    def trouble(self) -> str | None:
        """Why it can't train just now, in a sentence; None if it can."""

    def submit(self, run: Run) -> None: ...

    def cancel(self, run: Run) -> None: ...

    def close(self) -> None: ...

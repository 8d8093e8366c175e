"""What an engine is: submit, cancel, close."""

from __future__ import annotations

from typing import Protocol

from vae_core.config import VaeLabError
from vae_core.runs.run import Run


class EngineError(VaeLabError):
    """Where runs should execute, they can't just now."""


class Engine(Protocol):
    """See the module's text."""

    def submit(self, run: Run) -> None: ...

    def cancel(self, run: Run) -> None: ...

    def close(self) -> None: ...

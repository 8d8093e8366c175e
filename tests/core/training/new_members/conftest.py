"""New members train without XLA, which compiles for longer than their runs train."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _no_xla(no_xla: None) -> None:
    """Use `no_xla` in every test of this folder."""

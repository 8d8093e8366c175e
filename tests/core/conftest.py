"""What tests of the core share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.core.engines.training_processes import Forked


@pytest.fixture(scope="module")
def forked() -> Iterator[Forked]:
    server = Forked()
    yield server
    server.close()

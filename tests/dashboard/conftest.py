"""Fixtures of the dashboard's tests."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.secrets import Secrets

from dashboard.access import roles
from tests.dashboard.visitors import Host
from vae_core.engines import factory
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore


@pytest.fixture(autouse=True)
def _freeze_old_objects() -> None:
    """Exclude the objects that exist already from garbage collection.

    Streamlit collects garbage after every run of a page. With all objects of TensorFlow and of
    earlier tests, that takes half of a test's time. `dashboard.shell.memory` does the same.
    """
    gc.freeze()


class WaitingEngine(InProcessEngine):
    """An engine that leaves all runs in the queue."""

    def submit(self, run: Run) -> None:
        run.lifecycle.queue()


@pytest.fixture
def nothing_trains(own_store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    """Submitted runs wait in the queue."""
    engine = WaitingEngine()
    monkeypatch.setattr(factory, "shared_engine", lambda _store: engine)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Sets up a host: its secrets as TOML, its environment."""
    before, shared = config.get_option("secrets.files"), st.secrets

    def set_up(secrets: str | bytes | None = None, **env: str) -> None:
        path = tmp_path / "secrets.toml"
        if secrets is not None:
            path.write_bytes(secrets if isinstance(secrets, bytes) else secrets.encode())
        config.set_option("secrets.files", [str(path)])
        monkeypatch.setattr(st, "secrets", Secrets())
        monkeypatch.setattr(roles, "_login_was_configured", False)
        roles._note.cache_clear()
        for name, value in env.items():
            monkeypatch.setenv(name, value)

    set_up()
    yield set_up
    config.set_option("secrets.files", before)
    shared._reset()  # Streamlit has it read the files, too, at its own time

"""What tests of the dashboard share."""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(autouse=True)
def _only_new_objects_are_looked_at() -> None:
    """Streamlit collects garbage after every run of a page: half of a test's time, among all that
    TensorFlow and the tests before have made. (The served dashboard does the same, see
    `dashboard.shell.memory`.)
    """
    gc.freeze()

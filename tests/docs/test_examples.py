"""The examples in docs/extending.md do what the page says.

A code block that begins with a docstring is a whole file, and is executed here.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import vae_core
from tests.waiting import PATIENCE
from vae_core.runs.store import PROJECT

BLOCK = re.compile(r'^```python\n(""".*?)^```$', re.MULTILINE | re.DOTALL)
FILES = {
    (ast.get_docstring(ast.parse(code)) or "").partition(":")[0].rstrip("."): code
    for code in BLOCK.findall((PROJECT / "docs/extending.md").read_text("utf-8"))
}


def executed(title: str) -> dict[str, Any]:
    """What the file defines."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(FILES[title], names)
    return names


@pytest.mark.slow
def test_the_architecture() -> None:
    example = executed("Two hidden layers of 1,024 (relu) on each side")
    encoder, decoder = example["build"](3, 13)
    mean, log_var = encoder(np.zeros((5, 13, 13, 1), np.float32))
    assert mean.shape == log_var.shape == (5, 3)
    assert decoder(mean).shape == (5, 13, 13, 1)
    assert example["JIT"] in (True, False)


def test_the_data_set() -> None:
    dataset = executed("Noise")["load_noise"]()
    assert dataset.x_train.shape == (800, 16, 16)
    assert dataset.x_test.shape == (200, 16, 16)
    assert not (dataset.x_train[:200] == dataset.x_test).all(axis=(1, 2)).any()


def test_the_page() -> None:
    page = AppTest.from_string(FILES["Sizes"], default_timeout=PATIENCE).run()
    assert not page.exception
    assert len(page.table) == 1
    assert "config.json" in page.table[0].value.to_string()


def test_opening_a_run() -> None:
    text = (PROJECT / "docs/python.md").read_text("utf-8")
    (code,) = re.findall(r"^```python\n(run = vae_core\.open_run.*?)^```$", text, re.M | re.S)
    names: dict[str, Any] = {"vae_core": vae_core}
    exec(code, names)
    assert names["pictures"].shape == names["same"].shape == (10, 8, 8)
    assert names["mean"].shape == names["log_var"].shape == (10, 2)

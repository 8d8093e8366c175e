"""The examples in docs/extending.md and docs/python.md do what the pages say.

A code block that begins with a docstring is a whole file. Its title is the docstring's first words.
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
from vae_core.config import RunConfig
from vae_core.model.objectives import Terms
from vae_core.model.schedules import Step
from vae_core.runs.store import PROJECT

BLOCK = re.compile(r'^```python\n(""".*?)^```$', re.MULTILINE | re.DOTALL)
FILES = {
    (ast.get_docstring(ast.parse(code)) or "").partition(":")[0].rstrip("."): code
    for code in BLOCK.findall((PROJECT / "docs/extending.md").read_text("utf-8"))
}


def executed(title: str) -> dict[str, Any]:
    """Execute an example; return the names that it defines."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(FILES[title], names)
    return names


@pytest.mark.slow
def test_the_architecture() -> None:
    example = executed("Two hidden layers of 1,024 (relu) on each side")
    encoder, decoder = example["build"]((13, 9, 1), 2, 3)
    mean, log_var = encoder(np.zeros((5, 13, 9, 1), np.float32))
    assert mean.shape == log_var.shape == (5, 3)
    assert decoder(mean).shape == (5, 13, 9, 2)
    assert example["JIT"] in (True, False)


def test_the_likelihood() -> None:
    likelihood = executed("Values under independent Laplace distributions")["Laplace"](RunConfig())
    x = np.linspace(-5, 5, 20_001)
    density = np.exp(likelihood.log_prob(np.full((len(x), 1, 1), 0.3), x[:, None]))
    assert np.trapezoid(density, x) == pytest.approx(1, abs=1e-5)
    drawn = likelihood.sample(np.full((100_000, 1, 1), 0.3), np.random.default_rng(0))
    assert drawn.mean() == pytest.approx(0.3, abs=0.01)


def test_the_prior() -> None:
    """Its rate in closed form equals the mean of log q - log p over samples of q."""
    prior = executed("A wider prior")["Wide"](RunConfig())
    mean, log_var = np.array([[0.5, -1.0]]), np.array([[-1.0, 0.3]])
    noise = np.random.default_rng(0).standard_normal((400_000, 2))
    z = mean + np.exp(log_var / 2) * noise
    log_q = -0.5 * (noise**2 + log_var + np.log(2 * np.pi)).sum(axis=1)
    sampled = (log_q - prior.log_prob(z)).mean()
    assert prior.rate_per_dim(mean, log_var).sum() == pytest.approx(sampled, abs=0.01)
    assert prior.sample(100_000, 2, np.random.default_rng(0)).std() == pytest.approx(2, abs=0.02)


def test_the_objective() -> None:
    objective = executed("The square of the rate")["Squared"](RunConfig(beta=3.0))
    terms = Terms(distortion=10.0, rate=2.0, rate_per_dim=np.array([0.5, 1.5]))
    assert objective.loss(terms, Step(3.0)) == 10 + 3 * 2**2


def test_the_data_set() -> None:
    example = executed("Noise")
    dataset = example["load_noise"]()
    assert example["NOISE"].size == dataset.size
    assert example["NOISE"].train_images == len(dataset.x_train)
    assert dataset.x_train.shape == (800, 16, 16, 1)
    assert dataset.x_test.shape == (200, 16, 16, 1)
    assert not (dataset.x_train[:200] == dataset.x_test).all(axis=(1, 2, 3)).any()


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
    assert names["pictures"].shape == names["same"].shape == (10, 8, 8, 1)
    assert names["mean"].shape == names["log_var"].shape == (10, 2)

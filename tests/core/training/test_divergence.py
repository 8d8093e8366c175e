"""A diverged run is told what can help it, and nothing that can't."""

from __future__ import annotations

from typing import Any

import pytest

from vae_core.config import RunConfig
from vae_core.engines.in_process import InProcessEngine
from vae_core.runs.store import RunStore
from vae_core.training.divergence import DivergedError, cures

RATE = "a learning rate below 0.001"
BETA_ABOVE = "a beta above 0, because at 0 nothing holds the latents near the prior"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [RATE, "a smaller beta"]),
        ({"beta": 0.0}, [RATE, BETA_ABOVE]),
        ({"model": "autoencoder"}, [RATE]),
        ({"schedule": "capacity"}, [RATE, "a smaller beta"]),
        ({"objective": "free_bits", "beta": 0.0}, [RATE, BETA_ABOVE]),
        (
            {"likelihood": "gaussian", "sigma": 0.02},
            [RATE, "a sigma above 0.02", "a smaller beta"],
        ),
        (
            {"likelihood": "gaussian", "sigma": 0.02, "model": "autoencoder"},
            [RATE, "a sigma above 0.02"],
        ),
    ],
)
def test_cures(changes: dict[str, Any], expected: list[str]) -> None:
    config = RunConfig(**changes)
    assert cures(config) == expected
    said = str(DivergedError("the loss was nan at step 3 (epoch 1)", config, kept=True))
    assert said.startswith("training diverged: the loss was nan at step 3 (epoch 1); try a learn")
    assert said.endswith(f"{expected[-1]}. The last good weights are kept.")


@pytest.mark.usefixtures("loop_alone")
@pytest.mark.parametrize("changes", [{"beta": 0.0}, {"model": "autoencoder"}])
def test_a_run_without_rate_is_not_told_to_lower_beta(
    store: RunStore, changes: dict[str, Any]
) -> None:
    run = store.create(RunConfig(epochs=50, learning_rate=1000.0, optimizer="sgd", **changes))
    InProcessEngine().submit(run)
    error = run.status().error or ""
    assert "training diverged" in error
    assert "smaller beta" not in error
    assert "a learning rate below 1000" in error

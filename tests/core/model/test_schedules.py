"""Schedules of β and C at known steps."""

from __future__ import annotations

import numpy as np
import pytest

from vae_core.config import RunConfig
from vae_core.model import schedules

STEPS = np.arange(101)


def test_constant() -> None:
    beta, capacity = schedules.schedule(RunConfig(beta=4), STEPS, 100)
    assert (beta == 4).all()
    assert capacity is None


def test_linear_reaches_beta_when_the_warmup_ends() -> None:
    config = RunConfig(beta=4, schedule="linear", warmup=0.5)
    beta, _ = schedules.schedule(config, STEPS, 100)
    assert beta[0] == 0
    assert beta[25] == pytest.approx(2)
    assert (beta[50:] == 4).all()
    assert (np.diff(beta) >= 0).all()


def test_cyclical_starts_again_in_each_cycle() -> None:
    config = RunConfig(beta=2, schedule="cyclical", cycles=4, warmup=0.5)
    beta, _ = schedules.schedule(config, np.arange(100), 100)
    assert beta[[0, 25, 50, 75]] == pytest.approx(0)
    assert beta[24] == beta[99] == 2
    assert beta[:25] == pytest.approx(beta[75:])


def test_capacity_keeps_beta_and_raises_the_target() -> None:
    config = RunConfig(beta=100, schedule="capacity", capacity=25, warmup=0.5)
    beta, capacity = schedules.schedule(config, STEPS, 100)
    assert (beta == 100).all()
    assert capacity is not None
    assert capacity[0] == 0
    assert capacity[25] == pytest.approx(12.5)
    assert (capacity[50:] == 25).all()


def test_without_warmup_beta_is_full_from_the_first_step() -> None:
    beta, _ = schedules.schedule(RunConfig(beta=3, schedule="linear", warmup=0), STEPS, 100)
    assert (beta == 3).all()

"""Each registered objective; and known answers of those that have settings."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from vae_core.config import ConfigError, RunConfig
from vae_core.model import objectives
from vae_core.model.objectives import OBJECTIVES, Objective, Terms
from vae_core.model.schedules import Step

CONFIGS = [
    *(RunConfig(objective=name, beta=3) for name in OBJECTIVES),
    RunConfig(schedule="capacity", beta=3),
    RunConfig(model="autoencoder"),
]
RATES = np.array([0.1, 0.5, 2.0, 4.4])
TERMS = Terms(100.0, 7.0, RATES)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.id)
def test_keras_and_numpy_agree(config: RunConfig) -> None:
    from keras import ops

    objective = objectives.of(config)
    loss = objective.loss(TERMS, Step(3.0, 5.0))
    in_keras = Terms(*(ops.convert_to_tensor(term, "float32") for term in TERMS[:3]))
    assert float(objective.loss(in_keras, Step(3.0, 5.0), ops)) == pytest.approx(
        float(loss), rel=1e-6
    )


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.id)
def test_the_distortion_has_the_weight_1(config: RunConfig) -> None:
    objective = objectives.of(config)
    loss = objective.loss(TERMS, Step(3.0, 5.0))
    more = objective.loss(TERMS._replace(distortion=108.0), Step(3.0, 5.0))
    assert more - loss == pytest.approx(8)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.id)
def test_the_reported_parts(config: RunConfig) -> None:
    objective, step = objectives.of(config), Step(3.0, 5.0)
    loss = objective.loss(TERMS, step)
    parts = objectives.reported(objective, loss, TERMS, step)
    assert tuple(parts) == objective.parts
    assert parts["loss"] == loss
    assert parts["distortion"] == 100
    assert parts.get("rate") == (7 if config.has_rate else None)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_at_beta_zero_an_infinite_rate_costs_nothing(name: str) -> None:
    infinite = Terms(100.0, math.inf, np.full(4, math.inf))
    assert objectives.of(RunConfig(objective=name, beta=0)).loss(infinite, Step(0.0)) == 100.0


@pytest.mark.parametrize("config", CONFIGS, ids=lambda config: config.id)
def test_an_untrained_model_is_no_divergence(config: RunConfig) -> None:
    """Its rate is 0."""
    objective, untrained = objectives.of(config), Terms(100.0, 0.0, np.zeros(config.latent_dim))
    loss = objective.loss(untrained, Step(config.beta, config.capacity))
    assert loss <= objective.highest(100.0)


def test_elbo() -> None:
    assert objectives.elbo(144.2, 6.2) == pytest.approx(-150.4)


def test_beta_and_capacity() -> None:
    assert objectives.of(RunConfig()).loss(TERMS, Step(1.0)) == pytest.approx(107)
    assert objectives.of(RunConfig(beta=4)).loss(TERMS, Step(4.0)) == pytest.approx(128)
    capacity = objectives.of(RunConfig(schedule="capacity", beta=2))
    assert capacity.loss(TERMS, Step(2.0, 10.0)) == pytest.approx(106)


def free_bits(nats: float, **changes: Any) -> Objective:
    return objectives.of(RunConfig(objective="free_bits", free_bits=nats, **changes))


def test_free_bits() -> None:
    """max(0.5, rate) of the rates 0.1, 0.5, 2 and 4.4 is 0.5, 0.5, 2 and 4.4."""
    assert free_bits(0.5).loss(TERMS, Step(1.0)) == pytest.approx(107.4)
    assert free_bits(0.5, beta=10).loss(TERMS, Step(10.0)) == pytest.approx(174)
    assert free_bits(0).loss(TERMS, Step(1.0)) == pytest.approx(107), "the usual objective"
    assert free_bits(9).loss(TERMS, Step(1.0)) == pytest.approx(100 + 4 * 9), "all are free"


def test_free_bits_have_no_gradient_below_the_limit() -> None:
    def slope(dim: int) -> float:
        raised = RATES + 1e-6 * np.eye(4)[dim]
        return float((free_bits(0.5).loss(Terms(0, 0, raised), Step(1.0)) - base) / 1e-6)

    base = free_bits(0.5).loss(Terms(0, 0, RATES), Step(1.0))
    assert [slope(0), slope(2), slope(3)] == pytest.approx([0, 1, 1], abs=1e-6)


def test_the_capacity_schedule_is_an_objective_of_its_own() -> None:
    with pytest.raises(ConfigError, match="choose either it or free_bits"):
        free_bits(0.5, schedule="capacity")


def test_unknown_name() -> None:
    with pytest.raises(ConfigError, match="unknown objective 'nothing'"):
        objectives.of(RunConfig(objective="nothing"))

"""RunConfig: refuses nonsense with a sentence, and its id is the content."""

from __future__ import annotations

import pytest

from tests.core.cli.parsing import parsed
from vae_core import kinds
from vae_core.cli.config_options import config_of
from vae_core.config import RUN_ID, ConfigError, RunConfig
from vae_core.data import registry


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"latent_dim": 0}, "latent_dim"),
        ({"beta": -0.1}, "beta"),
        ({"beta": float("nan")}, "beta"),
        ({"beta": 10**400}, "beta"),
        ({"epochs": 10**400}, "epochs"),
        ({"epochs": 2.5}, "epochs"),
        ({"epochs": True}, "epochs"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": float("inf")}, "learning_rate"),
        ({"optimizer": "sdg"}, "adam"),
        ({"schedule": "sometimes"}, "cyclical"),
        ({"decay": "sudden"}, "cosine"),
        ({"dataset": "../etc"}, "dataset"),
        ({"seed": "0"}, "seed"),
    ],
)
def test_bad_values_are_named(changes: dict[str, object], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        RunConfig(**changes)  # type: ignore[arg-type]


def test_json_round_trip_keeps_config_and_id() -> None:
    config = RunConfig(beta=0.02, seed=7, schedule="capacity")
    again = RunConfig.from_json(config.to_json())
    assert again == config
    assert again.id == config.id
    assert RUN_ID.fullmatch(config.id)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"bata": 1}', '{"beta": "1"}', '{"beta": null}'])
def test_damaged_json_is_refused(text: str) -> None:
    with pytest.raises(ConfigError):
        RunConfig.from_json(text)


def test_ids_differ_with_every_field_and_not_with_the_kind_of_number() -> None:
    configs = [
        RunConfig(),
        RunConfig(beta=2),
        RunConfig(seed=1),
        RunConfig(epochs=21),
        RunConfig(learning_rate=2e-3),
        RunConfig(decay="cosine"),
        RunConfig(schedule="linear"),
        RunConfig(schedule="linear", warmup=0.25),
    ]
    assert len({config.id for config in configs}) == len(configs)
    assert RunConfig(beta=2).id == RunConfig(beta=2.0).id
    assert RunConfig(beta=-0.0).id == RunConfig(beta=0.0).id
    # What a schedule does not read makes no other run.
    assert RunConfig(warmup=0.25, cycles=2, capacity=1).id == RunConfig().id


def test_ids_of_old_runs_stay_valid() -> None:
    """Changing a default would give other runs these names."""
    assert RunConfig().id == "digits-mlp-d2-beta1-seed0-44136fa3"
    assert (
        RunConfig(dataset="mnist", architecture="conv", beta=0.1, seed=2, epochs=40).id
        == "mnist-conv-d2-beta0.1-seed2-1d1796f9"
    )


@pytest.mark.parametrize(
    "config",
    [
        RunConfig(),
        RunConfig(beta=0.12345678, learning_rate=1e-5, latent_dim=3, seed=7),
        RunConfig(model="autoencoder", epochs=9),
        RunConfig(dataset="unicode_names", architecture="lstm"),  # constant: not its default there
        RunConfig(dataset="names", architecture="lstm", schedule="linear", warmup=0.3),
    ],
    ids=lambda config: config.id,
)
def test_options_make_the_config(config: RunConfig) -> None:
    for kind in (registry.source(config.dataset).kind, None):
        params = parsed("train", kinds.options(config, kind=kind))
        assert config_of(params).id == config.id

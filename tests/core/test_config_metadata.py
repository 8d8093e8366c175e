"""The metadata of the config's fields, and what is made from it."""

from __future__ import annotations

import dataclasses
import json
import pickle
import re
from typing import Annotated, Any

import pytest
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from vae_core import kinds
from vae_core.config import FIELDS, ConfigError, RunConfig, fields_table
from vae_core.model import architectures
from vae_core.model.architectures import BY_KIND
from vae_core.runs.store import pretrained_store
from vae_core.settings import Number, Setting, refuses_with, settings_of


def test_ids_of_what_ships_are_the_names_of_the_folders() -> None:
    folders = [path.parent for path in pretrained_store().root.glob("*/config.json")]
    assert folders
    for folder in folders:
        config = RunConfig.from_json((folder / "config.json").read_text("utf-8"))
        assert config.id == folder.name


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_says_what_it_is(name: str) -> None:
    setting = FIELDS[name]
    assert setting.label
    assert setting.help
    assert not setting.help.endswith(".")
    assert setting.group
    assert setting.name == name
    assert type(setting.default) is setting.type
    assert setting.condition
    assert setting.condition in fields_table()
    if setting.choices_for() and not setting.is_name:
        assert setting.default in setting.choices_for()
    if setting.offered:
        least, most = setting.offered
        values: tuple[Any, ...] = (least, most, setting.default)
        for value in values:
            assert least <= value <= most
            RunConfig(**{name: setting.type(value)})


@pytest.mark.parametrize("name", FIELDS)
def test_fields_are_read_under_values_that_exist(name: str) -> None:
    for other, allowed in FIELDS[name].read_when.items():
        assert set(allowed) <= set(FIELDS[other].choices_for())
        assert name != other


@pytest.mark.parametrize("kind", BY_KIND)
def test_usual_settings_make_a_config_for_data_of_the_kind(kind: str) -> None:
    config = RunConfig(**kinds.KINDS[kind].usual_settings)
    architectures.check_name(config.architecture, kind)
    assert config.architecture in FIELDS["architecture"].choices_for(kind)
    assert set(FIELDS["architecture"].choices_for(kind)) < set(FIELDS["architecture"].choices_for())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"beta": -1}, "beta must be from 0 to 1,000,000, got -1."),
        ({"beta": float("nan")}, "beta must be from 0 to 1,000,000, got nan."),
        ({"beta": True}, "beta must be a number, got True."),
        ({"seed": 2.0}, "seed must be a whole number, got 2.0."),
        ({"dataset": None}, "dataset must be a text, got None."),
        ({"learning_rate": 0.0}, "learning_rate must be above 0 and at most 1,000, got 0.0."),
        ({"decay": "fast"}, "decay must be one of none, cosine; got 'fast'."),
        ({"b": 1, "a": 1}, "the config has unknown fields: a, b."),
        ({"dataset": "x" * 900}, f"dataset must be a lower-case name, got '{'x' * 79}…."),
    ],
)
def test_an_error_is_a_sentence(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        RunConfig(**changes)  # type: ignore[arg-type]
    assert str(error.value) == message
    try:
        text = json.dumps(changes)
    except TypeError:
        return
    with pytest.raises(ConfigError) as error:
        RunConfig.from_json(text)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "the config is not valid JSON: EOF"),
        ("[" * 100_000, "the config is not valid JSON: recursion"),
        ("3", "the config must be a JSON object."),
    ],
)
def test_what_is_no_config_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as error:
        RunConfig.from_json(text)
    assert str(error.value).startswith(message)


def test_a_config_is_a_frozen_dataclass() -> None:
    config = RunConfig(beta=2)
    assert dataclasses.replace(config, seed=3) == RunConfig(beta=2.0, seed=3)
    assert len({config, RunConfig(beta=2.0), RunConfig()}) == 2
    assert pickle.loads(pickle.dumps(config)) == config
    assert [field.default for field in dataclasses.fields(config)] == [
        setting.default for setting in FIELDS.values()
    ]
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.beta = 3.0  # type: ignore[misc]
    with pytest.raises(ConfigError):
        dataclasses.replace(config, beta=-1)


def test_options_name_what_is_not_usual_for_the_data() -> None:
    """The architecture's name does not matter, the kind of data does."""
    texts = RunConfig(dataset="names", architecture="lstm")
    constant = ["--schedule", "constant"]
    assert kinds.options(texts, kind="text")[2:] == ["--architecture", "lstm", *constant]
    other = RunConfig(dataset="names", architecture="another")
    assert kinds.options(other, kind="text")[2:] == ["--architecture", "another", *constant]
    assert kinds.options(RunConfig(), kind="images") == []
    # Where the kind is not known, all that depends on it is said.
    assert kinds.options(RunConfig()) == ["--architecture", "mlp", *constant]
    # An autoencoder reads no schedule.
    autoencoder = RunConfig(dataset="names", architecture="lstm", model="autoencoder")
    assert "--schedule" not in kinds.options(autoencoder, kind="text")


def listed(kind: str | None = None) -> tuple[str, ...]:
    return ("circle", "square") if kind is None else (kind,)


@refuses_with(ValueError, "the shape")
@dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True, extra="forbid"))
class Shape:
    """Fields as those that come later: choices of a registry, a range open to one side."""

    form: Annotated[str, Setting(label="Form", help="form", group="", choices=f"{__name__}:listed")]
    width: Annotated[Number, Setting(label="Width", help="width", group="", above=0)] = 1.0
    sides: Annotated[int, Setting(label="Sides", help="sides", group="", low=3)] = 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"form": "line"}, "form must be one of circle, square; got 'line'."),
        ({"form": "circle", "width": 0.0}, "width must be above 0, got 0.0."),
        ({"form": "circle", "sides": 2}, "sides must be at least 3, got 2."),
        ({}, "the shape lacks the field form."),
    ],
)
def test_another_class_takes_the_same_metadata(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Shape(**values)  # type: ignore[arg-type]
    assert Shape(form="circle", width=-0.0 + 2).width == 2
    assert settings_of(Shape)["form"].choices_for("blue") == ("blue",)


def test_the_table_of_the_docs_has_a_row_a_field() -> None:
    lines = fields_table().splitlines()
    assert [line.split("`")[1] for line in lines[2:]] == list(FIELDS)
    (warmup,) = [line for line in lines if line.startswith("| `warmup`")]
    assert warmup.endswith("Read when model is vae and schedule is linear, cyclical or capacity. |")
    # No cell breaks the row: bars within are escaped.
    assert {line.replace("\\|", "").count("|") for line in lines} == {5}

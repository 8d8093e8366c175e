"""Options from metadata, help, and errors in one line."""

from __future__ import annotations

import click
import pytest

from tests.core.cli.parsing import loaded, parsed
from vae_core.cli.app import COMMANDS, main
from vae_core.cli.config_options import config_of
from vae_core.cli.sweep import command as sweep
from vae_core.cli.train import command as train
from vae_core.config import FIELDS, RunConfig


@pytest.mark.parametrize("name", COMMANDS)
def test_the_summary_of_a_command_is_the_first_line_of_its_help(name: str) -> None:
    assert (loaded(name).help or "").splitlines()[0] == COMMANDS[name].summary


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_takes_store_and_json(name: str) -> None:
    assert {"store", "as_json"} <= {param.name for param in loaded(name).params}


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_every_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--help", "-h"):
        assert main([name, flag]) == 0
        printed = capsys.readouterr().out
        for param in loaded(name).params:
            if isinstance(param, click.Option):
                assert param.opts[0] in printed


def test_help_of_train_has_groups_ranges_and_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--help"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    for setting in FIELDS.values():
        assert f"{setting.group}:" in printed
        assert setting.help in printed
        if not setting.choices and not setting.is_name:
            assert setting.condition in printed
    assert "default: mlp, for text lstm" in printed
    assert "read when model is vae and schedule is cyclical" in printed


def test_every_field_is_an_option_of_train() -> None:
    names = {param.name for param in train.params}
    assert set(FIELDS) <= names
    assert {"betas", "seeds"} | set(FIELDS) - {"beta", "seed"} <= {p.name for p in sweep.params}
    assert not {"beta", "seed"} & {param.name for param in sweep.params}


def test_the_usual_settings_of_the_data_fill_what_is_not_given() -> None:
    def config(*arguments: str) -> RunConfig:
        return config_of(parsed("train", arguments))

    assert config() == RunConfig()
    texts = config("--dataset", "unicode_names")
    assert (texts.architecture, texts.schedule) == ("lstm", "linear")
    assert config("--dataset", "unicode_names", "--schedule=constant").schedule == "constant"
    assert config("--learning-rate", "2e-3").learning_rate == 2e-3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing command."),
        (["trian"], "No such command 'trian'."),
        (["train", "--epoch", "2"], "Did you mean '--epochs'?"),
        (["train", "--epochs", "two"], "'two' is not a valid integer."),
        (["train", "--schedule", "x"], "'x' is not one of 'constant', 'linear'"),
        (["train", "--beta"], "Option '--beta' requires an argument."),
        (["show"], "Missing argument 'RUN_ID'."),
        (["sweep"], "a sweep needs --betas, as in --betas 0,1,4."),
    ],
)
def test_a_wrong_command_line_is_one_line(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.startswith("vae_core: ")
    assert printed.err.count("\n") == 1
    assert not printed.out

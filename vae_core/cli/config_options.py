"""Make options from the metadata of RunConfig's fields, and a config from the options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from vae_core import kinds
from vae_core.cli.options import Option
from vae_core.cli.printing import ERR
from vae_core.config import FIELDS, ConfigError, RunConfig
from vae_core.data import registry
from vae_core.data.upload import limits, reader
from vae_core.model.architectures import BY_KIND
from vae_core.settings import Setting

# Fields whose choices depend on the kind of data.
OF_KIND = ("architecture", "likelihood")


def config_options(*names: str) -> list[Option]:
    """Make an option for each of these fields, group by group, and --size."""
    groups = list(dict.fromkeys(setting.group for setting in FIELDS.values()))
    chosen = sorted((FIELDS[name] for name in names), key=lambda s: groups.index(s.group))
    return [_option(setting) for setting in chosen] + [
        Option(
            "--size",
            type=int,
            help="resize the images of a file of your own to so many pixels per side; default: "
            f"their own size, or {limits.DEFAULT_SIZE}",
        )
    ]


def _option(setting: Setting) -> Option:
    choices = () if setting.is_name else setting.choices_for()
    return Option(
        "--" + setting.name.replace("_", "-"),
        group=setting.group,
        type=click.Choice(choices) if choices else setting.type,
        help=_help(setting),
    )


def _help(setting: Setting) -> str:
    """Describe a field: what it is, its values, its default, and when it has an effect."""
    parts = [setting.help + (f", in {setting.unit}" if setting.unit else "")]
    if setting.name == "dataset":
        parts.append(
            f"one of {', '.join(registry.DATASETS)}, shapes_NUMBER_SIZE, or a file of your own "
            "(.npz, .zip of images, .csv of pixels, .txt with one text per line)"
        )
    elif setting.is_name and setting.name in OF_KIND:
        parts += [f"for {kind} {', '.join(setting.choices_for(kind))}" for kind in BY_KIND]
    elif setting.is_name:
        parts.append(f"one of {', '.join(setting.choices_for())}")
    elif not setting.choices:
        parts.append(setting.condition)
    default = f"{setting.default:g}" if setting.type is float else setting.default
    usual = [
        f", for {kind} {kinds.KINDS[kind].usual_settings[setting.name]}"
        for kind in BY_KIND
        if setting.name in kinds.KINDS[kind].usual_settings
    ]
    parts += ["".join([f"default: {default}", *usual]), setting.when]
    return "; ".join(filter(None, parts))


def config_of(values: Mapping[str, Any]) -> RunConfig:
    """Make one config from options, see `configs_of`."""
    (config,) = configs_of(values, lambda base: [base])
    return config


def configs_of(
    values: Mapping[str, Any], expand: Callable[[RunConfig], list[RunConfig]]
) -> list[RunConfig]:
    """Make configs from options; a file of the user's own becomes a data set.

    The file is only kept if every config fits it.

    Args:
        values: name of an option -> its value, None if it is not given.
        expand: makes all configs from that of the options.

    Raises:
        ConfigError: a value is out of range, or doesn't fit the data.
        DatasetError: there is no such data set.
        RefusedError: the file can't be used.
    """
    given = {name: values[name] for name in FIELDS if values.get(name) is not None}
    dataset = given.setdefault("dataset", FIELDS["dataset"].default)
    if _is_file(dataset):
        # Find other mistakes before the file is read.
        kind = limits.kind_of_file(dataset)
        for config in expand(_usual(given | {"dataset": "own"}, kind)):
            kinds.check(config, kind)
        upload = _read(Path(dataset), values["size"])
        s = upload.summary
        configs = _fitting(given | {"dataset": s.name}, s.kind, s.item_shape, s.train, expand)
        upload.keep()
        return configs
    if values["size"] is not None:
        raise ConfigError(
            "--size is only for a file of your own: every other data set has a fixed size."
        )
    RunConfig(dataset=dataset)  # raises ConfigError if this can't be a name
    source = registry.source(dataset)
    return _fitting(given, source.kind, source.item_shape, source.train_images, expand)


def _usual(given: dict[str, Any], kind: str) -> RunConfig:
    """Make a config; the kind's usual settings stand in for fields not given."""
    return RunConfig(**{**kinds.KINDS[kind].usual_settings, **given})


def _fitting(
    given: dict[str, Any],
    kind: str,
    item_shape: tuple[int, ...],
    training_items: int,
    expand: Callable[[RunConfig], list[RunConfig]],
) -> list[RunConfig]:
    """Make configs that fit a data set; the usual batch is no larger than its training split."""
    config = _usual(given, kind)
    if "batch_size" not in given:
        config = replace(config, batch_size=min(config.batch_size, training_items))
    configs = expand(config)
    for each in configs:
        kinds.check_fits(each, kind, item_shape, training_items)
    return configs


def _is_file(dataset: str) -> bool:
    """Return whether this is the path of a file, not the name of a data set."""
    return Path(dataset).name != dataset or (
        Path(dataset).suffix.lower() in limits.ENDINGS and dataset not in registry.DATASETS
    )


def _read(path: Path, size: int | None) -> reader.Upload:
    """Make a data set from a file, and print what it holds."""
    upload = reader.read(path, path.name, size)
    s = upload.summary
    holds = kinds.of_name(s.name, s.kind).holds(s.item_shape, len(s.label_names))
    ERR.print(
        f"{s.name}: {s.train:,} training and {s.test:,} held-out {holds}. {' '.join(s.notes)}",
        markup=False,
    )
    return upload

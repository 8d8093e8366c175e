"""Make options from the metadata of RunConfig's fields, and a config from the options."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import click

from vae_core import kinds
from vae_core.cli.options import Option
from vae_core.cli.printing import ERR
from vae_core.config import FIELDS, ConfigError, RunConfig
from vae_core.data import registry
from vae_core.data.own import OWN_NAME
from vae_core.data.source import Source
from vae_core.data.upload import limits, reader
from vae_core.data.upload.labels import ALL, LABEL_CHOICES
from vae_core.data.upload.reader import Upload
from vae_core.model.architectures import BY_KIND
from vae_core.settings import Setting

# Fields whose choices depend on the kind of data.
OF_KIND = ("architecture", "likelihood")


def config_options(*names: str) -> list[Option]:
    """Make an option for each of these fields, group by group, --size and --labels."""
    groups = list(dict.fromkeys(setting.group for setting in FIELDS.values()))
    chosen = sorted((FIELDS[name] for name in names), key=lambda s: groups.index(s.group))
    return [_option(setting) for setting in chosen] + [
        Option(
            "--size",
            type=int,
            help="resize the images of a file of your own to so many pixels per side; default: "
            f"their own size, or {limits.DEFAULT_SIZE}",
        ),
        Option(
            "--labels",
            type=click.Choice(LABEL_CHOICES),
            help=f"labels of a file of your own: all of them, the {limits.MOST_LABELS - 1} most "
            f"frequent and one for the others, or none; default: {ALL}",
        ),
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
            "(arrays, a zip or folder of images, a table of pixels, .txt with one text per line)"
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


class Chosen(NamedTuple):
    """Configs and their data set, which may be a file that is not stored yet.

    Attributes:
        configs: their data set is not on this machine until `upload` is kept.
        upload: the file that was read; None if the options name a data set.
    """

    configs: list[RunConfig]
    upload: Upload | None

    @property
    def source(self) -> Source:
        """The data set."""
        return self.upload.source if self.upload else registry.source(self.configs[0].dataset)


def config_of(values: Mapping[str, Any]) -> RunConfig:
    """Make one config from options, see `configs_of`."""
    (config,) = configs_of(values, lambda base: [base])
    return config


def configs_of(
    values: Mapping[str, Any], expand: Callable[[RunConfig], list[RunConfig]]
) -> list[RunConfig]:
    """Make configs from options; a file of the user's own is stored as a data set.

    Nothing is stored if a config is refused.

    Args, Raises: see `chosen`. Also:
        DatasetError: the data set can't be stored.
    """
    configs, upload = chosen(values, expand)
    if upload:
        s = upload.summary
        holds = kinds.of_name(s.name, s.kind).holds(s.item_shape, len(s.label_names))
        ERR.print(
            f"{s.name}: {s.train:,} training and {s.test:,} held-out {holds}. {' '.join(s.notes)}",
            markup=False,
        )
        upload.keep()
    return configs


def chosen(values: Mapping[str, Any], expand: Callable[[RunConfig], list[RunConfig]]) -> Chosen:
    """Make configs from options, and read the file that they name; nothing is stored.

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
    if is_path(dataset):
        # Find other mistakes before the file is read.
        kind = limits.kind_of_file(dataset)
        for config in expand(_usual(given | {"dataset": "own"}, kind)):
            kinds.check(config, kind)
        path = Path(dataset)
        upload = reader.read(path, path.name, values["size"], labels=values["labels"] or ALL)
        s = upload.summary
        configs = _fitting(given | {"dataset": s.name}, s.kind, s.item_shape, s.train, expand)
        return Chosen(configs, upload)
    for option in ("size", "labels"):
        if values[option] is not None:
            raise ConfigError(
                f"--{option} is only for a file of your own: every other data set has a fixed one."
            )
    source = registry.source(dataset)
    configs = _fitting(given, source.kind, source.item_shape, source.train_images, expand)
    return Chosen(configs, None)


def is_path(dataset: str) -> bool:
    """Return whether this is the path of a file or folder, not the name of a data set."""
    path = Path(dataset)
    if dataset in registry.DATASETS or OWN_NAME.fullmatch(dataset):
        return False
    return path.name != dataset or "." in dataset or path.exists()


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

"""Kinds of data: one file per kind, and one line here.

The kind decides how a run is built and measured, and the words for its items. Other code calls the
kind for this, and never asks which kind it is.
"""

from __future__ import annotations

from collections.abc import Collection

from vae_core.config import ConfigError, RunConfig
from vae_core.data import registry
from vae_core.data.dataset import Dataset, DatasetError
from vae_core.data.own import own_kind
from vae_core.kinds.base import Kind
from vae_core.kinds.images import Images
from vae_core.kinds.melodies import Melodies
from vae_core.kinds.texts import Texts
from vae_core.kinds.vectors import Vectors
from vae_core.model import architectures, likelihoods, objectives, priors

KINDS: dict[str, Kind] = {kind.name: kind for kind in (Images(), Vectors(), Texts(), Melodies())}


def of_data(dataset: Dataset) -> Kind:
    """Return the kind of a loaded data set."""
    return of_name(dataset.name, dataset.kind)


def of_run(config: RunConfig) -> Kind:
    """Return the kind of a run's data.

    It follows from the config alone, because the data set may not be on this machine.
    """
    return of_name(config.dataset, architectures.kind_of(config.architecture))


def of_name(dataset: str, kind: str) -> Kind:
    """Return the kind of a data set, without loading it.

    Args:
        dataset: name of the data set.
        kind: of its arrays, `images` or `text`.
    """
    listed = registry.DATASETS.get(dataset)
    shown_as = KINDS.get(listed.shown_as if listed else own_kind(dataset))
    return shown_as if shown_as and shown_as.arrays == kind else KINDS[kind]


def options(
    config: RunConfig, left_out: Collection[str] = (), kind: str | None = None
) -> list[str]:
    """Return the command-line options that give a config.

    The command line starts from the usual settings of the kind of data. So a field that differs
    from the usual setting needs an option, even if it has the default value of `RunConfig`.

    Args:
        config: the run.
        left_out: fields that get no option.
        kind: of the data. If it is None (unknown), every field that has a usual setting for any
            kind gets an option.
    """
    usual = [KINDS[kind].usual_settings] if kind else [k.usual_settings for k in KINDS.values()]
    always = [
        name
        for settings in usual
        for name, value in settings.items()
        if kind is None or getattr(config, name) != value
    ]
    return config.options(left_out, always)


def check(config: RunConfig, kind: str) -> None:
    """Check that a config fits a kind of data, and that all members it names are installed.

    Raises:
        ConfigError: the config doesn't fit, or a member is missing; the message says what to do.
    """
    architectures.check_name(config.architecture, kind)
    likelihoods.check_name(config.likelihood, kind)
    priors.of(config)
    objectives.of(config)


def check_trainable(config: RunConfig) -> None:
    """Check that a run of this config can be started here. No item of the data set is read.

    Raises:
        DatasetError: the data set is not on this machine, or damaged.
        ConfigError: the config doesn't fit it.
    """
    source = registry.source(config.dataset)
    if sentence := source.missing():
        raise DatasetError(sentence)
    check_fits(config, source.kind, source.item_shape, source.train_images)


def check_fits(
    config: RunConfig, kind: str, item_shape: tuple[int, ...], training_items: int
) -> None:
    """Check that a config fits a data set, without loading either.

    Args:
        config: of a run.
        kind: of the data set's arrays, `images` or `text`.
        item_shape: of the data set.
        training_items: number of its training items.

    Raises:
        ConfigError: the config doesn't fit; the message says what to do.
    """
    check(config, kind)
    architectures.check_axes(config.architecture, item_shape)
    if config.batch_size > training_items:
        raise ConfigError(
            f"batch_size {config.batch_size} is more than the {training_items} training "
            f"{of_name(config.dataset, kind).items} of {config.dataset}; choose at most "
            f"{training_items}."
        )

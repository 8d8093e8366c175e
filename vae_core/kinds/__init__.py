"""Kinds of data: one file a kind and one line here.

What is measured, shown and said of a run depends on the kind of its data. Other code asks the
kind for it, and never which kind it is.
"""

from __future__ import annotations

from collections.abc import Collection

from vae_core.config import ConfigError, RunConfig
from vae_core.data import registry
from vae_core.data.dataset import Dataset
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

    The architecture tells it, because the data set may not be on this machine.
    """
    return of_name(config.dataset, architectures.kind_of(config.architecture))


def of_name(dataset: str, kind: str) -> Kind:
    """Return the kind of a data set that is not loaded.

    Args:
        dataset: its name.
        kind: what its arrays are, `images` or `text`.
    """
    listed = registry.DATASETS.get(dataset)
    shown_as = KINDS.get(listed.shown_as if listed else own_kind(dataset))
    return shown_as if shown_as and shown_as.arrays == kind else KINDS[kind]


def options(config: RunConfig, but: Collection[str] = (), kind: str | None = None) -> list[str]:
    """The options that make a config on the command line.

    Args:
        config: the run.
        but: fields to leave out.
        kind: of the data set's data. None where it is not known: then all fields are named that are
            usually set for data of some kind.
    """
    usual = [KINDS[kind].usual_settings] if kind else [k.usual_settings for k in KINDS.values()]
    also = [
        name
        for settings in usual
        for name, value in settings.items()
        if kind is None or getattr(config, name) != value
    ]
    return config.options(but, also)


def check(config: RunConfig, kind: str) -> None:
    """Check that the config fits a kind of data, and names members that are installed.

    Raises:
        ConfigError: it does not; the message says what to choose.
    """
    architectures.check_name(config.architecture, kind)
    if config.likelihood not in likelihoods.names(kind):
        likelihoods.LIKELIHOODS.check(config.likelihood)
        raise ConfigError(
            f"the likelihood {config.likelihood!r} is for {' and '.join(likelihoods.BY_KIND)}, "
            f"and the data set holds {kind}: leave it out."
        )
    priors.of(config)
    objectives.of(config)

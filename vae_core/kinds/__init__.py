"""Kinds of data: what is measured, shown and said of a run depends on what its data set holds.

One file a kind and one line here. Nothing outside asks which kind it is: it asks the kind.
"""

from __future__ import annotations

from vae_core.config import ConfigError, RunConfig
from vae_core.data import registry
from vae_core.data.dataset import Dataset
from vae_core.kinds.base import Kind
from vae_core.kinds.images import Images
from vae_core.kinds.melodies import Melodies
from vae_core.kinds.texts import Texts
from vae_core.model import architectures, likelihoods, objectives, priors

KINDS: dict[str, Kind] = {kind.name: kind for kind in (Images(), Texts(), Melodies())}


def of_data(dataset: Dataset) -> Kind:
    """The kind of a data set that is loaded."""
    return of_name(dataset.name, dataset.kind)


def of_run(config: RunConfig) -> Kind:
    """The kind of the data that a run is trained on, by its architecture: the data set itself may
    not be here.
    """
    return of_name(config.dataset, architectures.kind_of(config.architecture))


def of_name(dataset: str, kind: str) -> Kind:
    """The kind of a data set, known only by its name and by what its arrays are.

    Args:
        dataset: its name.
        kind: images, or text.
    """
    source = registry.DATASETS.get(dataset)
    shown_as = source.shown_as if source and source.kind == kind else ""
    return KINDS[shown_as or kind]


def check(config: RunConfig, kind: str) -> None:
    """Does the config fit data of that kind, and are its members known here?

    Raises:
        ConfigError: they are not; one sentence that says what to choose.
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

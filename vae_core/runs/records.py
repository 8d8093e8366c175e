"""The schema of metrics.jsonl, for training, pages, imports and sinks.

Training writes one of these dicts per line as JSON, and pydantic checks each line that is read.
Losses are in nats per item. `seconds` is the time spent training.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Discriminator, Field, TypeAdapter, ValidationError, with_config

# On Python 3.11 pydantic can't read the TypedDict of `typing`.
from typing_extensions import TypedDict

from vae_core.config import RunConfig

LOSSES = ("loss", "distortion", "rate", "elbo")  # those in `Epoch.test`, in the tables' order

# JSON written by Python may hold nan, which no figure can draw.
Finite = Annotated[float, Field(gt=-1e300, lt=1e300, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=1 << 40)]
Word = Annotated[str, Field(pattern="^[0-9A-Za-z_.+-]{0,64}$")]

_strict = with_config(ConfigDict(strict=True))


@_strict
class Parameters(TypedDict, total=False):
    """Number of parameters of each network."""

    encoder: Count
    decoder: Count


@_strict
class DatasetSize(TypedDict):
    """The data set: numbers of training and held-out items, and the shape of an item.

    `size` is the first number of the shape. Grey square images and texts are recorded by `size`
    alone, other items also by `shape`. `dataset_size` writes both, and `item_shape` reads them.
    """

    train: Count
    test: Count
    size: Count
    sha256: NotRequired[Word]
    vocabulary: NotRequired[str]  # only for texts
    shape: NotRequired[Annotated[list[Count], Field(min_length=1, max_length=3)]]


@_strict
class Versions(TypedDict, total=False):
    """Versions of Python and of the libraries that trained the run."""

    python: Word
    tensorflow: Word
    keras: Word
    numpy: Word


@_strict
class Start(TypedDict):
    """Training starts at epoch 0, or resumes at `epoch`. `time` is in seconds since 1970."""

    kind: Literal["start"]
    time: Finite
    epoch: Count
    steps_per_epoch: Count
    parameters: NotRequired[Parameters]
    dataset: NotRequired[DatasetSize]
    versions: NotRequired[Versions]
    machine: NotRequired[Word]
    cpus: NotRequired[Count | None]


@with_config(ConfigDict(strict=True, extra="forbid"))
class PointLosses(TypedDict):
    """Held-out losses of an autoencoder. It has neither a rate nor an elbo."""

    loss: Finite
    distortion: Finite


@_strict
class Losses(TypedDict, extra_items=Finite):  # type: ignore[call-arg] # mypy lacks PEP 728
    """Held-out losses of a VAE. Any other key is a part of the objective.

    `rate_per_dim` has one number for each latent dimension. It is missing if the prior is not
    factorised, see `vae_core.model.priors.Prior`.
    """

    loss: Finite
    distortion: Finite
    rate: Finite
    elbo: Finite
    rate_per_dim: NotRequired[list[Finite]]


@_strict
class PointStep(TypedDict):
    """A step of an autoencoder within an epoch. `train` has means over the last few batches."""

    kind: Literal["step"]
    step: Count
    epoch: Finite
    seconds: Finite
    train: dict[str, Finite]


@_strict
class Step(PointStep):
    """A step of a VAE. `rate_per_dim`, over some held-out items, is missing if not finite."""

    rate_per_dim: NotRequired[list[Finite]]


@_strict
class PointEpoch(TypedDict):
    """The end of an epoch of an autoencoder. Epoch 0 is before training and has no `train`."""

    kind: Literal["epoch"]
    epoch: Count
    step: Count
    seconds: Finite
    beta: None
    capacity: None
    train: dict[str, Finite] | None
    test: PointLosses
    rate_per_dim: NotRequired[None]  # an autoencoder has none


@_strict
class Epoch(TypedDict):
    """The end of an epoch of a VAE. `beta` and `capacity` are those of its last step."""

    kind: Literal["epoch"]
    epoch: Count
    step: Count
    seconds: Finite
    beta: Finite
    capacity: Finite | None
    train: dict[str, Finite] | None
    test: Losses


@_strict
class End(TypedDict):
    """Training has ended. `metrics` has the names of `metrics.catalogue` as keys.

    Older runs have `active_units` and `high_rate_units` beside `metrics`, not in it.
    """

    kind: Literal["end"]
    state: Word
    epoch: Count
    seconds: NotRequired[Finite]
    metrics: NotRequired[dict[str, Count | Finite]]
    active_units: NotRequired[Count]
    high_rate_units: NotRequired[Count]


Record = Start | PointStep | Step | PointEpoch | Epoch | End


@functools.cache
def schema(has_rate: bool) -> TypeAdapter[Record]:
    """Return the validator of lines. Making it takes some milliseconds, so it is cached.

    Args:
        has_rate: True for a VAE, False for an autoencoder.
    """
    lines: Any = Start | Step | Epoch | End if has_rate else Start | PointStep | PointEpoch | End
    return TypeAdapter(Annotated[lines, Discriminator("kind")])


def parse_record(line: bytes, config: RunConfig) -> Any:
    """Parse a line to a `Record`. Fields that the schema doesn't have are dropped.

    Returns:
        None if the line is torn, lacks a required field, or holds an invalid value.
    """
    try:
        return schema(config.has_rate).validate_json(line)
    except ValidationError:
        return None


def dataset_size(
    train: int, test: int, item_shape: tuple[int, ...], sha256: str, vocabulary: str
) -> DatasetSize:
    """Return the record of a data set.

    Args:
        train, test: numbers of training and held-out items.
        item_shape: (h, w, c) of an image, (features,) of a vector, (length,) of a text.
        sha256: of the arrays.
        vocabulary: of texts; empty for other items.
    """
    size = item_shape[0]
    recorded = DatasetSize(train=train, test=test, size=size, sha256=sha256)
    if vocabulary:
        recorded["vocabulary"] = vocabulary
    elif item_shape != (size, size, 1):
        recorded["shape"] = list(item_shape)
    return recorded


def item_shape(recorded: DatasetSize) -> tuple[int, ...]:
    """Return the shape of an item from the record of its data set. Older records work, too."""
    if "shape" in recorded:
        return tuple(recorded["shape"])
    size = recorded["size"]
    return (size,) if "vocabulary" in recorded else (size, size, 1)

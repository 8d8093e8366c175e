"""The schema of metrics.jsonl: what each line holds, for training, pages, imports and sinks.

Training writes these dicts as JSON, one a line; pydantic checks what is read. Losses are in nats
an item (image or text), `seconds` is time spent training.
"""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Discriminator, Field, TypeAdapter, ValidationError, with_config

# On Python 3.11 pydantic reads this one alone.
from typing_extensions import TypedDict

from vae_core.config import RunConfig

LOSSES = ("loss", "distortion", "rate", "elbo")  # the numbers of `test`, in the tables' order

# Numbers that can be drawn: JSON from Python may hold nan.
Finite = Annotated[float, Field(gt=-1e300, lt=1e300, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=1 << 40)]
Word = Annotated[str, Field(pattern="^[0-9A-Za-z_.+-]{0,64}$")]

_strict = with_config(ConfigDict(strict=True))


@_strict
class Parameters(TypedDict, total=False):
    """How many parameters the networks have."""

    encoder: Count
    decoder: Count


@_strict
class DatasetSize(TypedDict):
    """The data set: items to train on and held out, pixels a side or tokens of the longest text."""

    train: Count
    test: Count
    size: Count
    sha256: NotRequired[Word]
    vocabulary: NotRequired[str]  # of texts


@_strict
class Versions(TypedDict, total=False):
    """Of Python and the libraries that trained."""

    python: Word
    tensorflow: Word
    keras: Word
    numpy: Word


@_strict
class Start(TypedDict):
    """Training starts, or goes on from `epoch`. `time` is in seconds since 1970."""

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
    """Held-out losses of an autoencoder, which has neither rate nor elbo."""

    loss: Finite
    distortion: Finite


@_strict
class Losses(TypedDict, extra_items=Finite):  # type: ignore[call-arg] # mypy lacks PEP 728
    """Held-out losses of a VAE, and the objective's own parts under other names.

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
    """A step inside an epoch, of an autoencoder; `train` is of the last few batches."""

    kind: Literal["step"]
    step: Count
    epoch: Finite
    seconds: Finite
    train: dict[str, Finite]


@_strict
class Step(PointStep):
    """A step of a VAE, with the rates of the first held-out items where they are finite."""

    rate_per_dim: NotRequired[list[Finite]]


@_strict
class PointEpoch(TypedDict):
    """The end of an epoch of an autoencoder; epoch 0 is before training, without `train`."""

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
    """The end of an epoch of a VAE, with the β and the capacity of its last step."""

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
    """Training has ended; `metrics` by their names in `metrics.catalogue`.

    Older runs have two of these beside `metrics`.
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
    """The checker of lines, made at its first use, as that takes some milliseconds.

    Args:
        has_rate: True for a VAE, False for an autoencoder.
    """
    lines: Any = Start | Step | Epoch | End if has_rate else Start | PointStep | PointEpoch | End
    return TypeAdapter(Annotated[lines, Discriminator("kind")])


def parse_record(line: bytes, config: RunConfig) -> Any:
    """The `Record` of a line, without fields that the schema doesn't have.

    Returns:
        None if the line is torn, lacks a required field, or holds a value that can't be.
    """
    try:
        return schema(config.has_rate).validate_json(line)
    except ValidationError:
        return None

"""The config of a run: everything that determines it.

Two equal configs mean the same run. Each field has its metadata in its annotation, see
`vae_core.settings.Setting`, so a new field is added here and nowhere else.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Annotated, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from vae_core.settings import Number, Setting, markdown_table, refuses_with, sentence, settings_of

# Groups of fields, in the order in which they are shown.
DATA, MODEL, OBJECTIVE, TRAINING = "Data", "Model", "Objective", "Training"
OPTIMISER = "Optimiser and seed"
# `read_when` of fields that concern the rate. An autoencoder has no rate, so these fields don't
# change its id.
VAE_ONLY = {"model": ("vae",)}
RUN_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,119}")


class VaeLabError(Exception):
    """An error that the user can correct. The message is one sentence that says how."""


class ConfigError(VaeLabError, ValueError):
    """A config value is missing, of the wrong type or out of range."""


@refuses_with(ConfigError, "the config")
@dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False),
)
class RunConfig:
    """What to train. Every field has a default, and defaults never change.

    The id is a hash of the fields that training reads and that differ from their defaults. So a
    new field, whose default keeps the old behaviour, leaves the ids of existing runs unchanged.

    Raises:
        ConfigError: a value is of the wrong type or out of range, or a field is unknown.
    """

    dataset: Annotated[
        str,
        Setting(label="Data set", help="name of the data set", group=DATA, is_name=True),
    ] = "digits"
    architecture: Annotated[
        str,
        Setting(
            label="Architecture",
            help="layers of the encoder and the decoder",
            group=MODEL,
            is_name=True,
            choices="vae_core.model.architectures:names",
        ),
    ] = "mlp"
    latent_dim: Annotated[
        int,
        Setting(
            label="Latent dimensions",
            help="number of latent dimensions d",
            group=MODEL,
            low=1,
            high=512,
            offered=(1, 64),
        ),
    ] = 2
    # With the `capacity` schedule, β is the weight of |rate - C|.
    beta: Annotated[
        Number,
        Setting(
            label="β",
            help="weight of the rate in the loss",
            group=OBJECTIVE,
            note="loss = distortion + β · rate.",
            low=0,
            high=1e6,
            read_when=VAE_ONLY,
        ),
    ] = 1.0
    schedule: Annotated[
        str,
        Setting(
            label="β schedule",
            help="how β changes over the steps",
            group=OBJECTIVE,
            note="linear: a warm-up from 0. cyclical: this warm-up again and again. capacity: "
            "β · |rate - C| with a growing C. The usual schedule of texts is linear, because "
            "without a warm-up their models collapse.",
            choices=("constant", "linear", "cyclical", "capacity"),
            read_when=VAE_ONLY,
        ),
    ] = "constant"
    warmup: Annotated[
        Number,
        Setting(
            label="Warm-up, share of the steps",
            help="share of the steps, or of each cycle, over which β or the capacity grows",
            group=OBJECTIVE,
            low=0,
            high=1,
            read_when=VAE_ONLY | {"schedule": ("linear", "cyclical", "capacity")},
        ),
    ] = 0.5
    cycles: Annotated[
        int,
        Setting(
            label="Cycles",
            help="number of cycles of the cyclical schedule",
            group=OBJECTIVE,
            low=1,
            high=1000,
            offered=(1, 100),
            read_when=VAE_ONLY | {"schedule": ("cyclical",)},
        ),
    ] = 4
    capacity: Annotated[
        Number,
        Setting(
            label="Capacity C",
            help="rate that the capacity schedule ends at",
            group=OBJECTIVE,
            unit="nats",
            low=0,
            high=1e6,
            offered=(0, 1000),
            read_when=VAE_ONLY | {"schedule": ("capacity",)},
        ),
    ] = 10.0
    epochs: Annotated[
        int,
        Setting(
            label="Epochs",
            help="passes over the training data",
            group=TRAINING,
            low=1,
            high=100_000,
        ),
    ] = 20
    # An epoch leaves the last, incomplete batch out. Each epoch draws a new order, so all items are
    # used.
    batch_size: Annotated[
        int,
        Setting(
            label="Batch size",
            help="items per step",
            group=TRAINING,
            low=1,
            high=65_536,
            offered=(1, 4096),
        ),
    ] = 128
    optimizer: Annotated[
        str,
        Setting(
            label="Optimiser",
            help="the optimiser, by its name in Keras",
            group=OPTIMISER,
            choices=("adam", "adamw", "nadam", "rmsprop", "sgd", "adagrad"),
        ),
    ] = "adam"
    learning_rate: Annotated[
        Number,
        Setting(
            label="Learning rate",
            help="step size of the optimiser",
            group=OPTIMISER,
            above=0,
            high=1e3,
            offered=(1e-6, 10),
            step=1e-4,
        ),
    ] = 1e-3
    # The cosine is that of Loshchilov & Hutter (2017), "SGDR", eq. 5, without restarts.
    decay: Annotated[
        str,
        Setting(
            label="Decay of the learning rate",
            help="how the learning rate falls over the steps",
            group=OPTIMISER,
            note="cosine: falls to 0 over all steps.",
            choices=("none", "cosine"),
        ),
    ] = "none"
    seed: Annotated[
        int,
        Setting(
            label="Seed",
            help="seed of all random numbers",
            group=OPTIMISER,
            note="Runs of one seed have the same initial weights, batches and noise, for any β.",
            low=0,
            high=2**30,
        ),
    ] = 0
    model: Annotated[
        str,
        Setting(
            label="Model",
            help="a VAE or an autoencoder",
            group=MODEL,
            note="autoencoder: the same networks and initial weights, without noise and without "
            "a rate.",
            choices=("vae", "autoencoder"),
        ),
    ] = "vae"
    likelihood: Annotated[
        str,
        Setting(
            label="Likelihood",
            help="distribution of a pixel given z",
            group=MODEL,
            note="bernoulli: a cross-entropy on grey pixels. gaussian: of a fixed width sigma. "
            "Numbers of different likelihoods can't be compared. For texts the default stands for "
            "categorical.",
            is_name=True,
            choices="vae_core.model.likelihoods:names",
            kinds=("images",),
        ),
    ] = "bernoulli"
    sigma: Annotated[
        Number,
        Setting(
            label="Sigma",
            help="standard deviation of a pixel under the Gaussian likelihood",
            group=MODEL,
            low=1e-3,
            high=1e3,
            offered=(0.01, 10),
            step=0.01,
            read_when={"likelihood": ("gaussian",)},
            kinds=("images",),
        ),
    ] = 0.1
    prior: Annotated[
        str,
        Setting(
            label="Prior",
            help="distribution of z that the rate is measured against",
            group=MODEL,
            is_name=True,
            choices="vae_core.model.priors:names",
            read_when=VAE_ONLY,
        ),
    ] = "standard_normal"
    objective: Annotated[
        str,
        Setting(
            label="Objective",
            help="what training minimises",
            group=OBJECTIVE,
            note="beta: distortion + β · rate. free_bits: as beta, but the first nats of each "
            "latent dimension cost nothing.",
            is_name=True,
            choices="vae_core.model.objectives:names",
            read_when=VAE_ONLY,
        ),
    ] = "beta"
    free_bits: Annotated[
        Number,
        Setting(
            label="Free bits",
            help="rate of each latent dimension that costs nothing",
            group=OBJECTIVE,
            unit="nats",
            low=0,
            high=1e3,
            offered=(0, 20),
            step=0.1,
            read_when=VAE_ONLY | {"objective": ("free_bits",)},
        ),
    ] = 0.5

    @property
    def has_rate(self) -> bool:
        """Whether the model has a rate and an elbo. An autoencoder has neither."""
        return self.model == "vae"

    @property
    def model_label(self) -> str:
        """The model in a few characters: "β 4", or "autoencoder"."""
        return f"β {self.beta:g}" if self.has_rate else "autoencoder"

    def reads(self, name: str) -> bool:
        """Return whether training reads a field, given the values of the other fields."""
        return FIELDS[name].read_by(vars(self))

    @property
    def changed(self) -> dict[str, Any]:
        """The fields that training reads and that differ from their defaults."""
        values = vars(self)
        return {
            name: values[name]
            for name, setting in FIELDS.items()
            if values[name] != setting.default and setting.read_by(values)
        }

    def options(self, left_out: Collection[str] = (), always: Iterable[str] = ()) -> list[str]:
        """Return the command-line options that give this config.

        Args:
            left_out: fields that get no option.
            always: fields that get an option even at their default, because the command line
                would otherwise set another value.
        """
        named = self.changed
        named |= {name: getattr(self, name) for name in always if self.reads(name)}
        options = []
        for name, value in named.items():
            if name not in left_out:
                # The short form is used if it reads back as the same value.
                short = f"{value:g}" if isinstance(value, float) else str(value)
                text = short if type(value)(short) == value else repr(value)
                options += ["--" + name.replace("_", "-"), text]
        return options

    @functools.cached_property  # pages list thousands of runs by their ids
    def id(self) -> str:
        """A readable prefix and a hash, such as `digits-mlp-d2-beta4-seed0-1f0c2a9b`.

        It matches `RUN_ID`, and is a valid name for folders and in URLs.
        """
        content = json.dumps(self.changed, sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        kind = f"beta{self.beta:g}".replace("+", "") if self.has_rate else "ae"
        return (
            f"{self.dataset}-{self.architecture}-d{self.latent_dim}-{kind}-seed{self.seed}-{digest}"
        )

    def to_json(self) -> str:
        """Return all fields as JSON."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Read what `to_json` wrote.

        Raises:
            ConfigError: the text is not a JSON object, or a field is unknown or out of range.
        """
        try:
            return _READER.validate_json(text)
        except ValidationError as error:
            raise ConfigError(sentence(error, "the config", FIELDS)) from None


FIELDS = settings_of(RunConfig)
_READER = TypeAdapter(RunConfig)


def fields_table() -> str:
    """Return all fields as a table in Markdown."""
    return markdown_table(FIELDS.values())

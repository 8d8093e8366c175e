"""RunConfig: everything that determines a run, validated, hashable, and written as JSON.

Two equal configs mean the same run; the id is a readable prefix and a hash of the content. Each
field carries its metadata, and adding a field is adding it here: see `vae_core.settings.Setting`.
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
DATA, MODEL, OBJECTIVE, TRAINING, OPTIMISER = (
    *("Data", "Model", "Objective", "Training"),
    "Optimiser and seed",
)
# An autoencoder has no rate: what weighs the rate doesn't make another run of it.
VAE_ONLY = {"model": ("vae",)}
RUN_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,119}")


class VaeLabError(Exception):
    """Something the user can put right; the message is one sentence that says how."""


class ConfigError(VaeLabError, ValueError):
    """A config value is missing, of the wrong type or out of range."""


@refuses_with(ConfigError, "the config")
@dataclass(
    frozen=True,
    kw_only=True,
    config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False),
)
class RunConfig:
    """What to train. Every field has a default; defaults never change, so ids stay valid.

    A field added later gets the default that keeps the old behaviour; as the id is hashed over
    the fields that matter and differ from their defaults, the runs that exist keep their ids.

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
    # With the `capacity` schedule it is the weight of |rate - C|.
    beta: Annotated[
        Number,
        Setting(
            label="β",
            help="how strongly the rate counts",
            group=OBJECTIVE,
            note="Weight of the rate in loss = distortion + β · rate.",
            low=0,
            high=1e6,
            read_when=VAE_ONLY,
        ),
    ] = 1.0
    schedule: Annotated[
        str,
        Setting(
            label="β schedule",
            help="how β moves over the steps",
            group=OBJECTIVE,
            note="Texts begin with the linear one, as without a warm-up such models collapse. "
            "constant; linear warm-up from 0; cyclical, the same again and again; capacity: "
            "β · |rate - C| with C growing.",
            choices=("constant", "linear", "cyclical", "capacity"),
            read_when=VAE_ONLY,
        ),
    ] = "constant"
    warmup: Annotated[
        Number,
        Setting(
            label="Warm-up, share of the steps",
            help="share of the steps (of a cycle) over which β, or the capacity, grows",
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
            help="the rate that the capacity schedule grows to",
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
    # The last, incomplete batch of an epoch is left out: the order is drawn anew each epoch, so
    # every image takes part.
    batch_size: Annotated[
        int,
        Setting(
            label="Batch size",
            help="images, or texts, a step",
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
            help="what all random numbers come from",
            group=OPTIMISER,
            note="Same seed: same first weights, batches and noise, whatever β is.",
            low=0,
            high=2**30,
        ),
    ] = 0
    # An autoencoder decodes the posterior mean itself.
    model: Annotated[
        str,
        Setting(
            label="Model",
            help="a VAE or an autoencoder",
            group=MODEL,
            note="autoencoder: the same networks and first weights, without noise and without "
            "rate.",
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
            "Their nats don't compare.",
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
            help="distribution of z that the rate is counted from",
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
        """Has it posteriors, and so a rate and an elbo? An autoencoder has points."""
        return self.model == "vae"

    @property
    def model_label(self) -> str:
        """Its β, as in "β 4"; or "autoencoder", which has none."""
        return f"β {self.beta:g}" if self.has_rate else "autoencoder"

    def reads(self, name: str) -> bool:
        """Does training read this field, the others being what they are?"""
        return FIELDS[name].read_by(vars(self))

    @property
    def changed(self) -> dict[str, Any]:
        """Fields that training reads and that differ from their defaults."""
        values = vars(self)
        return {
            name: values[name]
            for name, setting in FIELDS.items()
            if values[name] != setting.default and setting.read_by(values)
        }

    def options(self, but: Collection[str] = (), also: Iterable[str] = ()) -> list[str]:
        """The options that make this config where the command line sets nothing by itself.

        Args:
            but: fields to leave out.
            also: fields to name even where they have their default.
        """
        named = self.changed
        named |= {name: getattr(self, name) for name in also if self.reads(name)}
        options = []
        for name, value in named.items():
            if name not in but:
                short = f"{value:g}" if isinstance(value, float) else str(value)
                text = short if type(value)(short) == value else repr(value)
                options += ["--" + name.replace("_", "-"), text]
        return options

    @functools.cached_property  # lists of thousands of runs ask for it
    def id(self) -> str:
        """Readable prefix and hash of the content, e.g. `digits-mlp-d2-beta4-seed0-1f0c2a9b`.

        A name for folders and URLs: it always matches `RUN_ID`.
        """
        content = json.dumps(self.changed, sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        kind = f"beta{self.beta:g}".replace("+", "") if self.has_rate else "ae"
        return (
            f"{self.dataset}-{self.architecture}-d{self.latent_dim}-{kind}-seed{self.seed}-{digest}"
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> RunConfig:
        """Read what `to_json` wrote.

        Raises:
            ConfigError: not JSON, not an object, unknown fields, or a value out of range.
        """
        try:
            return _READER.validate_json(text)
        except ValidationError as error:
            raise ConfigError(sentence(error, "the config", FIELDS)) from None


FIELDS = settings_of(RunConfig)
_READER = TypeAdapter(RunConfig)


def fields_table() -> str:
    """All fields as a table in Markdown."""
    return markdown_table(FIELDS.values())

"""RunConfig: everything that determines a run, validated, hashable, and written as JSON.

Two equal configs mean the same run; the id is a readable prefix and a hash of the content.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from typing import Any

OPTIMIZERS = ("adam", "adamw", "nadam", "rmsprop", "sgd", "adagrad")
SCHEDULES = ("constant", "linear", "cyclical", "capacity")
DECAYS = ("none", "cosine")
# Of a run on texts, unless told otherwise: without a warm-up of β such models collapse.
TEXT_DEFAULTS = {"architecture": "lstm", "schedule": "linear"}
MODELS = ("vae", "autoencoder")
# Fields that are read under some values of others alone: elsewhere they don't make another run.
VAE_ALONE: dict[str, tuple[str, ...]] = {"model": ("vae",)}
USED_BY = {
    "beta": VAE_ALONE,
    "schedule": VAE_ALONE,
    "warmup": VAE_ALONE | {"schedule": ("linear", "cyclical", "capacity")},
    "cycles": VAE_ALONE | {"schedule": ("cyclical",)},
    "capacity": VAE_ALONE | {"schedule": ("capacity",)},
}
RUN_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,119}")


class VaeLabError(Exception):
    """Something the user can put right; the message is one sentence that says how."""


class ConfigError(VaeLabError, ValueError):
    """A config value is missing, of the wrong type or out of range."""


def _check(condition: bool, message: str) -> None:
    if not condition:
        raise ConfigError(message)


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """What to train. Every field has a default; defaults never change, so ids stay valid.

    A field added later gets the default that keeps the old behaviour; as the id is hashed over
    the fields that matter and differ from their defaults, the runs that exist keep their ids.

    Attributes:
        dataset: name in `vae_core.data.registry.DATASETS`, or of one of the user's own data sets.
        architecture: name in `vae_core.model.architectures.ARCHITECTURES`.
        latent_dim: number of latent dimensions d, 1 to 512.
        beta: weight of the rate in `loss = distortion + beta * rate`, 0 to 1e6. With the
            `capacity` schedule it is the weight of |rate - C|.
        schedule: how beta moves over the steps, see `vae_core.model.schedules.schedule`.
        warmup: fraction of all steps (of each cycle, when cyclical) over which beta or C grows.
        cycles: number of cycles of the `cyclical` schedule.
        capacity: the C, in nats an image, that the `capacity` schedule grows to.
        epochs: passes over the training images.
        batch_size: images a step; the last, incomplete batch of an epoch is left out (the
            order is drawn anew each epoch, so every image takes part).
        optimizer: one of `OPTIMIZERS`.
        learning_rate: step size of the optimiser.
        decay: how the learning rate falls over all steps: not at all, or to 0 along a cosine
            (Loshchilov & Hutter, 2017, "SGDR", eq. 5, without restarts).
        seed: fixes initial weights, order of the images and the noise of every sample.
        model: one of `MODELS`. An autoencoder has the same networks and decodes the posterior
            mean itself: no noise, no rate in its loss, so nothing reads β and its schedule.
    """

    dataset: str = "digits"
    architecture: str = "mlp"
    latent_dim: int = 2
    beta: float = 1.0
    schedule: str = "constant"
    warmup: float = 0.5
    cycles: int = 4
    capacity: float = 10.0
    epochs: int = 20
    batch_size: int = 128
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    decay: str = "none"
    seed: int = 0
    model: str = "vae"

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type == "float" and type(value) in (int, float):
                try:
                    value = float(value) + 0.0  # -0.0 is the same run as 0.0
                except OverflowError:
                    raise ConfigError(f"{field.name} is too large a number.") from None
                object.__setattr__(self, field.name, value)
            expected = {"str": str, "int": int, "float": float}[str(field.type)]
            _check(
                isinstance(value, expected) and not isinstance(value, bool),
                f"{field.name} must be of type {field.type}, got {value!r}.",
            )
        for name in ("dataset", "architecture"):
            value = getattr(self, name)
            _check(
                re.fullmatch(r"[a-z0-9][a-z0-9_]{0,39}", value) is not None,
                f"{name} must be a lower-case name, got {value!r}.",
            )
        for name, low, high in (
            ("latent_dim", 1, 512),
            ("beta", 0, 1e6),
            ("warmup", 0, 1),
            ("cycles", 1, 1000),
            ("capacity", 0, 1e6),
            ("epochs", 1, 100_000),
            ("batch_size", 1, 65_536),
            ("seed", 0, 2**30),
        ):
            value = getattr(self, name)
            _check(
                low <= value <= high,  # nan is not
                f"{name} must be from {low:,} to {high:,.0f}, got {value!r}.",
            )
        _check(
            math.isfinite(self.learning_rate) and 0 < self.learning_rate <= 1e3,
            f"learning_rate must be above 0 and at most 1,000, got {self.learning_rate!r}.",
        )
        for name, choices in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("decay", DECAYS),
            ("model", MODELS),
        ):
            value = getattr(self, name)
            _check(value in choices, f"{name} must be one of {', '.join(choices)}; got {value!r}.")

    @property
    def has_rate(self) -> bool:
        """Has it posteriors, and so a rate and an elbo? An autoencoder has points."""
        return self.model == "vae"

    @property
    def beta_or_model(self) -> str:
        """Its β, as it stands in lists, or that it has none."""
        return f"β {self.beta:g}" if self.has_rate else "autoencoder"

    def reads(self, name: str) -> bool:
        """Does training read this field, the others being what they are?"""
        return all(getattr(self, by) in used for by, used in USED_BY.get(name, {}).items())

    @property
    def changed(self) -> dict[str, Any]:
        """Fields that training reads and that differ from their defaults."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default and self.reads(field.name)
        }

    def options(self, but: Collection[str] = ()) -> list[str]:
        """What makes this config on the command line, without the fields in `but`."""
        said = self.changed
        if self.architecture == TEXT_DEFAULTS["architecture"]:  # other defaults hold there
            said |= {name: getattr(self, name) for name in TEXT_DEFAULTS if self.reads(name)}
        found = []
        for name, value in said.items():
            if name not in but:
                short = f"{value:g}" if isinstance(value, float) else str(value)
                text = short if type(value)(short) == value else repr(value)
                found += ["--" + name.replace("_", "-"), text]
        return found

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
            values = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"the config is not valid JSON: {error}.") from error
        _check(isinstance(values, dict), "the config must be a JSON object.")
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        _check(not unknown, f"the config has unknown fields: {', '.join(unknown)}.")
        return cls(**values)

"""Architectures of encoder and decoder: one module each, one line in the registry.

An architecture for images and vectors is a module with

    JIT: bool              whether XLA makes training faster (measured: see benchmarks/training.py)
    AXES = ("length", ...)  names of the axes of an item; left out if items may have any shape
    build(item_shape, outputs, latent_dim) -> (encoder, decoder)

    encoder: (n, *item_shape) in [0, 1] -> [posterior_mean (n, d), posterior_log_var (n, d)]
    decoder: (n, d) -> (n, *item_shape[:-1], outputs), which the likelihood reads

An image has the shape (h, w, c), and a vector has the shape (features,). `outputs` is the last
number of the shape, times the numbers that the likelihood reads for each value.

An architecture for texts is such a module, too. Its item shape is (length,). It has one output for
each character and one for the end. It also has

    build_step(decoder) -> (first, step)       see `vae_core.model.architectures.lstm`

    encoder: tokens (n, length) -> [posterior_mean (n, d), posterior_log_var (n, d)]
    decoder: [z (n, d), tokens it reads (n, length)] -> logits (n, length, outputs)

Listing the names imports no Keras; building does.
"""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from vae_core.config import ConfigError
from vae_core.registry import Registry

if TYPE_CHECKING:
    import keras


ARCHITECTURES = Registry(
    "architecture",
    "vae_lab.architectures",
    {
        "mlp": "vae_core.model.architectures.mlp",
        "conv": "vae_core.model.architectures.conv",
        "deep": "vae_core.model.architectures.deep",
    },
)
TEXT_ARCHITECTURES = Registry(
    "architecture",
    "vae_lab.text_architectures",
    {"lstm": "vae_core.model.architectures.lstm"},
)
BY_KIND = {"images": ARCHITECTURES, "text": TEXT_ARCHITECTURES}


class Networks(NamedTuple):
    """The networks of an architecture, and whether XLA makes their training faster."""

    encoder: keras.Model
    decoder: keras.Model
    jit: bool


def names(kind: str | None = None) -> tuple[str, ...]:
    """The architectures for a kind of data; all of them for None."""
    return tuple(BY_KIND[kind] if kind else [*ARCHITECTURES, *TEXT_ARCHITECTURES])


def kind_of(name: str) -> str:
    """The kind of data that an architecture is for; images if the architecture is unknown here."""
    return next((kind for kind, members in BY_KIND.items() if name in members), "images")


def check_name(name: str, kind: str = "images") -> None:
    """Raise ConfigError if no architecture for this kind of data has that name."""
    fitting = BY_KIND[kind]
    if name in fitting:
        return
    for other, members in BY_KIND.items():
        if name in members:
            raise ConfigError(
                f"the architecture {name!r} is for {other}, and the data set holds {kind}: "
                f"choose {' or '.join(fitting)}."
            )
    raise ConfigError(f"unknown architecture {name!r}: choose one of {', '.join(fitting)}.")


def build(name: str, item_shape: tuple[int, ...], outputs: int, latent_dim: int) -> Networks:
    """Build the encoder and the decoder of an architecture.

    Args:
        name: of the architecture.
        item_shape: (h, w, c) of an image, (features,) of a vector, (length,) of a text.
        outputs: length of the last axis of the decoder's output: the numbers for each pixel, for
            each token, or for a whole vector.
        latent_dim: d.

    Raises:
        ConfigError: the architecture is unknown, or is for items with other axes.
    """
    check_axes(name, item_shape)
    architecture = BY_KIND[kind_of(name)][name]
    encoder, decoder = architecture.build(item_shape, outputs, latent_dim)
    return Networks(encoder, decoder, architecture.JIT)


def check_axes(name: str, item_shape: tuple[int, ...]) -> None:
    """Raise ConfigError if an architecture is for items with other axes. Nothing is imported."""
    if _takes(name, item_shape):
        return
    fitting = [other for other in BY_KIND[kind_of(name)] if _takes(other, item_shape)]
    raise ConfigError(
        f"the architecture {name!r} is for items of the shape "
        f"({', '.join(_axes(name) or ())}), and those of the data set have the shape "
        f"{item_shape}: choose {' or '.join(fitting) or 'another data set'}."
    )


def _takes(name: str, item_shape: tuple[int, ...]) -> bool:
    axes = _axes(name)
    return axes is None or len(axes) == len(item_shape)


def _axes(name: str) -> tuple[str, ...] | None:
    """Return the names of the axes of an item; None if items may have any shape.

    They are read from the source of the module, because importing it takes seconds.
    """
    try:
        spec = importlib.util.find_spec(module_of(name))
    except ImportError:  # `build` says so
        return None
    source = Path(spec.origin).read_text("utf-8") if spec and spec.origin else ""
    for statement in ast.parse(source).body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "AXES" for target in statement.targets
        ):
            return tuple(ast.literal_eval(statement.value))
    return None


def build_step(name: str, decoder: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Build a text decoder that reads one token at a time, see `lstm.build_step`."""
    first, step = TEXT_ARCHITECTURES[name].build_step(decoder)
    return first, step


def module_of(name: str) -> str:
    """The name of an architecture's module; nothing is imported."""
    return BY_KIND[kind_of(name)].place(name).partition(":")[0]

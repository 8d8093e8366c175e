"""The networks of a run, for images as floats or bytes and for texts as strings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from vae_core import kinds
from vae_core.inference.images import Inference
from vae_core.inference.texts import TextInference
from vae_core.runs.errors import NO_WEIGHTS, RunError
from vae_core.runs.run import Run


class Networks(Protocol):
    """The encoder and the decoder of a run."""

    def encode(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        """Return posterior_mean and posterior_log_var (n, d) of n items."""
        ...

    def decode(self, z: np.ndarray) -> Any:
        """Return the n items that latents (n, d) decode to."""
        ...


class ImageNetworks:
    """Networks on images (n, h, w, c) or vectors (n, features), floats in [0, 1] or uint8.

    Args:
        run: has exports.
    """

    def __init__(self, run: Run) -> None:
        self._inference = Inference(run)

    def encode(self, x: Any) -> tuple[np.ndarray, np.ndarray]:
        images = np.asarray(x)
        shapes = [self._inference.item_shape]
        if len(shapes[0]) == 3 and shapes[0][-1] == 1:  # grey images may leave their channel out
            shapes.append(shapes[0][:2])
        if images.shape[1:] not in shapes:
            expected = " or ".join(f"(n, {', '.join(map(str, shape))})" for shape in shapes)
            raise ValueError(f"x must have the shape {expected}, got {images.shape}.")
        images = images.reshape(len(images), *shapes[0])
        if images.dtype == np.uint8:
            images = images / np.float32(255)
        # Written so that nan is refused, too.
        if len(images) and not (images.min() >= 0 and images.max() <= 1):
            raise ValueError(
                f"x must lie in [0, 1] (or be uint8), got {images.min():g} to {images.max():g}."
            )
        return self._inference.encode(images)

    def decode(self, z: np.ndarray) -> np.ndarray:
        return self._inference.decode(z)


class TextNetworks:
    """Networks on a list of texts.

    Args:
        run: has exports.
    """

    def __init__(self, run: Run) -> None:
        self._inference = TextInference(run)

    def encode(self, x: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        if isinstance(x, str):  # a str is a sequence of strings, too
            raise ValueError(f"x must be a list of texts, got the text {x!r:.60}.")
        return self._inference.encode(self._inference.tokens(x))

    def decode(self, z: np.ndarray) -> list[str]:
        return self._inference.texts(self._inference.decode(z))


def networks_of(run: Run) -> Networks:
    """Load the networks of a run.

    Raises:
        RunError: the run has no networks, or they are damaged.
    """
    if not run.viewable:
        state = run.status().state
        if state != "finished":
            raise RunError(f"run {run.id} is {state} and has no networks yet: train it to its end.")
        raise RunError(NO_WEIGHTS.format(run.id))
    return BY_ARRAYS[kinds.of_run(run.config).arrays](run)


BY_ARRAYS: dict[str, Callable[[Run], Networks]] = {"images": ImageNetworks, "text": TextNetworks}

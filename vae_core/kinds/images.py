"""The kind `images`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from vae_core.config import RunConfig
from vae_core.data import registry
from vae_core.data.dataset import Dataset, DatasetError, as_stored
from vae_core.data.upload.limits import SIZES
from vae_core.kinds.base import LoadScript
from vae_core.metrics import measurement
from vae_core.model import likelihoods
from vae_core.runs import records
from vae_core.runs.records import DatasetSize
from vae_core.runs.run import Run

if TYPE_CHECKING:
    from vae_core.inference.images import Inference
    from vae_core.model.vae import VAE

# The end of load.py. `{mean}` and `{an_item}` stand for the decoded mean and for "an image".
LOAD_MAIN = """
if __name__ == "__main__":
    vae = load()
    z = np.zeros((1, {latent_dim}), np.float32)  # {origin}
    decoded = keras.ops.convert_to_numpy({mean}).reshape(*SHAPE, -1)[..., 0]
    print("z = 0 decodes to {an_item} of shape", SHAPE, "with mean", decoded.mean())
    mean, log_var = vae.encoder(decoded[None])
    print("which is encoded at", keras.ops.convert_to_numpy(mean)[0])
"""

# Activation of a likelihood -> what the decoder gives, and the source of the mean.
DECODER_OUTPUTS = {
    "sigmoid": ("logits", "keras.ops.sigmoid(vae.decoder(z))"),
    "linear": ("means", "vae.decoder(z)"),
    "": ("the parameters of the distribution", "vae.decoder(z)"),
}


class Images:
    """See `vae_core.kinds.base.Kind`."""

    name = arrays = "images"
    usual_settings: Mapping[str, Any] = {}
    has_vocabulary = False
    may_have_factors = True
    item, items, an_item = "image", "images", "an image"

    def size_in_words(self, item_shape: tuple[int, ...]) -> str:
        height, width, channels = item_shape
        return f"{width}x{height} pixels" + (" in colour" if channels > 1 else "")

    def holds(self, item_shape: tuple[int, ...], labels: int) -> str:
        named = "no labels" if labels == 1 else f"{labels} labels"
        return f"{self.items} of {self.size_in_words(item_shape)}, {named}"

    def can_be(self, item_shape: tuple[int, ...]) -> bool:
        """Return whether an item of a data set may have this shape."""
        largest = SIZES[1]
        return len(item_shape) == 3 and (
            all(1 <= side <= largest for side in item_shape[:2]) and item_shape[2] in (1, 3)
        )

    def check_recorded(self, config: RunConfig, recorded: DatasetSize) -> None:
        item_shape = records.item_shape(recorded)
        try:
            expected = registry.source(config.dataset).item_shape
        except DatasetError:  # the data set is not here
            expected = item_shape
        if item_shape == expected and self.can_be(item_shape):
            return
        size = f"the shape {'x'.join(map(str, item_shape))}"
        if self.can_be(item_shape):
            size = self.size_in_words(item_shape)
        raise ValueError(f"its {self.items} have {size}, which is impossible.")

    def new_vae(
        self,
        config: RunConfig,
        item_shape: tuple[int, ...],
        vocabulary: str = "",
        steps: int = 1,
    ) -> VAE:
        from vae_core.model.vae import VAE  # TensorFlow, only where it is needed

        del vocabulary
        return VAE(config, item_shape, steps)

    def inference(self, run: Run) -> Inference:
        from vae_core.inference.images import Inference  # onnxruntime, only where it is needed

        return Inference(run)

    def measure(self, networks: Any, dataset: Dataset) -> dict[str, float]:
        return measurement.measure(networks, dataset.x_test, dataset.y_test, dataset.factors)

    def snapshot(
        self, vae: Any, dataset: Dataset, pictured: np.ndarray, z: np.ndarray
    ) -> dict[str, np.ndarray]:
        decoded = vae.decode(z)
        return {
            "images": _pixels(dataset.x_test[pictured]),
            "reconstructions": _pixels(decoded[: len(pictured)]),
            "prior_samples": _pixels(decoded[len(pictured) :]),
        }

    def load_script(self, run: Run, recorded: DatasetSize | None) -> LoadScript:
        # A record is preferred, because the data set may be on another machine.
        shape = (
            records.item_shape(recorded)
            if recorded
            else registry.source(run.config.dataset).item_shape
        )
        likelihood = likelihoods.of(run.config)
        outputs, mean = DECODER_OUTPUTS[likelihood.activation]
        return LoadScript(
            outputs=f"{outputs} of the values",
            arguments=f"SHAPE, {likelihood.numbers * shape[-1]}, {run.config.latent_dim}",
            constants=f"SHAPE = {shape}\n",
            main=LOAD_MAIN.replace("{mean}", mean).replace("{an_item}", self.an_item),
        )


def _pixels(images: np.ndarray) -> np.ndarray:
    """Return images as uint8, (n, h, w) if grey, else (n, h, w, c).

    Values are cut off at 0 and 1. Diverging networks may decode to nan, which becomes black.
    """
    pixels = np.rint(255 * np.clip(np.nan_to_num(images), 0, 1)).astype(np.uint8)
    return as_stored(pixels)

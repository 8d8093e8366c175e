"""Images."""

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
from vae_core.runs.run import Run

if TYPE_CHECKING:
    from vae_core.inference.images import Inference
    from vae_core.model.vae import VAE

# The end of load.py. `{mean}` stands for the mean of the pixels.
LOAD_MAIN = """
if __name__ == "__main__":
    vae = load()
    z = np.zeros((1, {latent_dim}), np.float32)  # {origin}
    pixels = keras.ops.convert_to_numpy({mean})[0, ..., 0]
    print("z = 0 decodes to a picture of", pixels.shape, "with mean", pixels.mean())
    mean, log_var = vae.encoder(pixels[None, ..., None])
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

    def item_shape(self, size: int) -> tuple[int, ...]:
        return size, size, 1

    def size_in_words(self, size: int) -> str:
        return f"{size}x{size} pixels"

    def holds(self, size: int, labels: int) -> str:
        named = "no labels" if labels == 1 else f"{labels} labels"
        return f"images of {self.size_in_words(size)}, {named}"

    def recorded_size(self, config: RunConfig, recorded: Mapping[str, Any]) -> tuple[int, str]:
        size = recorded["size"]
        try:
            known = registry.source(config.dataset).size
        except DatasetError:
            known = size
        if size != known or not SIZES[0] <= size <= SIZES[1]:
            raise ValueError(f"its images have {size} pixels a side, which can't be.")
        return size, ""

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

    def load_script(self, run: Run, recorded: Mapping[str, Any]) -> LoadScript:
        # The data set of a record may be on another machine.
        size = recorded["size"] if recorded else registry.source(run.config.dataset).size
        likelihood = likelihoods.of(run.config)
        outputs, mean = DECODER_OUTPUTS[likelihood.activation]
        return LoadScript(
            outputs=f"{outputs} of the pixels",
            arguments=f"{self.item_shape(size)}, {likelihood.numbers}, {run.config.latent_dim}",
            constants="",
            main=LOAD_MAIN.replace("{mean}", mean),
        )


def _pixels(images: np.ndarray) -> np.ndarray:
    """Images as uint8, (n, h, w) if grey, else (n, h, w, c).

    Values are cut off at 0 and 1. Pixels are black where diverging networks decode to nan.
    """
    pixels = np.rint(255 * np.clip(np.nan_to_num(images), 0, 1)).astype(np.uint8)
    return as_stored(pixels)

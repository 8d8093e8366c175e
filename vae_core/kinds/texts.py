"""The kind `text`: short texts as rows of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from vae_core.config import RunConfig
from vae_core.data import registry, tokens
from vae_core.data.dataset import Dataset, DatasetError
from vae_core.kinds.base import LoadScript
from vae_core.metrics import texts
from vae_core.runs.records import DatasetSize
from vae_core.runs.run import Run

if TYPE_CHECKING:
    from vae_core.inference.texts import TextInference
    from vae_core.model.vae import VAE

# The end of load.py. Tokens: 0 is padding, 1 ends a text and starts the decoder's input, and the
# vocabulary follows.
LOAD_MAIN = '''
def tokens(text):
    """A row of the encoder's input: the text, its end (1), and padding (0)."""
    row = [2 + VOCABULARY.index(character) for character in text] + [1]
    return np.array([row + [0] * (LENGTH - len(row))], np.int32)


def write(vae, z):
    """The text that a latent (1, d) is decoded to, with the likeliest character each time."""
    read, text = np.zeros((1, LENGTH), np.int32), ""
    for position in range(LENGTH):
        read[0, position] = 2 + VOCABULARY.index(text[-1]) if text else 1  # the token before
        logits = keras.ops.convert_to_numpy(vae.decoder([z, read]))[0, position]
        token = 1 + logits.argmax()
        if token == 1:
            break
        text += VOCABULARY[token - 2]
    return text


if __name__ == "__main__":
    vae = load()
    text = write(vae, np.zeros((1, {latent_dim}), np.float32))  # {origin}
    print("z = 0 decodes to", repr(text))
    mean, log_var = vae.encoder(tokens(text))
    print("which is encoded at", keras.ops.convert_to_numpy(mean)[0])
'''


class Texts:
    """See `vae_core.kinds.base.Kind`."""

    name = arrays = "text"
    # Without a warm-up of β, models of texts collapse.
    usual_settings: Mapping[str, Any] = {"architecture": "lstm", "schedule": "linear"}
    has_vocabulary = True
    may_have_factors = False
    item, items, an_item = "text", "texts", "a text"

    def size_in_words(self, item_shape: tuple[int, ...]) -> str:
        return f"up to {item_shape[0] - 1} characters"

    def holds(self, item_shape: tuple[int, ...], labels: int) -> str:
        del labels
        return f"texts of at most {item_shape[0] - 1} characters"

    def check_recorded(self, config: RunConfig, recorded: DatasetSize) -> None:
        length, vocabulary = recorded["size"], recorded.get("vocabulary")
        if vocabulary is None:
            raise ValueError(
                "its metrics.jsonl doesn't say which characters its texts have: train it again "
                "with this version."
            )
        if not tokens.SHORTEST < length <= tokens.LONGEST + 1:
            raise ValueError(f"its texts have {length} tokens, which is impossible.")
        try:
            is_text = registry.source(config.dataset).kind == self.arrays
            data = registry.load(config.dataset) if is_text else None
        except DatasetError:
            return
        if data is None or (data.size, data.vocabulary) != (length, vocabulary):
            raise ValueError(f"it was trained on other texts than {config.dataset} has here.")

    def new_vae(
        self,
        config: RunConfig,
        item_shape: tuple[int, ...],
        vocabulary: str = "",
        steps: int = 1,
    ) -> VAE:
        from vae_core.model.text_vae import TextVAE  # TensorFlow, only where it is needed

        assert vocabulary
        return TextVAE(config, item_shape[0], vocabulary, steps)

    def inference(self, run: Run) -> TextInference:
        from vae_core.inference.texts import TextInference  # onnxruntime, only where it is needed

        return TextInference(run)

    def measure(self, networks: Any, dataset: Dataset) -> dict[str, float]:
        return texts.measure(
            networks, dataset.x_test, dataset.y_test, dataset.x_train, dataset.vocabulary
        )

    def snapshot(
        self, vae: Any, dataset: Dataset, pictured: np.ndarray, z: np.ndarray
    ) -> dict[str, np.ndarray]:
        decoded = np.array(tokens.decode(vae.decode(z), dataset.vocabulary))
        return {
            "texts": np.array(tokens.decode(dataset.x_test[pictured], dataset.vocabulary)),
            "reconstructions": decoded[: len(pictured)],
            "prior_samples": decoded[len(pictured) :],
        }

    def load_script(self, run: Run, recorded: DatasetSize | None) -> LoadScript:
        del recorded
        networks = self.inference(run)
        return LoadScript(
            outputs="logits of the end (0) and of the characters",
            arguments=f"(LENGTH,), len(VOCABULARY) + 1, {run.config.latent_dim}",
            # !a quotes the characters in ASCII.
            constants=f"LENGTH, VOCABULARY = {networks.length}, {networks.vocabulary!a}\n",
            main=LOAD_MAIN,
        )

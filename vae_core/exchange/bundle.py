"""bundle(run): a run as one zip, with a short script that loads it in plain Keras."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

from vae_core.data import registry
from vae_core.inference.texts import TextInference
from vae_core.kinds.contents import Contents
from vae_core.model import architectures, likelihoods
from vae_core.runs.errors import NO_WEIGHTS, RunError
from vae_core.runs.files import CHECKPOINT, CHECKSUMS, LOG, SNAPSHOT, STATUS
from vae_core.runs.records import item_shape
from vae_core.runs.run import Run

LOAD = '''"""Loads this run in plain Keras: python load.py

Needs keras with a backend, here tensorflow=={tensorflow} and keras=={keras}; nothing of VAE Lab.
The networks are built by architecture.py, as they were trained; config.json says how.
"""

from pathlib import Path

import keras
import numpy as np

from architecture import build

HERE = Path(__file__).parent
{constants}

class VAE(keras.Model):
    """{latents}; the decoder gives {items}."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = build({arguments})
        self.built = True


def load():
    vae = VAE()
    vae.load_weights(HERE / "vae.weights.h5")
    return vae

'''

OF_IMAGES = """
if __name__ == "__main__":
    vae = load()
    z = np.zeros((1, {latent_dim}), np.float32)  # {origin}
    decoded = keras.ops.convert_to_numpy({mean}).reshape(*SHAPE, -1)[..., 0]
    print("z = 0 decodes to {an_item} of shape", SHAPE, "with mean", decoded.mean())
    mean, log_var = vae.encoder(decoded[None])
    print("which is encoded at", keras.ops.convert_to_numpy(mean)[0])
"""

# Tokens: 0 pads, 1 ends a text and begins what the decoder reads, then the vocabulary.
OF_TEXTS = '''
def tokens(text):
    """A row of the encoder's input: the text, its end (1), and padding (0)."""
    row = [2 + VOCABULARY.index(character) for character in text] + [1]
    return np.array([row + [0] * (LENGTH - len(row))], np.int32)


def write(vae, z):
    """The text that a latent (1, d) is decoded to, with the likeliest character each time."""
    read, text = np.zeros((1, LENGTH), np.int32), ""
    for position in range(LENGTH):
        read[0, position] = 2 + VOCABULARY.index(text[-1]) if text else 1  # what stands before
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

# What only the host that trained it reads; checksums are of the status as it is there.
LEFT_OUT = (STATUS, CHECKSUMS, LOG, SNAPSHOT, CHECKPOINT)


def bundle(run: Run) -> bytes:
    """A zip of one folder: the run's files, `architecture.py` and `load.py`.

    Raises:
        RunError: the run has no weights, or those of texts no exports.
    """
    if not run.weights_path.is_file():
        raise RunError(NO_WEIGHTS.format(run.id))
    family = importlib.util.find_spec(architectures.module_of(run.config.architecture))
    assert family
    assert family.origin
    texts = {
        "architecture.py": Path(family.origin).read_text("utf-8"),
        "load.py": _load_script(run),
    }
    # Whose host and who pressed Train is nobody's business elsewhere.
    nobody = dict.fromkeys(("pid", "host", "process_started", "submitted_by"))
    status = dataclasses.replace(run.status(), **nobody)  # type: ignore[arg-type]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in run.files.names():
            if name not in LEFT_OUT:
                archive.writestr(f"{run.id}/{name}", run.files.read(name))
        archive.writestr(f"{run.id}/{STATUS}", json.dumps(dataclasses.asdict(status), indent=2))
        for name, text in texts.items():
            archive.writestr(f"{run.id}/{name}", text)
    return buffer.getvalue()


class Parts(NamedTuple):
    """What of the script depends on the kind of data."""

    script: str
    items: str  # that the decoder gives logits of
    constants: str
    arguments: str  # of `build`


def _of_images(run: Run, start: dict[str, Any]) -> Parts:
    # The data set may be on another machine.
    known = start.get("dataset")
    shape = item_shape(known) if known else registry.source(run.config.dataset).item_shape
    likelihood = likelihoods.of(run.config)
    gives, mean = GIVES[likelihood.activation]
    return Parts(
        LOAD + OF_IMAGES.replace("{mean}", mean),
        f"{gives} of the values",
        f"SHAPE = {shape}\n",
        f"SHAPE, {likelihood.numbers * shape[-1]}, {run.config.latent_dim}",
    )


def _of_texts(run: Run, start: dict[str, Any]) -> Parts:
    del start
    networks = TextInference(run)
    # In ASCII, and nothing in it ends the string.
    return Parts(
        LOAD + OF_TEXTS,
        "logits of the end (0) and of the characters",
        f"LENGTH, VOCABULARY = {networks.length}, {networks.vocabulary!a}\n",
        f"(LENGTH,), len(VOCABULARY) + 1, {run.config.latent_dim}",
    )


PARTS = {"images": _of_images, "text": _of_texts}
# By the activation of the likelihood: what the decoder gives, and how the mean is made of it.
GIVES = {
    "sigmoid": ("logits", "keras.ops.sigmoid(vae.decoder(z))"),
    "linear": ("means", "vae.decoder(z)"),
    "": ("the parameters of the distribution", "vae.decoder(z)"),
}


def _load_script(run: Run) -> str:
    config, starts = run.config, run.records("start")
    contents = Contents(config)
    start: dict[str, Any] = starts[-1] if starts else {}
    known = start.get("versions", {})
    script, items, constants, arguments = PARTS[contents.kind.arrays](run, start)
    return script.format(
        latent_dim=config.latent_dim,
        an_item=contents.kind.an_item,
        origin="the mean of the prior" if contents.has_prior else "a point like any other",
        latents="z ~ N(posterior_mean, exp(posterior_log_var))"
        if contents.has_spread
        else "An autoencoder: z = posterior_mean, the log-variance was not trained",
        items=items,
        constants=constants,
        arguments=arguments,
        **{name: known.get(name, "?") for name in ("tensorflow", "keras")},
    )

"""bundle(run): a run as one zip, with a short script that loads it in plain Keras."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from vae_core import datasets
from vae_core.architectures import ARCHITECTURES
from vae_core.config import RunConfig
from vae_core.runs import NO_WEIGHTS, PROJECT, Run, RunError

LOAD = '''"""Loads this run in plain Keras: python load.py

Needs keras with a backend, here tensorflow=={tensorflow} and keras=={keras}; nothing of VAE Lab.
The networks are built by architecture.py, as they were trained; config.json says how.
"""

from pathlib import Path

import keras
import numpy as np

from architecture import build

HERE = Path(__file__).parent


class VAE(keras.Model):
    """{latents}; the decoder gives logits of the pixels."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = build(latent_dim={latent_dim}, size={size})
        self.built = True


def load():
    vae = VAE()
    vae.load_weights(HERE / "vae.weights.h5")
    return vae


if __name__ == "__main__":
    vae = load()
    z = np.zeros((1, {latent_dim}), np.float32)  # {origin}
    pixels = keras.ops.convert_to_numpy(keras.ops.sigmoid(vae.decoder(z)))[0, ..., 0]
    print("z = 0 decodes to a picture of", pixels.shape, "with mean", pixels.mean())
    mean, log_var = vae.encoder(pixels[None, ..., None])
    print("which is encoded at", keras.ops.convert_to_numpy(mean)[0])
'''


# What only the host that trained it reads; checksums are of the status as it is there.
LEFT_OUT = ("status.json", "checksums.json", "log.txt", "snapshot.npz", "checkpoint.weights.h5")


def bundle(run: Run) -> bytes:
    """A zip of one folder: the run's files, `architecture.py` and `load.py`.

    Raises:
        RunError: the run has no weights.
    """
    if not run.weights_path.is_file():
        raise RunError(NO_WEIGHTS.format(run.id))
    family = PROJECT / Path(*ARCHITECTURES[run.config.architecture].split(".")).with_suffix(".py")
    texts = {
        "architecture.py": family.read_text("utf-8"),
        "load.py": _load_script(run.config, run.records("start")),
    }
    # Whose host and who pressed Train is nobody's business elsewhere.
    nobody = dict.fromkeys(("pid", "host", "process_started", "submitted_by"))
    status = dataclasses.replace(run.status(), **nobody)  # type: ignore[arg-type]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in run.files():
            if name not in LEFT_OUT:
                archive.writestr(f"{run.id}/{name}", run.read(name))
        archive.writestr(f"{run.id}/status.json", json.dumps(dataclasses.asdict(status), indent=2))
        for name, text in texts.items():
            archive.writestr(f"{run.id}/{name}", text)
    return buffer.getvalue()


def _load_script(config: RunConfig, starts: list[dict[str, Any]]) -> str:
    start: dict[str, Any] = starts[-1] if starts else {}
    known = start.get("versions", {})
    return LOAD.format(
        latent_dim=config.latent_dim,
        origin="the mean of the prior" if config.has_rate else "a point like any other",
        latents="z ~ N(posterior_mean, exp(posterior_log_var))"
        if config.has_rate
        else "An autoencoder: z = posterior_mean, the log-variance was not trained",
        # Its own data set may be on another machine.
        size=start["dataset"]["size"] if start else datasets.source(config.dataset).size,
        **{name: known.get(name, "?") for name in ("tensorflow", "keras")},
    )

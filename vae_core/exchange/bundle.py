"""Pack a run as a zip, with a short script that loads it in plain Keras."""

from __future__ import annotations

import dataclasses
import importlib.util
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from vae_core.kinds.contents import Contents
from vae_core.model import architectures
from vae_core.runs.errors import NO_WEIGHTS, RunError
from vae_core.runs.files import CHECKPOINT, CHECKSUMS, LOG, SNAPSHOT, STATUS
from vae_core.runs.run import Run

LOAD = '''"""Loads this run in plain Keras: python load.py

Needs keras with a backend, here tensorflow=={tensorflow} and keras=={keras}; nothing of VAE Lab.
architecture.py builds the networks that were trained; config.json holds the settings.
"""

from pathlib import Path

import keras
import numpy as np

from architecture import build

HERE = Path(__file__).parent
{constants}

class VAE(keras.Model):
    """{latents}; the decoder gives {outputs}."""

    def __init__(self):
        super().__init__()
        self.encoder, self.decoder = build({arguments})
        self.built = True


def load():
    vae = VAE()
    vae.load_weights(HERE / "vae.weights.h5")
    return vae

'''

# Only the host that trained the run reads the log, the snapshot and the checkpoint. The zip gets a
# new status without private fields, which the checksums don't fit.
LEFT_OUT = (STATUS, CHECKSUMS, LOG, SNAPSHOT, CHECKPOINT)


def bundle(run: Run) -> bytes:
    """Pack a run as a zip of one folder: its files, `architecture.py` and `load.py`.

    Raises:
        RunError: the run has no weights, or an export that load.py is made from is missing.
    """
    if not run.weights_path.is_file():
        raise RunError(NO_WEIGHTS.format(run.id))
    source = importlib.util.find_spec(architectures.module_of(run.config.architecture))
    assert source
    assert source.origin
    scripts = {
        "architecture.py": Path(source.origin).read_text("utf-8"),
        "load.py": _load_script(run),
    }
    # The host, and the name of the user who submitted the run, are private.
    private = dict.fromkeys(("pid", "host", "process_started", "submitted_by"))
    status = dataclasses.replace(run.status(), **private)  # type: ignore[arg-type]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in run.files.names():
            if name not in LEFT_OUT:
                archive.writestr(f"{run.id}/{name}", run.files.read(name))
        archive.writestr(f"{run.id}/{STATUS}", json.dumps(dataclasses.asdict(status), indent=2))
        for name, script in scripts.items():
            archive.writestr(f"{run.id}/{name}", script)
    return buffer.getvalue()


def _load_script(run: Run) -> str:
    """Write load.py: `LOAD` with the parts of the run's kind of data."""
    starts = run.records("start")
    start: dict[str, Any] = starts[-1] if starts else {}
    versions = start.get("versions", {})
    contents = Contents(run.config)
    parts = contents.kind.load_script(run, start.get("dataset"))
    return (LOAD + parts.main).format(
        latent_dim=run.config.latent_dim,
        origin="the mean of the prior" if contents.has_prior else "a point like any other",
        latents="z ~ N(posterior_mean, exp(posterior_log_var))"
        if contents.has_spread
        else "An autoencoder: z = posterior_mean, the log-variance was not trained",
        outputs=parts.outputs,
        constants=parts.constants,
        arguments=parts.arguments,
        **{name: versions.get(name, "?") for name in ("tensorflow", "keras")},
    )

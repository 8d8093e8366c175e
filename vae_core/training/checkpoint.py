"""The checkpoint: weights and optimiser state in one file."""

from __future__ import annotations

import hashlib
import io

from keras.src.saving import saving_lib

from vae_core.model.vae import VAE
from vae_core.runs.disk import replace_file
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run


def weights_file(vae: VAE) -> bytes:
    """What `vae.save_weights` would write, made in memory.

    When the disk fills while HDF5 writes to it, it can end the process by a signal.
    """
    buffer = io.BytesIO()
    store = saving_lib.H5IOStore(buffer, mode="w")
    saving_lib._save_state(
        vae, weights_store=store, assets_store=None, inner_path="", visited_saveables=set()
    )
    store.close()
    return buffer.getvalue()


# Ends a checkpoint; HDF5 does not read so far. Weights in which a bit flipped load like any other.
SEAL = b"\nsha256 "
SEAL_BYTES = len(SEAL) + 64


def write_checkpoint(vae: VAE, run: Run) -> None:
    """Weights and optimiser state in one file, so that they always belong together."""
    content = weights_file(vae)
    seal = SEAL + hashlib.sha256(content).hexdigest().encode()
    replace_file(run.checkpoint_path, content + seal)


def check_checkpoint(run: Run) -> None:
    """Is the checkpoint what was written? One of an older version is taken as it is.

    Raises:
        RunError: it is not.
    """
    content = run.files.read(run.checkpoint_path.name)
    weights, seal = content[:-SEAL_BYTES], content[-SEAL_BYTES:]
    if seal.startswith(SEAL) and hashlib.sha256(weights).hexdigest().encode() != seal[len(SEAL) :]:
        raise RunError(f"run {run.id}: {run.checkpoint_path.name} is not what was written.")

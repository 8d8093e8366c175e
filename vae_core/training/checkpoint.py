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
    """The content of the file that `vae.save_weights` writes, made in memory.

    If HDF5 wrote to a disk that gets full, it could end the process by a signal.
    """
    buffer = io.BytesIO()
    store = saving_lib.H5IOStore(buffer, mode="w")
    saving_lib._save_state(
        vae, weights_store=store, assets_store=None, inner_path="", visited_saveables=set()
    )
    store.close()
    return buffer.getvalue()


# A checkpoint ends with a seal. If bits of the file have flipped, HDF5 would load wrong weights,
# but the seal doesn't fit. HDF5 ignores what follows its own bytes.
SEAL = b"\nsha256 "
SEAL_BYTES = len(SEAL) + 64


def write_checkpoint(vae: VAE, run: Run) -> None:
    """Write weights and optimiser state into one file, so that they always fit each other."""
    content = weights_file(vae)
    seal = SEAL + hashlib.sha256(content).hexdigest().encode()
    replace_file(run.checkpoint_path, content + seal)


def check_checkpoint(run: Run) -> None:
    """Compare a checkpoint with its seal. Checkpoints of older versions have none.

    Raises:
        RunError: the checkpoint is damaged.
    """
    content = run.files.read(run.checkpoint_path.name)
    weights, seal = content[:-SEAL_BYTES], content[-SEAL_BYTES:]
    if seal.startswith(SEAL) and hashlib.sha256(weights).hexdigest().encode() != seal[len(SEAL) :]:
        raise RunError(f"run {run.id}: {run.checkpoint_path.name} is not what was written.")

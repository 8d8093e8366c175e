"""Check the embeddings and labels of an imported run."""

from __future__ import annotations

import io

import numpy as np

from vae_core import kinds, sandbox
from vae_core.config import RunConfig
from vae_core.data.upload.limits import MOST_LABELS
from vae_core.exchange.imported_files import MOST_BYTES
from vae_core.kinds.contents import Contents
from vae_core.model import priors
from vae_core.runs.files import ARRAYS
from vae_core.sandbox import RefusedError

MOST_IMAGES = 200_000
MOST_VALUES = 4_000_000  # of all posterior means: pages keep them in memory, and draw them


def checked_arrays(
    content: bytes, name: str, config: RunConfig, count: int
) -> dict[str, np.ndarray]:
    """Read and check arrays.npz.

    Args:
        count: number of held-out items.
    """
    items = kinds.of_run(config).items
    file = f"{name}: {ARRAYS}"
    with (
        sandbox.archive(io.BytesIO(content), file, MOST_BYTES[ARRAYS]),
        np.load(io.BytesIO(content), allow_pickle=False) as data,
    ):
        first_prior = priors.stored(priors.of(config))
        keys = ("posterior_mean", "posterior_log_var", "labels", "label_names", *first_prior)
        if not {*keys} <= set(data.files):
            raise RefusedError(f"{file} lacks one of {', '.join(keys)}.")
        mean, log_var, labels, label_names, *prior = (data[key] for key in keys)
    if not 0 < count <= MOST_IMAGES:
        raise RefusedError(f"{file} holds {count} {items}: at most {MOST_IMAGES} are accepted.")
    if count * config.latent_dim > MOST_VALUES:
        raise RefusedError(
            f"{file} holds {count:,} {items} in {config.latent_dim} latent dimensions: at most "
            f"{MOST_VALUES:,} numbers are accepted, so keep fewer held-out {items}."
        )
    for array in (mean, log_var):
        if array.dtype != np.float32 or array.shape != (count, config.latent_dim):
            raise RefusedError(
                f"{file} must hold posteriors of {count} {items} in {config.latent_dim} latent "
                f"dimensions as float32, got {array.dtype} of shape {array.shape}."
            )
    for (key, expected), array in zip(first_prior.items(), prior, strict=True):
        if array.dtype != np.float32 or array.shape != expected.shape:
            raise RefusedError(
                f"{file} must hold {key} of shape {expected.shape} as float32, got {array.dtype} "
                f"of shape {array.shape}."
            )
        if not np.isfinite(array).all():
            raise RefusedError(f"{file}: {key} holds a number that is not finite.")
    has_spread = Contents(config).has_spread
    if not (np.isfinite(mean).all() and (np.isfinite(log_var).all() or not has_spread)):
        raise RefusedError(f"{file} holds a number that is not finite.")
    if not has_spread and not np.isneginf(log_var).all():
        raise RefusedError(f"{file}: the posteriors of an autoencoder have no width.")
    if label_names.dtype.kind != "U" or not (
        label_names.ndim == 1 and 1 <= len(label_names) <= MOST_LABELS
    ):
        raise RefusedError(f"{file} must hold 1 to {MOST_LABELS} label_names.")
    if labels.dtype.kind not in "iu" or labels.shape != (count,):
        raise RefusedError(f"{file} must hold {count} labels.")
    if labels.min() < 0 or labels.max() >= len(label_names):
        raise RefusedError(f"{file} has labels without a name.")
    return {
        "posterior_mean": mean,
        "posterior_log_var": log_var,
        "labels": labels.astype(np.uint8),
        "label_names": np.array([sandbox.clean_label(str(label)) for label in label_names]),
        **dict(zip(first_prior, prior, strict=True)),
    }

"""Train β-VAEs, keep every run as a folder, and look into it without TensorFlow.

In a notebook:

    import vae_core

    run = vae_core.train(dataset="digits", beta=4, epochs=20)
    run.history                      # a DataFrame, one row per epoch
    run.metrics["elbo"]              # nats per image, held out, z sampled
    run.sample(8)                    # 8 pictures of the prior, (8, 8, 8, 1)
    vae_core.runs()                  # all runs, one per row

On the command line: python -m vae_core --help.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

# Before anything imports Keras: a user's keras.json may name another backend.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

# `vae_core.runs` is both a package and a public function. Python sets the name to the package when
# the package is first imported. So that import comes first, and then the function takes the name.
from vae_core import runs as _package  # noqa: F401
from vae_core.api.listing import runs

if TYPE_CHECKING:
    from vae_core.api.reading import load_dataset, open_run
    from vae_core.api.trained_run import TrainedRun
    from vae_core.api.training import sweep, train
    from vae_core.config import VaeLabError

__all__ = ["TrainedRun", "VaeLabError", "load_dataset", "open_run", "runs", "sweep", "train"]

# Imported at their first use, so that `import vae_core` takes a millisecond.
_MODULES = {
    "TrainedRun": "vae_core.api.trained_run",
    "VaeLabError": "vae_core.config",
    "load_dataset": "vae_core.api.reading",
    "open_run": "vae_core.api.reading",
    "sweep": "vae_core.api.training",
    "train": "vae_core.api.training",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

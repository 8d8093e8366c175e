"""TrainedRun: the numbers of a run as tables, and its networks as functions."""

from __future__ import annotations

import functools
import html
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from vae_core.config import RunConfig
from vae_core.kinds.contents import Contents
from vae_core.latent.samples import fitted_normal_samples, prior_samples
from vae_core.model import priors
from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from vae_core.api.networks import Networks


class Posterior(NamedTuple):
    """The posteriors q(z|x) of n items: N(mean, exp(log_var)), each array (n, d) float32.

    Posteriors of an autoencoder have no width: log_var is -inf.
    """

    mean: np.ndarray
    log_var: np.ndarray


class TrainedRun:
    """A run, as `train`, `sweep` and `open_run` return it. It never imports TensorFlow.

    Args:
        run: the run's folder.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def __repr__(self) -> str:
        return f"TrainedRun({self.id!r}, {', '.join([self.state, *self._numbers()])})"

    def _repr_html_(self) -> str:
        settings = [f"{name} {value}" for name, value in self.config.changed.items()]
        lines = [f"<b>{html.escape(self.id)}</b>, {self.state}"]
        lines += [html.escape(", ".join(line)) for line in (settings, self._numbers()) if line]
        return "<br>".join(lines)

    def _numbers(self) -> list[str]:
        """Format the last held-out losses."""
        epochs = self._run.records("epoch")
        test = epochs[-1]["test"] if epochs else {}
        losses = [f"{name} {test[name]:.2f}" for name in LOSSES if name in test]
        return [*losses, "nats per item, held out"] if losses else []

    @property
    def id(self) -> str:
        """The run's id: a readable part, and a hash of the config."""
        return self._run.id

    @property
    def path(self) -> Path:
        """The run's folder."""
        return self._run.path

    @property
    def config(self) -> RunConfig:
        """The config: data set, architecture, latent_dim, beta, seed and so on."""
        return self._run.config

    @property
    def state(self) -> str:
        """queued, running, finished, failed, cancelled or interrupted."""
        return self._run.status().state

    @property
    def error(self) -> str | None:
        """Why the run did not finish; None if there is no error."""
        return self._run.status().error

    # --- numbers -------------------------------------------------------------------------

    @property
    def history(self) -> pd.DataFrame:
        """A table with one row per epoch; row 0 is before the first step.

        Columns: seconds of training; beta (and capacity, if the schedule is `capacity`) after the
        epoch; train_loss, train_distortion and train_rate, means over the steps of the epoch;
        test_loss, test_distortion, test_rate and test_elbo, held out, with z sampled;
        rate_per_dim_0 to rate_per_dim_(d-1), the held-out rate of each latent dimension. Losses and
        rates are in nats per image or text. An autoencoder has no beta, rate and elbo. An
        objective's own parts are columns too.
        """
        import pandas as pd

        rows = [_history_row(record) for record in self._run.records("epoch")]
        # The last row has all columns in order; the first lacks the training losses.
        columns = list(rows[-1]) if rows else ["epoch"]
        return pd.DataFrame(rows, columns=columns).set_index("epoch")

    @property
    def metrics(self) -> dict[str, float]:
        """The held-out numbers of a finished run by name; empty if the run is not finished.

        loss, distortion, rate and elbo are in nats per image or text, with z sampled. The others
        depend on the data; `vae_core.metrics.catalogue.METRICS` explains each.
        """
        return self._run.metrics()

    @property
    def posterior(self) -> Posterior:
        """The posteriors of the held-out items, in the order of the data set's x_test.

        Raises:
            VaeLabError: the run has no arrays (yet), or they are damaged.
        """
        arrays = self._run.arrays()
        return Posterior(arrays["posterior_mean"], arrays["posterior_log_var"])

    @property
    def labels(self) -> np.ndarray:
        """The label name of each held-out item, (n,) str.

        Raises:
            VaeLabError: the run has no arrays (yet), or they are damaged.
        """
        arrays = self._run.arrays()
        return arrays["label_names"][arrays["labels"]]

    # --- networks ------------------------------------------------------------------------

    def encode(self, x: np.ndarray | Sequence[str]) -> Posterior:
        """Encode images or texts.

        Args:
            x: images (n, h, w, c), floats in [0, 1] or uint8, where grey images may also be
                (n, h, w); or a list of n texts.

        Returns:
            The posteriors: mean and log_var, (n, d) each.

        Raises:
            VaeLabError: the run has no weights, or a text has a character unknown to the run.
            ValueError: x has another shape or range.
        """
        return Posterior(*self._networks.encode(x))

    def decode(self, z: Any) -> np.ndarray | list[str]:
        """Decode latents.

        Args:
            z: (n, d).

        Returns:
            The means of the pixels (n, h, w, c) float32, with c = 1 for grey images; for a run on
            texts n texts, with the likeliest character at each step.

        Raises:
            VaeLabError: the run has no weights.
            ValueError: z has another shape.
        """
        return self._networks.decode(np.asarray(z, np.float32))

    def sample(self, n: int = 16, seed: int = 0) -> np.ndarray | list[str]:
        """Decode n samples of the prior; the same seed gives the same z.

        An autoencoder has no prior, so z is drawn from the normal distribution fitted to its
        held-out latents (Ghosh et al., 2020, section 4).

        Returns:
            As `decode`.

        Raises:
            VaeLabError: the run has no weights.
        """
        if Contents(self.config).has_prior:
            prior = priors.learned(self.config, self._run.arrays)
            return self.decode(prior_samples(n, self.config.latent_dim, seed, prior))
        return self.decode(fitted_normal_samples(n, self.posterior.mean, seed))

    def reconstruct(self, x: np.ndarray | Sequence[str]) -> np.ndarray | list[str]:
        """Encode x, and decode the posterior means.

        Args:
            x: as `encode` takes it.

        Returns:
            As `decode`.

        Raises:
            VaeLabError, ValueError: as `encode`.
        """
        return self.decode(self.encode(x).mean)

    @functools.cached_property
    def _networks(self) -> Networks:
        from vae_core.api.networks import Networks  # onnxruntime, only where it is needed

        return Networks(self._run)


def _history_row(record: dict[str, Any]) -> dict[str, Any]:
    """Make a row of `TrainedRun.history` from an `epoch` record of metrics.jsonl."""
    row = {name: record[name] for name in ("epoch", "seconds", "beta", "capacity")}
    row = {name: value for name, value in row.items() if value is not None}
    row |= {f"train_{name}": value for name, value in (record["train"] or {}).items()}
    test = dict(record["test"])
    rates = test.pop("rate_per_dim", [])
    row |= {f"test_{name}": value for name, value in test.items()}
    return row | {f"rate_per_dim_{i}": rate for i, rate in enumerate(rates)}

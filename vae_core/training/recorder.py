"""Recorder: the records and arrays that training writes into the run folder."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from vae_core.data.dataset import Dataset
from vae_core.kinds.base import Kind
from vae_core.latent import samples
from vae_core.metrics.posterior_samples import sample_posteriors
from vae_core.model import objectives, priors, schedules
from vae_core.model.objectives import Objective, Terms
from vae_core.runs.records import End, Epoch, PointEpoch, Start, Step, dataset_size
from vae_core.runs.run import Run

if TYPE_CHECKING:
    from vae_core.model.vae import VAE  # TensorFlow

SNAPSHOT_POINTS = 1000  # posteriors of held-out items in a snapshot
SNAPSHOT_ITEMS = 10  # reconstructed items in a snapshot, and samples of the prior


class Recorder:
    """Writes the records, the snapshots and the arrays of a run.

    Args:
        run: its folder.
        dataset: its data.
        kind: of the data.
        vae: the model.

    Attributes:
        vae: the model; training replaces it when it goes back to a checkpoint.
        pictured: (`SNAPSHOT_ITEMS`,) indices of the held-out items in the snapshots.
    """

    def __init__(self, run: Run, dataset: Dataset, kind: Kind, vae: VAE) -> None:
        self.run = run
        self.dataset = dataset
        self.kind = kind
        self.vae = vae
        self.pictured = samples.spread_over_labels(dataset.y_test[:SNAPSHOT_POINTS], SNAPSHOT_ITEMS)

    def start(self, epoch: int, steps_per_epoch: int) -> None:
        """Append a `Start`.

        Args:
            epoch: number of finished epochs; above 0 if the run resumes from a checkpoint.
            steps_per_epoch: optimiser steps of an epoch.
        """
        self.run.metrics_file.append(
            Start(
                kind="start",
                time=time.time(),
                epoch=epoch,
                steps_per_epoch=steps_per_epoch,
                parameters={
                    "encoder": self.vae.encoder.count_params(),
                    "decoder": self.vae.decoder.count_params(),
                },
                dataset=dataset_size(
                    train=len(self.dataset.x_train),
                    test=len(self.dataset.x_test),
                    item_shape=self.dataset.item_shape,
                    sha256=self.dataset.sha256,
                    vocabulary=self.dataset.vocabulary,
                ),
                versions={
                    "python": platform.python_version(),
                    "tensorflow": version("tensorflow"),
                    "keras": version("keras"),
                    "numpy": version("numpy"),
                },
                machine=platform.machine(),
                cpus=os.cpu_count(),
            )
        )

    def step(self, step: int, epoch: float, seconds: float, means: dict[str, float] | None) -> None:
        """Append a `Step` and replace the snapshot.

        Args:
            step: number of steps so far.
            epoch: number of epochs so far, with a fraction for an epoch that is not complete.
            seconds: time spent training.
            means: the objective's parts, means over the last few batches. None before the first
                step: then only the snapshot is written.
        """
        snapshot = self._snapshot()
        if means:
            record = Step(kind="step", step=step, epoch=epoch, seconds=seconds, train=means)
            rates = self._rate_per_dim(snapshot["posterior_mean"], snapshot["posterior_log_var"])
            if rates is not None and np.isfinite(rates).all():
                record["rate_per_dim"] = [float(rate) for rate in rates]
            self.run.metrics_file.append(record)
        self.run.write_arrays("snapshot", epoch=np.array(epoch), **snapshot)

    def _rate_per_dim(self, mean: np.ndarray, log_var: np.ndarray) -> np.ndarray | None:
        """The rate of each latent dimension (d,), mean over posteriors (n, d), nats.

        None if there is no prior, or if the prior is not factorised.
        """
        if self.vae.prior is None:
            return None
        with np.errstate(over="ignore", invalid="ignore"):  # the training may be diverging
            z = sample_posteriors(mean, log_var, np.random.default_rng(0))
            per_dim = self.vae.prior.rate(z, mean, log_var).per_dim
            return None if per_dim is None else per_dim.mean(axis=0)

    def _snapshot(self) -> dict[str, np.ndarray]:
        """Posteriors of the first held-out items, and some reconstructions and samples.

        Each snapshot shows the same items, and samples from the same seed. It uses none of the
        random numbers of training, so the number of snapshots doesn't change the result.
        """
        shown = slice(SNAPSHOT_POINTS)
        posterior_mean, posterior_log_var = self.vae.encode(self.dataset.x_test[shown])
        prior_z = samples.prior_samples(
            SNAPSHOT_ITEMS, self.run.config.latent_dim, prior=self.vae.prior
        )
        z = np.concatenate([posterior_mean[self.pictured], prior_z])
        return {
            "posterior_mean": posterior_mean,
            "posterior_log_var": posterior_log_var,
            "labels": self.dataset.y_test[shown],
            "label_names": np.array(self.dataset.label_names),
            **priors.stored(self.vae.prior),
        } | self.kind.snapshot(self.vae, self.dataset, self.pictured, z)

    def epoch(
        self,
        epoch: int,
        step: int,
        seconds: float,
        scheduled: schedules.Step,
        train: dict[str, float] | None,
        test: dict[str, Any],
    ) -> None:
        """Append an `Epoch`, or a `PointEpoch` for an autoencoder.

        Args:
            epoch: number of finished epochs.
            step: number of steps so far.
            seconds: time spent training.
            scheduled: beta and capacity of the last step; None for an autoencoder.
            train: the objective's parts, means over the epoch; None before training.
            test: see `held_out_losses`.
        """
        record: Any = Epoch if self.vae.prior else PointEpoch
        self.run.metrics_file.append(
            record(
                kind="epoch",
                epoch=epoch,
                step=step,
                seconds=seconds,
                beta=scheduled.beta,
                capacity=scheduled.capacity,
                train=train,
                test=test,
            )
        )

    def arrays(self) -> None:
        """Write arrays.npz: posteriors and labels of all held-out items, and a learned prior."""
        posterior_mean, posterior_log_var = self.vae.encode(self.dataset.x_test)
        self.run.write_arrays(
            "arrays",
            posterior_mean=posterior_mean,
            posterior_log_var=posterior_log_var,
            labels=self.dataset.y_test.astype(np.uint8),
            label_names=np.array(self.dataset.label_names),
            **priors.stored(self.vae.prior),
        )

    def end(self, state: str, epoch: int, seconds: float, metrics: dict[str, float]) -> None:
        """Append an `End`.

        Args:
            state: `finished` or `cancelled`.
            epoch: number of finished epochs.
            seconds: time spent training.
            metrics: values by their names in `metrics.catalogue`.
        """
        self.run.metrics_file.append(
            End(kind="end", state=state, epoch=epoch, seconds=seconds, metrics=metrics)
        )


def held_out_losses(
    terms: Terms, objective: Objective, scheduled: schedules.Step
) -> dict[str, Any]:
    """The held-out numbers of an epoch, see `vae_core.runs.records.Losses`.

    Args:
        terms: of all held-out items.
        objective: the objective.
        scheduled: beta and capacity of the epoch's last step; None for an autoencoder.
    """
    loss = objective.loss(terms, scheduled)
    losses = {"loss": float(loss), "distortion": terms.distortion}
    if terms.rate is not None:
        losses["rate"] = terms.rate
        losses["elbo"] = float(objectives.elbo(terms.distortion, terms.rate))
    if terms.rate_per_dim is not None:
        losses["rate_per_dim"] = [float(rate) for rate in terms.rate_per_dim]
    own = objectives.reported(objective, loss, terms, scheduled)
    return losses | {name: float(own[name]) for name in own if name not in losses}

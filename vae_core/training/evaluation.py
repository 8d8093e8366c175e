"""Compute the held-out numbers of a run again from its weights."""

from __future__ import annotations

from typing import Any

from vae_core import kinds
from vae_core.data import own, registry
from vae_core.data.dataset import Dataset
from vae_core.model.schedules import Step
from vae_core.model.vae import VAE
from vae_core.runs.errors import NO_WEIGHTS, RunError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.training.checkpoint import check_checkpoint
from vae_core.training.recorder import held_out_losses


def load_trained(run: Run) -> tuple[VAE, Dataset]:
    """Load the Keras model of a run, and its data set.

    The weights of a finished run are those of its networks. The weights of any other run are those
    of its checkpoint; its model then has an optimiser.

    Raises:
        RunError: the run has no weights, or they don't fit the config.
    """
    finished = run.status().state == "finished"
    path = run.weights_path if finished else run.checkpoint_path
    if not path.is_file():
        raise RunError(NO_WEIGHTS.format(run.id))
    with own.in_store(RunStore(run.path.parent)):
        dataset = registry.load(run.config.dataset)
    kinds.check(run.config, dataset.kind)
    vae = kinds.of_data(dataset).new_vae(run.config, dataset.item_shape, dataset.vocabulary)
    if finished:
        vae.optimizer = None
    try:
        if finished:
            run.files.read(path.name)
        else:
            check_checkpoint(run)
        vae.load_weights(path)
    except RunError:
        raise
    except Exception as error:
        raise RunError(f"run {run.id}: its weights can't be read: {error}") from error
    return vae, dataset


def evaluate(run: Run) -> dict[str, Any]:
    """Recompute the held-out numbers of a run, and return them beside the stored ones.

    The noise is that of training, and the loss has the β (and C) of the same epoch. So the numbers
    are equal, apart from rounding.

    Returns:
        `epoch`, and the numbers `recomputed` and `stored`: those of
        `vae_core.runs.records.Losses` and the metrics in `metrics.catalogue.METRICS`. An
        unfinished run has no stored metrics.

    Raises:
        RunError: the run has no weights, or no record of their epoch.
    """
    vae, dataset = load_trained(run)
    epoch = run.config.epochs
    if vae.optimizer is not None:
        steps_per_epoch = len(dataset.x_train) // run.config.batch_size
        epoch = int(vae.optimizer.iterations) // steps_per_epoch
    stored = [record for record in run.records("epoch") if record["epoch"] == epoch]
    if not stored:
        raise RunError(f"run {run.id} has weights of epoch {epoch}, but no metrics of this epoch.")
    step = Step(stored[0]["beta"], stored[0]["capacity"])
    recomputed = held_out_losses(vae.evaluate_on(dataset.x_test), vae.objective, step)
    measured = kinds.of_data(dataset).measure(vae, dataset)
    return {
        "epoch": epoch,
        "recomputed": recomputed | measured,
        "stored": stored[0]["test"] | run.metrics(),
    }

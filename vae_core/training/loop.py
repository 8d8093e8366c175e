"""The training loop: `train` trains a run and fills its folder.

Unlike Keras's `fit`, it reports numbers within an epoch and stops within a fraction of a second. A
resumed run ends with the same weights, bit for bit, as one that was never stopped. Several steps
run in one call of the graph. The whole state of training is the weights, the optimiser's variables
and the step number. The order of the items depends only on (seed, epoch), and the noise only on
(seed, step).
"""

from __future__ import annotations

import contextlib
import math
import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from vae_core import kinds
from vae_core.config import VaeLabError
from vae_core.data import dataset, own, registry
from vae_core.model import schedules
from vae_core.model.vae import MAX_STEPS_PER_CALL, VAE
from vae_core.runs.errors import RunBusyError
from vae_core.runs.files import NETWORK_FILES
from vae_core.runs.lifecycle import CLAIM_SECONDS
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.training.checkpoint import check_checkpoint, write_checkpoint
from vae_core.training.divergence import DivergedError
from vae_core.training.export import export
from vae_core.training.recorder import Recorder, held_out_losses
from vae_core.training.sinks import process as sink_process

TICK_SECONDS = 0.8  # between two updates of the run folder within an epoch
CALL_SECONDS = 0.2  # intended length of one call of the graph; a stop waits that long
STOP_SECONDS = 0.5  # an epoch that takes less time is finished before a stop
CHECKPOINT_SECONDS = 2.0  # the shortest time between two checkpoints of a run that goes on

# If the loss is this many times that of an untrained model, training has diverged.
EXPLODED = 50.0


def train(run: Run, stop: Callable[[], bool] = lambda: False) -> None:
    """Train a run to its end, from its last checkpoint if there is one.

    The outcome is the run's status: finished, failed with the reason, cancelled (if that was
    requested), or interrupted. A run that is finished, or that another process trains, is left
    unchanged.

    Args:
        run: made by `RunStore.create`.
        stop: called a few times a second; True interrupts the run.
    """
    try:
        with own.in_store(RunStore(run.path.parent)), run.lifecycle.claim(CLAIM_SECONDS):
            if run.status().state == "finished":
                # A process that was killed before it removed the checkpoint has left it.
                run.checkpoint_path.unlink(missing_ok=True)
                return
            if run.lifecycle.cancel_requested():  # it was cancelled while queued
                run.lifecycle.write(state="cancelled")
            else:
                _train_claimed(run, stop)
    except RunBusyError as error:
        _log(error)


def _train_claimed(run: Run, stop: Callable[[], bool]) -> None:
    try:
        run.files.remove_temporary()
        run.lifecycle.start()
        sink_process.start(run)
        Training(run, stop).run_to_end()
    except VaeLabError as error:
        _log(error)
        _fail(run, str(error))
    except OSError as error:
        _log(traceback.format_exc())
        _fail(
            run,
            f"a file could not be read or written ({error.strerror or error}); "
            "correct this and resume.",
        )
    except Exception as error:
        _log(traceback.format_exc())
        _fail(run, f"training failed with {type(error).__name__}: {error} (see log.txt).")


def _log(text: object) -> None:
    """Print to the run's log. On a full disk nothing is logged; the status has the error."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _fail(run: Run, error: str) -> None:
    try:
        run.lifecycle.write(state="failed", error=error)
    except OSError:
        run.lifecycle.write_in_place(state="failed", error=error)


class _StopError(Exception):
    """The run was asked to stop while its model was measured."""


class Training:
    """The training of one run.

    Args:
        run: the run to train.
        stop: see `train`.

    Raises:
        VaeLabError: the data set or the config can't be used.
    """

    def __init__(self, run: Run, stop: Callable[[], bool]) -> None:
        self.run = run
        self.stop = stop
        self.config = run.config
        self.dataset = registry.load(self.config.dataset)
        kinds.check_fits(
            self.config, self.dataset.kind, self.dataset.item_shape, len(self.dataset.x_train)
        )
        self.kind = kinds.of_data(self.dataset)
        self.images = _shared_tensor(self.dataset.x_train)
        self.steps_per_epoch = len(self.images) // self.config.batch_size
        self.vae = self._restored() or self._new_model()
        self.recorder = Recorder(run, self.dataset, self.kind, self.vae)
        self.first_epoch = int(self.vae.optimizer.iterations) // self.steps_per_epoch
        self.seconds_before = run.status().seconds if self.first_epoch else 0.0
        self.started = time.monotonic()
        self.last_tick = -math.inf
        self.last_checkpoint = time.monotonic()
        self.steps_per_call = 4  # until a call is timed; the first is not, because it compiles

    @property
    def seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.started

    def run_to_end(self) -> None:
        """Train the epochs that are left; export and measure the model."""
        self.recorder.start(self.first_epoch, self.steps_per_epoch)
        if self.first_epoch == 0:
            # A run that starts over may have the record of epoch 0 already.
            if not self.run.records("epoch"):
                self._record_epoch(0, None)
            self._tick(0, None)
        for epoch in range(self.first_epoch, self.config.epochs):
            train_means = self._epoch(epoch)
            if train_means is None:
                return self._end_early()
            self._record_epoch(epoch + 1, train_means)
            if epoch + 1 == self.config.epochs:
                self._checkpoint()
                break
            stopping = self._asked_to_stop()
            if stopping or time.monotonic() - self.last_checkpoint > CHECKPOINT_SECONDS:
                self._checkpoint()
            if stopping:
                return self._end_early()
        self._write_networks()
        try:
            networks = _StoppableNetworks(self.vae, self._raise_if_asked_to_stop)
            measured = self.kind.measure(networks, self.dataset)
        except _StopError:
            return self._end_early()
        self.recorder.end("finished", self.config.epochs, self.seconds, measured)
        self.run.lifecycle.finish(epoch=self.config.epochs, seconds=self.seconds)
        self.run.checkpoint_path.unlink(missing_ok=True)
        return None

    def _epoch(self, epoch: int) -> dict[str, float] | None:
        """Train one epoch; return the means of the objective's parts, None if asked to stop."""
        steps, batch_size = self.steps_per_epoch, self.config.batch_size
        order = np.random.default_rng([self.config.seed, epoch]).permutation(len(self.images))
        batches = order[: steps * batch_size].reshape(steps, batch_size)
        sums = dict.fromkeys(self.vae.objective.parts, 0.0)
        done = 0
        started = time.monotonic()
        while done < steps:
            if time.monotonic() - started > STOP_SECONDS and self._asked_to_stop():
                return None
            count = min(self.steps_per_call, steps - done)
            first = epoch * steps + done
            began = time.monotonic()
            means = self.vae.train_steps(
                self.images,
                batches[done : done + count],
                first,
                self._schedule(np.arange(first, first + count)),
            )
            if first > self.first_epoch * steps:
                per_step = max(time.monotonic() - began, 1e-6) / count
                self.steps_per_call = max(1, min(MAX_STEPS_PER_CALL, int(CALL_SECONDS / per_step)))
            self._check_divergence(means, epoch, first + count)
            for name, value in means.items():
                sums[name] += count * value
            done += count
            if time.monotonic() - self.last_tick >= TICK_SECONDS:
                self._tick(epoch * steps + done, means)
        return {name: value / steps for name, value in sums.items()}

    def _raise_if_asked_to_stop(self) -> None:
        """Raise `_StopError` if the run shall stop; otherwise keep its status up to date."""
        if self._asked_to_stop():
            raise _StopError
        if time.monotonic() - self.last_tick >= TICK_SECONDS:
            self.run.lifecycle.write(seconds=self.seconds)
            self.last_tick = time.monotonic()

    def _asked_to_stop(self) -> bool:
        return self.run.lifecycle.cancel_requested() or self.stop()

    def _schedule(self, steps: np.ndarray) -> schedules.Schedule:
        return schedules.schedule(self.config, steps, self.config.epochs * self.steps_per_epoch)

    def _check_divergence(self, means: dict[str, float], epoch: int, step: int) -> None:
        blank = self.vae.likelihood.blank(self.dataset.x_train[0].size)
        bound = self.vae.objective.highest(EXPLODED * blank)
        finite = all(math.isfinite(value) for value in means.values())
        if finite and means["loss"] <= bound:
            return
        value = "nan" if not finite else f"{means['loss']:.3g} nats"
        raise self._diverged(f"the loss was {value} at step {step} (epoch {epoch + 1})")

    def _diverged(self, reason: str) -> DivergedError:
        return DivergedError(reason, self.config, self.run.checkpoint_path.exists())

    def _tick(self, step: int, means: dict[str, float] | None) -> None:
        """Update the run folder within an epoch: a record, a snapshot and the status."""
        epoch = step / self.steps_per_epoch
        self.recorder.step(step, epoch, self.seconds, means)
        self.run.lifecycle.write(epoch=int(epoch), seconds=self.seconds)
        self.last_tick = time.monotonic()

    def _record_epoch(self, epoch: int, train_means: dict[str, float] | None) -> None:
        step = epoch * self.steps_per_epoch
        scheduled = schedules.Step(None)
        if self.vae.prior:
            last_step = self._schedule(np.array([max(step - 1, 0)]))
            capacity = None if last_step.capacity is None else float(last_step.capacity[0])
            scheduled = schedules.Step(float(last_step.beta[0]), capacity)
        objective = self.vae.objective
        losses = held_out_losses(self.vae.evaluate_on(self.dataset.x_test), objective, scheduled)
        if not all(math.isfinite(losses[name]) for name in objective.parts):
            raise self._diverged(f"the held-out loss was not finite after epoch {epoch}")
        self.recorder.epoch(epoch, step, self.seconds, scheduled, train_means, losses)

    def _checkpoint(self) -> None:
        if not self.vae.finite():
            raise self._diverged("a weight is not finite")
        write_checkpoint(self.vae, self.run)
        self.last_checkpoint = time.monotonic()

    def _new_model(self) -> VAE:
        steps = self.config.epochs * self.steps_per_epoch
        data = self.dataset
        return self.kind.new_vae(self.config, data.item_shape, data.vocabulary, steps)

    def _restored(self) -> VAE | None:
        """The model from the last checkpoint; None if there is no usable one."""
        path = self.run.checkpoint_path
        if not path.is_file():  # older versions wrote checkpoints to weights_path
            path = self.run.weights_path
        if not path.is_file():
            return None
        vae = self._new_model()
        try:
            if path == self.run.checkpoint_path:
                check_checkpoint(self.run)
            vae.load_weights(path)
        except Exception as error:  # h5py and Keras raise many classes on a damaged file
            _log(f"The checkpoint can't be read, so training starts over: {error}")
            return None
        # With 0 iterations, the file has only weights. With an impossible number, it is damaged.
        epochs, rest = divmod(int(vae.optimizer.iterations), self.steps_per_epoch)
        if not 0 < epochs <= self.config.epochs or rest or not vae.finite():
            _log("The checkpoint can't be resumed, so training starts over.")
            return None
        return vae

    def _end_early(self) -> None:
        """Write the status of a stopped run; if it is cancelled, export its last checkpoint."""
        if not self.run.lifecycle.cancel_requested():
            self.run.lifecycle.write(state="interrupted", seconds=self.seconds, error=None)
            return
        self.run.lifecycle.write(state="cancelled", seconds=self.seconds, error=None)
        restored = self._restored()
        if restored:
            self.vae = self.recorder.vae = restored
            epoch = int(restored.optimizer.iterations) // self.steps_per_epoch
            self._write_networks()
            self.recorder.end("cancelled", epoch, self.seconds, {})
            self.run.files.seal(NETWORK_FILES)

    def _write_networks(self) -> None:
        """Write the weights, the exports and arrays.npz. Afterwards the model has no optimiser."""
        export(self.vae, self.run)
        self.recorder.arrays()


class _StoppableNetworks:
    """A model whose calls first check for a stop, because measuring may take long.

    Args:
        vae: the model.
        check: raises `_StopError` if the training is asked to stop.
    """

    def __init__(self, vae: VAE, check: Callable[[], None]) -> None:
        self.vae = vae
        self.check = check
        self.likelihood = vae.likelihood
        self.prior = vae.prior

    def encode(self, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self.check()
        return self.vae.encode(items)

    def log_likelihood(self, items: np.ndarray, z: np.ndarray) -> np.ndarray:
        self.check()
        return self.vae.log_likelihood(items, z)

    def decode(self, z: np.ndarray, *sampling: Any) -> np.ndarray:
        self.check()
        return self.vae.decode(z, *sampling)


def _shared_tensor(array: np.ndarray) -> tf.Tensor:
    """A tensor that shares an array's memory; a copy of MNIST takes half a second and 188 MB."""
    if array.ctypes.data % dataset.ALIGNMENT:  # TensorFlow's kernels abort on unaligned memory
        return tf.constant(array)
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())

"""Compare the training speed of a plain Keras `fit`, a plain PyTorch loop, and VAE Lab.

    python benchmarks/training.py [--dataset mnist] [--architectures mlp,conv] [--epochs 8,4]

All three get the same data, networks, batch size, optimiser and number of epochs. After every epoch
they evaluate the held-out images with z sampled. VAE Lab also writes its progress and checkpoints,
as usual. The first epoch includes tracing and compiling, so it is shown separately. PyTorch is
measured if it is installed.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from vae_core.config import RunConfig, VaeLabError
from vae_core.data import dataset, registry
from vae_core.model import architectures
from vae_core.runs.store import RunStore
from vae_core.training import loop


@dataclass
class Result:
    """Seconds of each epoch, training images per epoch, and held-out loss after the last epoch."""

    name: str
    epoch_seconds: list[float]
    images: int
    held_out_loss: float

    @property
    def images_per_second(self) -> float:
        later = self.epoch_seconds[1:] or self.epoch_seconds
        return self.images / statistics.median(later)


class PlainVAE(keras.Model):
    """A VAE as in a tutorial: a custom train_step, not tuned for speed."""

    def __init__(self, encoder: keras.Model, decoder: keras.Model, beta: float, seed: int) -> None:
        super().__init__()
        self.encoder, self.decoder, self.beta = encoder, decoder, beta
        self.noise = keras.random.SeedGenerator(seed)
        self.tracker = keras.metrics.Mean(name="loss")

    @property
    def metrics(self) -> list[Any]:
        return [self.tracker]

    def _loss(self, x: Any, is_training: bool) -> Any:
        mean, log_var = self.encoder(x, training=is_training)
        z = mean + ops.exp(0.5 * log_var) * keras.random.normal(ops.shape(mean), seed=self.noise)
        logits = self.decoder(z, training=is_training)
        cost = keras.losses.binary_crossentropy(x, logits, from_logits=True, axis=(1, 2, 3))
        distortion = cost * math.prod(x.shape[1:])
        rate = -0.5 * ops.sum(1 + log_var - ops.square(mean) - ops.exp(log_var), axis=1)
        return ops.mean(distortion + self.beta * rate)

    def train_step(self, x: Any) -> dict[str, Any]:
        with tf.GradientTape() as tape:
            loss = self._loss(x, True)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.tracker.update_state(loss)
        return {"loss": self.tracker.result()}

    def test_step(self, x: Any) -> dict[str, Any]:
        self.tracker.update_state(self._loss(x, False))
        return {"loss": self.tracker.result()}


def keras_fit(config: RunConfig, data: dataset.Dataset) -> Result:
    keras.utils.set_random_seed(config.seed)
    encoder, decoder, _ = architectures.build(
        config.architecture, data.item_shape, 1, config.latent_dim
    )
    model = PlainVAE(encoder, decoder, config.beta, config.seed)
    model.compile(optimizer=keras.optimizers.Adam(config.learning_rate))
    x_train, x_test = data.x_train, data.x_test
    seconds, ends = [], [time.perf_counter()]

    def epoch_end(_epoch: int, _logs: Any) -> None:
        ends.append(time.perf_counter())
        seconds.append(ends[-1] - ends[-2])

    history = model.fit(
        x_train,
        batch_size=config.batch_size,
        epochs=config.epochs,
        validation_data=(x_test,),
        validation_batch_size=1000,
        verbose=0,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=epoch_end)],
    )
    return Result("Keras fit", seconds, len(x_train), history.history["val_loss"][-1])


def vae_lab(config: RunConfig, _data: dataset.Dataset) -> Result:
    with tempfile.TemporaryDirectory() as folder:
        run = RunStore(folder).create(config)
        loop.train(run)
        status = run.status()
        if status.state != "finished":
            raise RuntimeError(f"the run ended as {status.state}: {status.error}")
        start, *epochs = run.records("start", "epoch")
        ends = [record["seconds"] for record in epochs]
        images = start["steps_per_epoch"] * config.batch_size
        loss = epochs[-1]["test"]["loss"]
    return Result("VAE Lab", list(np.diff(ends)), images, loss)


def torch_loop(config: RunConfig, data: dataset.Dataset) -> Result:
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(config.seed)
    size, d = data.size, config.latent_dim
    encoder, decoder = _torch_networks(nn, config.architecture, size, d)
    parameters = [*encoder.parameters(), *decoder.parameters()]
    optimizer = torch.optim.Adam(parameters, config.learning_rate, eps=1e-7)
    x_train = torch.from_numpy(data.x_train).movedim(-1, 1)
    x_test = torch.from_numpy(data.x_test).movedim(-1, 1)

    def loss_of(x: Any) -> Any:
        mean, log_var = encoder(x).chunk(2, dim=1)
        z = mean + torch.exp(0.5 * log_var) * torch.randn_like(mean)
        cost = functional.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum")
        rate = -0.5 * torch.sum(1 + log_var - mean**2 - log_var.exp())
        return (cost + config.beta * rate) / len(x)

    seconds = []
    loss = math.nan
    for _ in range(config.epochs):
        began = time.perf_counter()
        for index in torch.randperm(len(x_train)).split(config.batch_size):
            optimizer.zero_grad()
            loss_of(x_train[index]).backward()
            optimizer.step()
        with torch.no_grad():
            loss = float(np.mean([float(loss_of(x)) for x in x_test.split(1000)]))
        seconds.append(time.perf_counter() - began)
    return Result("PyTorch loop", seconds, len(x_train), loss)


def _torch_networks(nn: Any, architecture: str, size: int, d: int) -> tuple[Any, Any]:
    """Build the encoder and the decoder in PyTorch, for images whose side is a multiple of 4."""
    if architecture == "mlp":
        encoder = [nn.Flatten(), nn.Linear(size * size, 512), nn.ReLU(), nn.Linear(512, 2 * d)]
        decoder = [nn.Linear(d, 512), nn.ReLU(), nn.Linear(512, size * size)]
        return nn.Sequential(*encoder), nn.Sequential(*decoder, nn.Unflatten(1, (1, size, size)))
    small = size // 4
    encoder = [nn.Conv2d(1, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU()]
    encoder += [nn.Flatten(), nn.Linear(small * small * 64, 16), nn.ReLU(), nn.Linear(16, 2 * d)]
    decoder = [nn.Linear(d, small * small * 64), nn.ReLU(), nn.Unflatten(1, (64, small, small))]
    decoder += [nn.ConvTranspose2d(64, 64, 3, 2, 1, 1), nn.ReLU()]
    decoder += [
        nn.ConvTranspose2d(64, 32, 3, 2, 1, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 1, 3, 1, 1),
    ]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def compare(config: RunConfig) -> None:
    """Measure all programs one after the other, and print the table."""
    data = registry.load(config.dataset)
    programs: list[Callable[[RunConfig, dataset.Dataset], Result]] = [keras_fit, vae_lab]
    try:
        import torch  # noqa: F401
    except ImportError:
        print("PyTorch is not installed, so it is not measured.")
    else:
        programs.insert(1, torch_loop)
    print(
        f"\n{config.dataset}, {config.architecture}, batch {config.batch_size}, Adam "
        f"{config.learning_rate:g}, β {config.beta:g}, {config.epochs} epochs, "
        f"{os.cpu_count()} CPUs"
    )
    print(
        f"{'':14}{'images/s':>10}{'ratio':>8}{'first epoch':>13}{'later':>9}{'held-out loss':>15}"
    )
    baseline: Result | None = None
    for program in programs:
        result = program(config, data)
        baseline = baseline or result
        later = statistics.median(result.epoch_seconds[1:] or result.epoch_seconds)
        print(
            f"{result.name:14}{result.images_per_second:10,.0f}"
            f"{result.images_per_second / baseline.images_per_second:8.2f}"
            f"{result.epoch_seconds[0]:11.2f} s{later:7.2f} s{result.held_out_loss:15.2f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--architectures", default="mlp,conv")
    parser.add_argument("--epochs", default="8,4", help="one number an architecture")
    parser.add_argument("--beta", type=float, default=1.0)
    options = parser.parse_args()
    for architecture, epochs in zip(
        options.architectures.split(","), options.epochs.split(","), strict=True
    ):
        compare(
            RunConfig(
                dataset=options.dataset,
                architecture=architecture,
                epochs=int(epochs),
                beta=options.beta,
            )
        )


if __name__ == "__main__":
    try:
        main()
    except VaeLabError as error:
        sys.exit(f"benchmarks/training.py: {error}")

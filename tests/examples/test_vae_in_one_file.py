"""The whole method in one file: what it computes is what VAE Lab computes."""

from __future__ import annotations

import ast
import importlib.util
import itertools
from types import ModuleType

import numpy as np
import pytest
import tensorflow as tf

import vae_core
from tests.conftest import SMALL
from tests.core.outcomes import finished
from vae_core import kinds
from vae_core.config import RunConfig
from vae_core.model import schedules
from vae_core.runs.store import PROJECT, RunStore

PATH = PROJECT / "examples" / "vae_in_one_file.py"
STEPS = 20  # an epoch has 11: the order of the second is among them


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location(PATH.stem, PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def our_losses(config: RunConfig) -> list[float]:
    """The loss of each of the first steps, nats per image."""
    data = vae_core.load_dataset(config.dataset)
    vae = kinds.of_data(data).new_vae(config, data.item_shape)
    images = tf.constant(data.x_train)
    steps = len(images) // config.batch_size
    losses: list[float] = []
    for epoch in itertools.count():
        order = np.random.default_rng([config.seed, epoch]).permutation(len(images))
        for batch in order[: steps * config.batch_size].reshape(steps, -1):
            step = len(losses)
            schedule = schedules.schedule(config, np.array([step]), config.epochs * steps)
            losses.append(vae.train_steps(images, batch[None], step, schedule)["loss"])
            if len(losses) == STEPS:
                return losses
    raise AssertionError


def test_it_reads_the_same_images(example: ModuleType) -> None:
    x_train, x_test = example.load_data()
    data = vae_core.load_dataset("digits")
    np.testing.assert_array_equal(x_train, data.x_train.reshape(-1, 64))
    np.testing.assert_array_equal(x_test, data.x_test.reshape(-1, 64))


@pytest.mark.slow
def test_its_first_steps_are_ours(example: ModuleType) -> None:
    x_train, _ = example.load_data()
    theirs = example.train(x_train, beta=4.0, seed=3, epochs=2)[2][:STEPS]
    ours = our_losses(RunConfig(beta=4.0, seed=3))
    # The same up to the order in which float32 numbers are added.
    np.testing.assert_allclose(theirs, ours, rtol=1e-5)


def test_it_is_short_and_stands_alone() -> None:
    text = PATH.read_text("utf-8")
    assert len(text.splitlines()) < 150
    imported = {
        name.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert {name.split(".")[0] for name in imported} == {
        *("keras", "numpy", "os", "sklearn", "tensorflow")
    }


@pytest.mark.slow
def test_it_prints_what_a_run_of_ours_keeps(
    example: ModuleType,
    store: RunStore,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = finished(store, SMALL)  # with XLA, as the example: without it the noise is another
    defaults = (1.0, SMALL.seed, SMALL.epochs, None)
    monkeypatch.setattr(example.train, "__defaults__", defaults)
    example.main()
    lines = capsys.readouterr().out.splitlines()
    for line, record in zip(lines, run.records("epoch")[1:], strict=False):
        words = line.split()
        assert words[0:7:2] == ["epoch", "distortion", "rate", "elbo"]
        assert int(words[1]) == record["epoch"]
        for value, name in zip(words[3:8:2], ("distortion", "rate", "elbo"), strict=True):
            assert float(value) == pytest.approx(record["test"][name], abs=0.006)
    assert len(lines) == SMALL.epochs + 2 + 8

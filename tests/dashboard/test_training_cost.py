"""The time that training will take, estimated from finished runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.shared import training_cost
from vae_core.config import RunConfig
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore

pytestmark = pytest.mark.usefixtures("own_store")


def timed(store: RunStore, config: RunConfig, per_step: float, once: float) -> Run:
    """Create a finished run that took `once` seconds plus `per_step` seconds per step."""
    run = store.create(config)
    steps = 1437 // config.batch_size
    for epoch in range(1, config.epochs + 1):
        run.metrics_file.append(
            {
                "kind": "epoch",
                "epoch": epoch,
                "step": epoch * steps,
                "seconds": once + per_step * steps * epoch,
                "beta": 1.0,
                "capacity": None,
                "train": None,
                "test": {"loss": 1, "distortion": 1, "rate": 0, "elbo": -1, "rate_per_dim": [0]},
            }
        )
    total = once + per_step * steps * config.epochs
    run.lifecycle.write(state="finished", epoch=config.epochs, seconds=total)
    return run


def test_the_last_runs_of_the_same_kind_give_the_estimate(own_store: RunStore) -> None:
    # 11 steps per epoch; the run took 2 s plus 0.1 s per step.
    timed(own_store, RunConfig(epochs=3, beta=9), per_step=0.1, once=2)
    timed(own_store, RunConfig(epochs=3, beta=9, batch_size=64), per_step=5, once=50)
    estimate = training_cost.estimate([RunConfig(epochs=10)])
    assert estimate is not None
    assert estimate.seconds == pytest.approx(2 + 0.1 * 11 * 10)
    assert str(estimate) == "about 13 s, as the last runs of this kind took"
    assert training_cost.cost_line([RunConfig(epochs=10)]).startswith("About 13 s")

    estimate = training_cost.estimate([RunConfig(epochs=10, latent_dim=8, batch_size=64)])
    assert estimate is not None
    assert estimate.seconds == pytest.approx(50 + 5 * 22 * 10)
    assert "with d = 2" in str(estimate)


def test_finished_runs_of_a_sweep_cost_nothing(own_store: RunStore) -> None:
    configs = [RunConfig(epochs=3, beta=beta) for beta in (9.0, 1.0, 2.0)]
    run = timed(own_store, configs[0], per_step=0.1, once=2)
    for path in (run.weights_path, run.encoder_path, run.decoder_path, run.path / "arrays.npz"):
        path.touch()
    line = training_cost.cost_line(configs)
    assert line == (
        "3 runs, 1 of them finished already: about 11 s, as the last runs of this kind took."
    )


def test_pretrained_runs_are_used_if_there_are_no_own_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pretrained runs of this kind" in training_cost.cost_line([RunConfig()])
    assert "no run of conv on shapes has been timed yet" in training_cost.cost_line(
        [RunConfig(dataset="shapes", architecture="conv")]
    )
    monkeypatch.setattr(training_cost, "pretrained_store", lambda: RunStore(tmp_path / "none"))
    assert "no run of mlp on digits has been timed yet" in training_cost.cost_line([RunConfig()])


def test_the_speed_needs_two_epochs(own_store: RunStore) -> None:
    assert training_cost.timing_of(timed(own_store, RunConfig(epochs=1), 0.1, 2)) is None
    run = timed(own_store, RunConfig(epochs=2), 0.1, 2)
    assert training_cost.timing_of(run) == pytest.approx((0.1, 2))
    run.lifecycle.write(state="cancelled")
    assert training_cost.timing_of(run) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (40, "40 s"), (99.4, "99 s"), (170, "3 min"), (3599, "1 h 0 min")],
)
def test_durations_in_words(seconds: float, words: str) -> None:
    assert training_cost.duration(seconds) == words

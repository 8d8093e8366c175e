"""A deterministic autoencoder: no noise, no rate, no β, and no number that would pretend to one."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from plotly import graph_objects as go

from dashboard.app_pages.autoencoder import coverage as autoencoder_coverage
from dashboard.app_pages.autoencoder import interpolations, trios
from dashboard.figures import autoencoder as figures
from dashboard.figures import comparison, curves, rate_distortion
from tests.conftest import SMALL
from tests.core.outcomes import finished, same_bits, weights
from tests.dashboard.pages import open_page, plots
from tests.trained_runs import TrainedRuns
from vae_core.cli.app import main
from vae_core.config import ConfigError, RunConfig
from vae_core.data import excerpts
from vae_core.engines.in_process import InProcessEngine
from vae_core.exchange import importing
from vae_core.exchange.bundle import bundle
from vae_core.inference.images import Inference
from vae_core.latent import coverage, reconstruction, samples
from vae_core.metrics.catalogue import AUTOENCODER_METRICS
from vae_core.model.vae import VAE
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.runs.sweeps import sweep
from vae_core.training import evaluation, loop

AE = replace(SMALL, model="autoencoder")


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished autoencoder, to be read only."""
    return finished(RunStore(tmp_path_factory.mktemp("autoencoder")), AE)


# --- config -------------------------------------------------------------------------------


def test_the_id_holds_what_it_reads() -> None:
    assert AE.id.startswith("digits-mlp-d2-ae-seed0-")
    unread = replace(AE, beta=4.0, schedule="capacity", warmup=0.1, cycles=2, capacity=3.0)
    assert unread.id == AE.id
    assert replace(AE, learning_rate=2e-3).id != AE.id
    assert AE.id != SMALL.id
    assert RunConfig.from_json(AE.to_json()) == AE
    with pytest.raises(ConfigError, match="vae, autoencoder"):
        RunConfig(model="gan")


def test_a_sweep_of_it_is_one_run_a_seed() -> None:
    assert [config.seed for config in sweep(AE, (0.0, 1.0), (1, 0))] == [0, 1]


# --- training -----------------------------------------------------------------------------


def test_it_starts_from_the_weights_of_the_vae() -> None:
    ours, theirs = VAE(AE, (8, 8, 1)).get_weights(), VAE(SMALL, (8, 8, 1)).get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


def test_no_noise_reaches_it() -> None:
    images = np.random.default_rng(0).random((4, 8, 8, 1)).astype(np.float32)
    for config, same in ((AE, True), (SMALL, False)):
        vae = VAE(config, (8, 8, 1))
        found = [
            vae.item_terms(images, vae.noise("train", step, 4)).distortion for step in range(2)
        ]
        assert np.array_equal(np.asarray(found[0]), np.asarray(found[1])) == same


def test_it_records_no_rate(encoded: Run) -> None:
    for record in encoded.records("step", "epoch"):
        assert "rate_per_dim" not in record
        for part in ("train", "test"):
            if record.get(part):
                assert record[part].keys() == {"loss", "distortion"}
                assert record[part]["loss"] == record[part]["distortion"]
    epochs = encoded.records("epoch")
    losses = [record["test"]["loss"] for record in epochs]
    assert losses[0] == pytest.approx(64 * math.log(2), rel=0.02)
    assert losses[-1] < losses[0] - 5
    assert {(record["beta"], record["capacity"]) for record in epochs} == {(None, None)}
    assert set(encoded.metrics()) == {"loss", "distortion", "knn_accuracy"}
    assert "rate" not in encoded.metrics_path.read_text()


def test_its_posteriors_have_no_width(encoded: Run) -> None:
    arrays = encoded.arrays()
    assert np.isneginf(arrays["posterior_log_var"]).all()
    assert np.isfinite(arrays["posterior_mean"]).all()
    images = np.random.default_rng(0).random((4, 8, 8, 1))
    network = Inference(encoded)
    mean, log_var = network.encode(images)
    assert np.isneginf(log_var).all()
    again = reconstruction.reconstruct(network, images, samples=4)
    assert again.std.max() == 0
    assert np.array_equal(again.at_mean, network.decode(mean))


def test_the_loss_is_that_of_the_decoded_mean(encoded: Run) -> None:
    found = evaluation.evaluate(encoded)
    assert found["recomputed"].keys() == found["stored"].keys()
    for name, value in found["stored"].items():
        assert found["recomputed"][name] == pytest.approx(value, rel=1e-6)


@pytest.mark.usefixtures("unmeasured")
def test_beta_and_schedule_change_no_bit(encoded: Run, store: RunStore) -> None:
    assert same_bits(weights(finished(store, replace(AE, beta=0.0))), weights(encoded))


@pytest.mark.usefixtures("unmeasured")
def test_resume_ends_in_the_same_bits(encoded: Run, store: RunStore) -> None:
    run = store.create(AE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "CHECKPOINT_SECONDS", 0)
        loop.train(run, stop=lambda: len(run.records("epoch")) > 1)
    assert run.status().state == "interrupted"
    assert run.checkpoint_path.exists()
    InProcessEngine().submit(run)
    assert run.status().state == "finished"
    assert same_bits(weights(run), weights(encoded))
    tests = [[r["test"] for r in each.records("epoch")] for each in (run, encoded)]
    assert tests[0] == tests[1]


def test_a_rate_in_its_metrics_is_no_record(encoded: Run, store: RunStore) -> None:
    run = store.create(AE)
    record = encoded.records("epoch")[-1]
    run.metrics_file.append(record)
    for forged in (
        record | {"test": record["test"] | {"rate": 0.0}},
        record | {"rate_per_dim": [0.0, 0.0]},
    ):
        run.metrics_file.append(forged)
    assert run.records("epoch") == [record]


# --- out and in ---------------------------------------------------------------------------


@pytest.mark.usefixtures("no_child")
def test_it_goes_out_and_comes_in(encoded: Run, store: RunStore) -> None:
    run = importing.import_run(bundle(encoded), "run.zip", store)
    assert run.records() == encoded.records()
    assert run.metrics() == encoded.metrics()
    assert np.isneginf(run.arrays()["posterior_log_var"]).all()
    z = np.zeros((1, 2), np.float32)
    assert np.array_equal(Inference(run).decode(z), Inference(encoded).decode(z))


def test_list_and_show_have_no_rate(encoded: Run, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--store", str(encoded.path.parent)]
    for command in (["list"], ["show", encoded.id], ["evaluate", encoded.id]):
        assert main([*arguments, *command]) == 0
        said = capsys.readouterr().out
        assert encoded.id in said or command[0] == "show"
        if command[0] != "list":  # whose heading is for all runs
            assert "elbo" not in said
            assert "rate" not in said.replace("learning_rate", "")
            assert "beta" not in said
    assert main([*arguments, "list", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["runs"]
    assert result["test"].keys() == {"loss", "distortion"}
    assert set(result["metrics"]) <= set(AUTOENCODER_METRICS)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--model", "autoencoder", "--betas", "1"], "no beta"), ([], "needs --betas")],
)
def test_betas_are_for_vaes(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", *arguments]) == 2
    assert said in capsys.readouterr().err


# --- coverage and walk --------------------------------------------------------------------


def test_coverage_of_points_worked_out_by_hand() -> None:
    line = np.array([[0.0], [1.0], [3.0], [7.0]])
    # Radii to the nearest other: 1, 1, 2, 4. In reach: 0 and 1 of 0.5; 3 of 4.9, 7 of 4.9.
    assert coverage.coverage(line, np.array([[0.5]]), k=1) == 0.5
    assert coverage.coverage(line, np.array([[0.5], [4.9]]), k=1) == 1.0
    assert coverage.coverage(line, np.array([[100.0]]), k=1) == 0.0
    # The other way round it is another number.
    x, y = np.array([[0.0], [1.0], [2.0]]), np.array([[0.4], [0.6], [100.0]])
    assert coverage.coverage(x, y, k=1) == pytest.approx(2 / 3)
    assert coverage.coverage(y, x, k=1) == pytest.approx(1 / 3)
    assert coverage.coverage(line, line, k=3) == 1.0
    with pytest.raises(ValueError, match="more than 5"):
        coverage.coverage(line, line)


def test_coverage_of_the_same_distribution_is_what_the_paper_says() -> None:
    n, k = 200, 2
    found = []
    for seed in range(20):
        x, y = np.random.default_rng(seed).standard_normal((2, n, 3))
        found.append(coverage.coverage(x, y, k))
    expected = 1 - (n - 1) * (n - 2) / ((2 * n - 1) * (2 * n - 2))
    assert np.mean(found) == pytest.approx(expected, abs=0.02)


def test_distances_agree_in_few_and_in_many_dimensions() -> None:
    a, b = np.random.default_rng(0).standard_normal((2, 30, 6))
    wide = [np.pad(x, ((0, 0), (0, 10))) for x in (a, b)]
    assert np.allclose(coverage.squared_distances(a, b), coverage.squared_distances(*wide))
    assert np.allclose(coverage.nearest_distances(np.array([[3.0, 4.0]]), np.zeros((1, 2))), 5)


def test_the_nearest_of_many_dimensions_is_measured_exactly() -> None:
    """Also far from 0, where single precision tells little apart."""
    others = (1000 + np.random.default_rng(0).standard_normal((3000, 64))).astype(np.float32)
    points = others[:5] + np.float32(0.125)
    apart = points.astype(np.float64)[:, None] - others
    distances = np.sqrt(np.square(apart).sum(axis=-1).min(axis=1))
    assert coverage.nearest_distances(points, others) == pytest.approx(distances)


def test_the_typical_gap_is_the_median_and_grows_with_the_space() -> None:
    points = np.array([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [7.0, 0.0]])  # 1, 1, 2, 4
    assert coverage.typical_gap(points) == pytest.approx(1.5)
    assert coverage.typical_gap(10 * points) == pytest.approx(15)


def test_the_most_typical_image_is_one_of_its_label() -> None:
    points = np.array([[0.0], [4.0], [1.4], [2.0]])
    assert samples.most_typical(points, np.array([0, 0, 0, 1]), 0) == 2


def test_a_fitted_normal_has_mean_and_covariance_of_the_points() -> None:
    points = np.random.default_rng(0).standard_normal((500, 2)) @ [[3, 1], [0, 0.5]] + [10, -5]
    z = samples.fitted_normal_samples(50_000, points)
    assert np.allclose(z.mean(axis=0), points.mean(axis=0), atol=0.1)
    assert np.allclose(np.cov(z.T), np.cov(points.T), rtol=0.05)
    assert samples.fitted_normal_samples(5, points[:, :1]).shape == (5, 1)


# --- pages --------------------------------------------------------------------------------


def put(run: Run, store: RunStore) -> Run:
    """A copy in another store."""
    copy = store.root / run.id
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(run.path, copy)
    return Run(copy)


@pytest.mark.parametrize("name", ["home", "train", "compare", "latent_space", "manifold"])
def test_every_page_opens_on_it(
    encoded: Run, own_store: RunStore, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "dashboard.shared.run_list.pretrained_store", lambda: RunStore(tmp_path / "none")
    )
    put(encoded, own_store)
    page = open_page(name)
    if name == "compare":
        page.multiselect("runs").set_value(page.multiselect("runs").options).run()
        assert "elbo (nats)" not in page.dataframe[0].value
        assert "rate (nats)" not in page.dataframe[0].value
    assert not page.exception
    assert not page.error
    metrics = {metric.label for metric in page.metric}
    assert not metrics & {"rate", "elbo"}
    if name == "train":
        assert metrics == {"loss", "distortion"}
    if name in ("train", "latent_space", "manifold"):
        assert any("no rate and no elbo" in info.value for info in page.info)
        assert plots(page)
    if name == "latent_space":
        keys = {toggle.key for toggle in page.toggle}
        assert not keys & {"latent_circles", "latent_ellipses", "latent_density"}


def test_the_form_asks_for_no_beta(own_store: RunStore) -> None:
    page = open_page("train")
    page.segmented_control("train_model").set_value("autoencoder").run()
    assert not page.exception
    assert not [s for s in page.select_slider if s.key == "train_beta"]
    assert any("no β to set" in caption.value for caption in page.caption)
    page.number_input("train_epochs_digits").set_value(1).run()
    page.button("train").click().run()
    (run,) = own_store.scan()[0]
    assert run.config == replace(AE, epochs=1)


def test_curves_of_one_panel(encoded: Run) -> None:
    figure = go.Figure(*curves.training(encoded.records("step", "epoch")))
    assert [annotation.text for annotation in figure.layout.annotations] == ["loss = distortion"]


def test_beside_a_vae_it_has_no_place_among_the_rates() -> None:
    def column(beta: float | None, rate: list[float]) -> comparison.Column:
        return comparison.Column(
            "x", np.zeros((3, 2)), np.zeros(3, int), ["a"], (0, 1), beta, "s", np.array(rate), [
                {"distortion": 1.0} | ({} if beta is None else {"rate": sum(rate)})
            ],
        )  # fmt: skip

    both = [column(None, [np.nan, np.nan]), column(1.0, [1.0, 2.0])]
    assert len(go.Figure(*comparison.rates(both, 3)).data) == 1
    assert any(
        a.text == "no rate" for a in go.Figure(*comparison.rates(both, 3)).layout.annotations
    )
    (points,) = [
        t for t in rate_distortion.rate_distortion(both).data if t.text and t.marker.size == 9
    ]
    assert len(points.x) == 1


def test_the_page_sets_the_three_side_by_side(
    encoded: Run,
    own_store: RunStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_run: TrainedRuns,
) -> None:
    monkeypatch.setattr(
        "dashboard.shared.run_list.pretrained_store", lambda: RunStore(tmp_path / "none")
    )
    put(encoded, own_store)
    page = open_page("autoencoder")
    (code,) = page.code
    assert code.value.splitlines() == [
        "python -m vae_core train --beta 0 --epochs 3",
        "python -m vae_core train --epochs 3",
    ]
    assert len(page.metric) == 1
    make_run(own_store, replace(SMALL, beta=0.0))
    page.run()
    assert page.code[0].value == "python -m vae_core train --epochs 3"
    page.button("train_missing").click().run()
    assert own_store.get(SMALL.id).status().state == "finished"
    page = open_page("autoencoder")
    assert not page.code
    assert [metric.label for metric in page.metric] == ["coverage of N(0, I)"] * 3
    assert plots(page) == 4
    page.selectbox("walk_to").set_value(5).run()
    page.toggle("same_axes").set_value(True).run()
    assert not page.exception
    assert any("from 0 to 5" in head.value for head in page.subheader)


def test_numbers_of_the_shipped_three(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the page says: the rate fills the prior, and steps at both ends are images."""
    (trio,) = [
        trio
        for trio in trios.trios()
        if not trio.missing and trio.runs[0] is not None and trio.runs[0].config.dataset == "digits"
    ]
    runs = [run for run in trio.runs if run is not None]
    covered = [autoencoder_coverage.coverage(run) for run in runs]
    assert covered[2].normal > 0.85 > 0.5 > max(covered[0].normal, covered[1].normal)
    loaded = []
    held_out = excerpts.held_out

    def counted(dataset: str, indices: Sequence[int]) -> np.ndarray:
        loaded.append(dataset)
        return held_out(dataset, indices)

    monkeypatch.setattr(excerpts, "held_out", counted)
    walks = interpolations.walks(runs, 0, 1)
    assert loaded == ["digits"], "the images are loaded once for all three"
    for walk in walks:
        assert walk.gaps[[0, -1]] == pytest.approx(0, abs=1e-5)
        assert walk.gaps.max() > 0.3
        assert walk.pixels is not None
        assert 0 < walk.pixels.min() <= walk.pixels.max() < 0.5


def test_axes_say_their_scale() -> None:
    points = np.random.default_rng(0).standard_normal((300, 2))

    def plane(scale: float) -> figures.Plane:
        labels = np.zeros(300, int)
        return figures.Plane("x", scale * points, labels, ["a"], (0, 1), points[:2])

    apart = go.Figure(*figures.planes([plane(1), plane(10)], shared=False)).layout
    assert apart.xaxis2.range[1] > 5 * apart.xaxis.range[1]
    assert f"{apart.xaxis2.range[1]:.3g}" in apart.annotations[1].text
    together = go.Figure(*figures.planes([plane(1), plane(10)], shared=True)).layout
    assert together.xaxis.range == together.xaxis2.range == apart.xaxis2.range

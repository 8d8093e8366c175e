"""The runs that ship: made by their commands, within their size, told of truthfully."""

from __future__ import annotations

import zlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gallery import readme, recipes, training
from tests.conftest import SMALL
from tests.core.cli.parsing import parsed
from vae_core.cli import sweep as sweep_command
from vae_core.data import excerpts, registry
from vae_core.metrics import texts
from vae_core.metrics.catalogue import AUTOENCODER_METRICS, FACTOR_METRICS, METRICS
from vae_core.runs.errors import RunError
from vae_core.runs.store import PROJECT, RunStore, pretrained_store
from vae_core.training import evaluation

IDS = [recipe.title for recipe in recipes.RECIPES]
TINY = recipes.Recipe("tiny", "For a test.", replace(SMALL, epochs=1), (0.5, 1.0), (3, 4))


@pytest.mark.parametrize("recipe", recipes.RECIPES, ids=IDS)
def test_the_command_of_a_recipe_makes_its_runs(recipe: recipes.Recipe) -> None:
    name, *rest = recipe.arguments
    assert sweep_command.configs_of(parsed(name, rest)) == recipe.configs


@pytest.mark.parametrize("recipe", recipes.RECIPES, ids=IDS)
def test_every_run_ships_as_it_should(recipe: recipes.Recipe) -> None:
    for config in recipe.configs:
        run = pretrained_store().get(config.id)
        assert run.status().state == "finished"
        unresolved = {"total_correlation", "dimension_wise_kl"}
        expected = set(METRICS if config.has_rate else AUTOENCODER_METRICS)
        if recipe in recipes.TEXTS:
            expected -= {name for name in METRICS if "binarised" in name} | set(FACTOR_METRICS)
        else:
            expected -= set(texts.NAMES)
            if not excerpts.held_out_factors(config.dataset):
                expected -= set(FACTOR_METRICS)
        assert expected - unresolved <= set(run.metrics()) <= expected
        assert run.records("epoch")[-1]["epoch"] == config.epochs
        whole = recipe.ships_whole(config)
        assert run.viewable == whole
        files = 9 - (recipe in recipes.TEXTS)  # no decoder.json of these
        assert len(list(run.path.iterdir())) == (files if whole else 4)
        if whole:  # latents and labels, no pictures
            arrays = run.arrays()
            assert set(arrays) == {
                "posterior_mean",
                "posterior_log_var",
                "labels",
                "label_names",
            }
            assert arrays["posterior_mean"].shape == arrays["posterior_log_var"].shape


def test_nothing_else_ships() -> None:
    expected = {config.id for recipe in recipes.RECIPES for config in recipe.configs}
    runs, damaged = pretrained_store().scan()
    assert {run.id for run in runs} == expected
    assert not damaged


def test_groups_that_ship_are_of_images_that_are_there() -> None:
    store = pretrained_store()
    shipped = [path.stem for path in (store.root / ".groups").iterdir()]
    with_groups = [recipe for recipe in recipes.RECIPES if recipe.groups]
    assert len(shipped) == len(with_groups)
    for run_id in shipped:
        arrays, groups = store.get(run_id).arrays(), store.groups(run_id)
        first, second = (set(group.images) for group in groups.values())
        assert not first & second
        assert max(first | second) < len(arrays["labels"])
    faces = store.groups(recipes.FACES.configs[0].id)
    assert sum(len(group.images) for group in faces.values()) == 120


@pytest.mark.mnist
def test_thin_and_bold_are_told_apart_by_their_ink() -> None:
    found = recipes._thin_and_bold()
    data = registry.load("mnist")
    ink = {name: data.x_test[rows].sum(axis=(1, 2, 3)) for name, rows in found.items()}
    assert ink["thin 7"].max() < ink["bold 7"].min()
    assert {*data.y_test[found["thin 7"]], *data.y_test[found["bold 7"]]} == {7}
    for recipe in (recipes.MNIST_PUBLISHED, recipes.MNIST_OURS):
        (config,) = [c for c in recipe.configs if (c.beta, c.seed) == (1, 0)]
        shipped = pretrained_store().groups(config.id)
        assert {name: list(group.images) for name, group in shipped.items()} == found


def test_the_gallery_takes_at_most_60_mb_in_git() -> None:
    files = [path for path in pretrained_store().root.rglob("*") if path.is_file()]
    assert sum(len(zlib.compress(path.read_bytes())) for path in files) <= 60e6


def test_the_readme_is_what_the_runs_say() -> None:
    path = PROJECT / "pretrained" / "README.md"
    assert path.read_text(encoding="utf-8") == readme.readme(pretrained_store())


def test_a_row_is_recomputed_from_the_weights() -> None:
    run = pretrained_store().get(recipes.DIGITS.configs[2].id)
    result = evaluation.evaluate(run)
    for name, value in result["stored"].items():
        assert result["recomputed"][name] == pytest.approx(value, rel=1e-3, abs=1e-3), name


@pytest.mark.slow
@pytest.mark.mnist
@pytest.mark.parametrize(
    "recipe", [recipes.MNIST_PUBLISHED, recipes.MNIST_OURS], ids=["published", "ours"]
)
def test_an_mnist_row_is_recomputed_from_the_weights(recipe: recipes.Recipe) -> None:
    (config,) = [c for c in recipe.configs if (c.beta, c.seed) == (1, 0)]
    run = pretrained_store().get(config.id)
    result = evaluation.evaluate(run)
    for name, value in result["stored"].items():
        assert result["recomputed"][name] == pytest.approx(value, rel=1e-3, abs=1e-3), name


@pytest.mark.slow
def test_a_row_on_texts_is_recomputed_from_the_weights() -> None:
    run = pretrained_store().get(recipes.UNICODE_NAMES.configs[0].id)
    result = evaluation.evaluate(run)
    for name, value in result["stored"].items():
        assert result["recomputed"][name] == pytest.approx(value, rel=1e-3, abs=1e-3), name


def test_evaluate_says_where_there_are_no_weights() -> None:
    run = pretrained_store().get(recipes.DIGITS.configs[-1].id)
    with pytest.raises(RunError, match="no weights here"):
        evaluation.evaluate(run)


@pytest.mark.slow
@pytest.mark.usefixtures("no_xla")
def test_make_pretrained_goes_on_where_it_stopped(store: RunStore) -> None:
    assert training.train(store, [replace(TINY, betas=(0.5,))]) == 0
    (first, *_) = TINY.configs
    before = {path: path.stat().st_mtime_ns for path in sorted((store.root / first.id).iterdir())}
    assert training.train(store, [TINY]) == 0
    after = {path: path.stat().st_mtime_ns for path in sorted((store.root / first.id).iterdir())}
    assert before == after, "a finished run is not touched again"
    runs = {run.config: run for run in store.scan()[0]}
    assert set(runs) == set(TINY.configs)
    assert [runs[c].viewable for c in TINY.configs] == [True, True, False, False]


def test_spread_and_gaps_are_computed(store: RunStore) -> None:
    """The loss that counts is that of the full β, also while it warms up."""
    runs = []
    for seed, loss in ((0, 150.0), (1, 152.0)):
        run = store.create(replace(SMALL, seed=seed))
        test: dict[str, object] = {"loss": loss, "distortion": loss - 6, "rate": 6.0, "elbo": -loss}
        test |= {"rate_per_dim": [6.0]}
        for epoch, more in ((1, {"loss": 100.0, "distortion": loss + 4}), (2, {})):
            run.metrics_file.append(
                {"kind": "epoch", "epoch": epoch, "step": epoch, "seconds": 5.0 * epoch, "beta": 1}
                | {"capacity": None, "train": None, "test": test | more}
            )
        run.metrics_file.append(
            {"kind": "end", "epoch": 2, "state": "finished", "metrics": {"active_units": 1 + seed}}
        )
        runs.append(run)
    assert readme._spread(runs, "loss") == "151.00 ± 1.41"
    assert readme._spread(runs, "rate") == "6.00"
    assert readme._spread(runs, "mmd") == ""
    assert readme._spread(runs, "active_units", 0) == "1.5 ± 0.7"
    assert "at β = 1 by 0.61 nats" in readme._compared_with_published({1: runs})
    assert "1 of its 2 runs" in readme._compared_with_published({1: runs})
    assert "at every β. 2 of its 2 runs" in readme._compared_with_published({10: runs})
    table = readme._time_to_target(runs[:1], runs[1:])
    assert "| published recipe | 0 | 2 | 10 s | 10 s | 150.00 |" in table
    assert "| our recipe | 1 | not in 3 |  | 10 s | 152.00 |" in table
    measured = readme._measured({1: runs})
    assert measured.splitlines()[2:] == ["| active units | 1.5 ± 0.7 |"]


def test_the_readme_needs_all_runs(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no run"):
        readme.readme(RunStore(tmp_path))


def test_published_numbers_add_up() -> None:
    """Loss = distortion + β · rate, in the published table as in ours."""
    for beta, (loss, distortion, rate) in recipes.PUBLISHED.items():
        assert loss == pytest.approx(distortion + beta * rate, abs=0.02 + 0.006 * beta)
        assert np.isfinite(rate)

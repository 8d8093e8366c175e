"""Every page through AppTest, on the pretrained runs and on a store of the test."""

from __future__ import annotations

from dataclasses import replace

import pytest
import streamlit as st

from dashboard.figures.numbers import BEST
from dashboard.shared.run_list import run_label
from tests.conftest import SMALL
from tests.dashboard.pages import PAGES, open_page, plots
from tests.trained_runs import TrainedRuns
from vae_core.data.dataset import DatasetError
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.runs.strip import strip

pytestmark = pytest.mark.usefixtures("own_store")


@pytest.mark.parametrize("name", PAGES)
def test_opens_on_a_pretrained_run(name: str) -> None:
    page = open_page(name)
    assert page.title
    assert plots(page), "every page opens with a figure"
    assert not page.error


@pytest.mark.parametrize("name", sorted({*PAGES} - {"learn"}))  # it needs no run
@pytest.mark.usefixtures("nothing_pretrained")
def test_opens_without_any_run(name: str) -> None:
    page = open_page(name)
    assert "Train page" in page.info[0].value
    assert not page.error


def test_a_damaged_run_is_reported_and_the_page_still_works(own_store: RunStore) -> None:
    run = own_store.create(SMALL)
    (run.path / "status.json").write_text("{")
    page = open_page("latent_space")
    assert any(run.id in warning.value for warning in page.warning)
    assert plots(page)


@pytest.mark.parametrize("name", ["latent_space", "manifold", "compare", "arithmetic"])
@pytest.mark.parametrize("latent_dim", [1, 4])
def test_other_latent_dimensions(
    own_store: RunStore, name: str, latent_dim: int, make_run: TrainedRuns
) -> None:
    make_run(own_store, replace(SMALL, latent_dim=latent_dim, epochs=1))
    page = open_page(name)
    assert not page.exception
    if name != "compare":
        assert f"d {latent_dim}" in str(page.selectbox("run").value)
    assert plots(page) or page.get("image")


def test_compare_takes_no_more_runs_than_it_can_show(
    own_store: RunStore, make_run: TrainedRuns
) -> None:
    for beta in range(10):
        make_run(own_store, replace(SMALL, beta=float(beta), epochs=1))
    page = open_page("compare")
    chosen = page.multiselect("runs").value
    assert len(chosen) == 8
    assert "β 0 " in chosen[0]
    assert "β 9 " in chosen[-1]
    assert plots(open_page("home"))


@pytest.mark.usefixtures("nothing_pretrained")
def test_compare_takes_the_spread_over_the_seeds(
    own_store: RunStore, make_run: TrainedRuns
) -> None:
    """A seed counts, even if only its config and metrics are there."""
    for seed in range(3):
        for beta in (1.0, 4.0):
            run = make_run(own_store, replace(SMALL, beta=beta, seed=seed, epochs=1))
            strip(run, numbers_only=seed == 2)
    page = open_page("compare")
    (table,) = page.dataframe
    assert list(table.value["seeds"]) == [3, 3]
    losses = [run.metrics()["loss"] for run in own_store.scan()[0] if run.config.beta == 1]
    assert table.value["loss (nats)"][0] == pytest.approx(sum(losses) / 3)
    # Seeds that are compared with each other keep their own numbers, and so does a cancelled run.
    page.multiselect("runs").set_value(page.multiselect("runs").options).run()
    (table,) = page.dataframe
    assert list(table.value["seeds"]) == [1, 1, 1, 1]
    assert list(table.value["loss (nats)"][:2]) == pytest.approx([losses[1], losses[0]])
    for run in own_store.scan()[0]:
        if run.config.seed == 1:
            ends = run.records("end")[-1] | {"state": "cancelled", "metrics": {}}
            (run.path / "checksums.json").unlink()
            run.metrics_file.append(ends)
    page.run()
    assert not page.exception
    page.multiselect("runs").set_value(page.multiselect("runs").options[2:]).run()
    (table,) = page.dataframe
    assert list(table.value["seeds"]) == [2, 2]


def test_compare_ranks_no_numbers_of_different_likelihoods(
    own_store: RunStore, make_run: TrainedRuns
) -> None:
    def marked(*chosen: Run) -> bool:
        page.multiselect("runs").set_value([run_label(run) for run in chosen]).run()
        assert not page.exception
        (table,) = page.dataframe
        return BEST in str(table.proto)

    base = replace(SMALL, epochs=1)
    one, two = make_run(own_store, base), make_run(own_store, replace(base, beta=4.0))
    other = make_run(own_store, replace(base, likelihood="gaussian"))
    page = open_page("compare")
    assert marked(one, two)
    assert not any("likelihoods" in warning.value for warning in page.warning)
    assert not marked(one, other)
    assert any("bernoulli, gaussian" in warning.value for warning in page.warning)


def test_compare_aligns_and_shows_the_same_images(
    own_store: RunStore, make_run: TrainedRuns
) -> None:
    for beta in (1.0, 4.0):
        make_run(own_store, replace(SMALL, beta=beta, epochs=1))
    make_run(own_store, replace(SMALL, latent_dim=3, epochs=1))
    page = open_page("compare")
    mine = [name for name in page.multiselect("runs").options if "pretrained" not in name]
    page.multiselect("runs").set_value(mine).run()
    pictures = len(page.get("image"))
    assert pictures == 3 * 4  # manifold, reconstructions, two kinds of samples
    reference = page.selectbox("align")
    assert "as they are" in str(reference.value)
    reference.set_value(reference.options[1]).run()
    assert not page.exception
    assert any("other images or dimensions" in w.value for w in page.warning)
    assert any("unexplained" in c.value for c in page.caption)
    page.number_input("reconstructed").set_value(3).run()
    assert not page.exception
    assert len(page.get("image")) == pictures


def test_compare_reports_missing_images(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch, make_run: TrainedRuns
) -> None:
    def gone(*_: object) -> None:
        raise DatasetError("The images of digits are not on this machine.")

    make_run(own_store, replace(SMALL, epochs=1))
    st.cache_data.clear()
    monkeypatch.setattr("vae_core.data.excerpts.held_out", gone)
    page = open_page("compare")
    assert not page.exception
    assert any("not on this machine" in info.value for info in page.info)


def test_cancelled_runs_are_not_in_the_default_sweep(
    own_store: RunStore, make_run: TrainedRuns
) -> None:
    for beta in range(9):
        run = make_run(own_store, replace(SMALL, beta=float(beta), epochs=1))
        run.lifecycle.write(state="cancelled")
    assert all("pretrained" in name for name in open_page("compare").multiselect("runs").value)


@pytest.mark.parametrize("name", ["home", "compare", "latent_space", "arithmetic"])
def test_damaged_arrays_show_a_message(
    own_store: RunStore, name: str, make_run: TrainedRuns
) -> None:
    for beta in range(9):
        run = make_run(own_store, replace(SMALL, beta=float(beta), epochs=1))
        (run.path / "arrays.npz").write_bytes(b"PK")
    page = open_page(name)
    said = [*page.error, *page.warning]
    assert any("arrays.npz is damaged" in text.value.replace("\\", "") for text in said)

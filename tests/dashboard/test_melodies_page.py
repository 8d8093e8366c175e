"""Runs on melodies on the pages Melodies and Latent space, and on pages that don't show them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.figures import rolls
from dashboard.kinds.melody_players import COLUMNS
from dashboard.kinds.text_tables import decode, training_texts
from dashboard.shared import run_cache, run_list
from tests.dashboard.pages import on, open_page, plots
from vae_core import kinds
from vae_core.data import melodies, notation, registry
from vae_core.data.tokens import encode
from vae_core.latent import paths
from vae_core.metrics import texts
from vae_core.runs.run import Run

pytestmark = pytest.mark.usefixtures("own_store")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The pretrained run, on a machine without the data set."""
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    st.cache_resource.clear()
    (pretrained,) = [r for r in run_list.all_runs(of_kinds=("melodies",)) if run_list.pretrained(r)]
    return pretrained


@pytest.fixture
def data(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace the held-out melodies by the run's reconstructions, the first with another end."""
    networks = run_cache.text_inference(run)
    arrays = run.arrays()
    tokens = networks.decode(arrays["posterior_mean"])
    held_out = networks.texts(tokens)
    held_out[0] = held_out[0][:20] + "." * 12
    tokens = encode(held_out, networks.vocabulary, networks.length).astype(np.uint8)
    np.savez(
        tmp_path / melodies.MELODIES,
        allow_pickle=False,
        x_train=tokens[5:30],
        y_train=arrays["labels"][5:30],
        x_test=tokens,
        y_test=arrays["labels"],
        label_names=arrays["label_names"],
        vocabulary=np.array(networks.vocabulary),
        sources_train=np.array([f"BWV {i}" for i in range(25)]),
        sources_test=np.array([f"BWV {i}, *bars* 1 and 2" for i in range(len(held_out))]),
    )
    st.cache_resource.clear()
    content = registry.stored("melodies").sha256
    monkeypatch.setattr(run_cache, "dataset_sha256", lambda _: content)
    return held_out


def open_tab(page: AppTest, name: str) -> AppTest:
    page.session_state["melodies_tab"] = name
    page.run()
    assert not page.exception, page.exception
    return page


def page_text(page: AppTest) -> str:
    parts = [*page.caption, *page.markdown, *page.info]
    return " ".join(part.value for part in parts).replace("\\", "")


def test_a_walk_without_the_data_set(run: Run) -> None:
    page = on(run, "melodies")
    assert page.selectbox("run").value == run_list.run_label(run)
    assert len(page.get("audio")) == plots(page) == 8 + 1  # the steps, and the whole walk
    page.slider("melodies_steps").set_value(3).run()
    assert not page.exception
    assert len(page.get("audio")) == 3 + 1
    page.selectbox("melodies_of_a").set_value("from the prior").run()
    page.number_input("melodies_seed_a").set_value(7).run()
    assert not page.exception
    assert "sample 7 of the prior" in page_text(page)
    open_tab(page, "Coming back")
    assert "melodies.npz" in page.info[0].value
    assert not page.get("audio")
    open_tab(page, "From the prior")
    assert "copies can't be counted" in page_text(page)
    assert len(page.get("audio")) == 8
    open_tab(page, "Between two melodies")
    assert "sample 7 of the prior" in page_text(page)  # the hidden tab keeps its values


def test_the_walk_begins_and_ends_at_a_and_b(run: Run) -> None:
    mean = run_cache.arrays(run)["posterior_mean"]
    path = paths.interpolation(mean[3], mean[9], 5)
    assert decode(run, path)[::4] == decode(run, mean[[3, 9]])


def test_reconstructions_are_shown_beside_the_melody(run: Run, data: list[str]) -> None:
    page = open_tab(on(run, "melodies"), "Coming back")
    assert not page.info
    assert len(page.get("audio")) == 2 * COLUMNS
    assert "BWV 0, *bars* 1 and 2" in page_text(page)
    same, count = notation.shared_notes(data[0], decode(run, run.arrays()["posterior_mean"])[0])
    assert f"{same} of {count} notes" in page_text(page)
    assert "100% of the sixteenths are right" in page_text(page)  # of the unchanged melodies
    assert "BWV 7, *bars*" not in page_text(page)
    page.number_input("melodies_first").set_value(4).run()
    assert "BWV 7, *bars*" in page_text(page)


def test_copies_are_counted(run: Run, data: list[str]) -> None:
    page = open_tab(on(run, "melodies"), "From the prior")
    numbers = {m.label: m.value for m in page.metric}
    new, total = numbers["new"].split(" of ")
    assert int(new) + int(numbers["copies of training melodies"]) == int(total) == 200
    known = training_texts(run)
    assert known is not None
    counted = texts.novelty([data[5], "...."], known)
    assert (counted.copies, counted.new) == (1, 1)


def test_compare_shows_names_of_notes(run: Run, data: list[str]) -> None:
    page = open_page("compare")
    page.segmented_control("runs_on").set_value("melodies").run()
    assert not page.exception
    assert page.multiselect("runs_melody").value == [run_list.run_label(run)]
    shown = " ".join(e.proto.body for e in page.get("html"))
    assert notation.note_names(data[2]) in shown


def test_latent_space_shows_names_of_notes(run: Run, data: list[str]) -> None:
    page = on(run, "latent_space")
    assert page.selectbox("run").value == run_list.run_label(run)
    assert plots(page) == 1
    assert "melodies at its posterior mean" in page_text(page)
    page.number_input("point").set_value(7).run()
    tables = " ".join(element.proto.body for element in page.get("html"))
    assert notation.note_names(data[7]) in tables
    assert data[7] not in tables


@pytest.mark.parametrize(("name", "shows"), [("words", "texts"), ("manifold", "pictures")])
def test_other_pages_show_another_run(run: Run, name: str, shows: str) -> None:
    page = on(run, name)
    assert f"holds melodies, but this page shows {shows}" in page_text(page)
    assert page.selectbox("run").value != run_list.run_label(run)


def test_the_form_says_how_to_get_the_data(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vae_core.data.chorales.available", lambda: False)
    page = open_page("train")
    page.selectbox("train_dataset").set_value("melodies").run()
    assert not page.exception
    assert "music21" in page.warning[0].value
    assert kinds.of_run(run.config).name == "melodies"


def test_the_source_knows_the_size_of_the_data_set(run: Run) -> None:
    source = registry.source("melodies")
    saw = run.records("start")[-1]["dataset"]
    assert (source.train_images, source.size) == (saw["train"], saw["size"])
    assert len(run.arrays()["labels"]) == saw["test"]


# --- figures ------------------------------------------------------------------------------


def test_a_roll_has_one_bar_per_note() -> None:
    figure = rolls.roll("M___O_______....", (60, 72), beside="V" + "_" * 15)
    behind, front = figure.data
    assert list(front.base) == [0, 1]
    assert list(front.x) == pytest.approx([1 - rolls.GAP, 2 - rolls.GAP])
    assert list(front.y) == [60, 62]
    assert [row[0] for row in front.customdata] == ["C4", "D4"]
    assert list(behind.y) == [69]
    assert figure.layout.xaxis.range == (0, 4)
    assert figure.layout.yaxis.ticktext == ("C4", "D4", "E4", "F4", "G4", "A4", "B4", "C5")


def test_bar_lines_and_beats_of_three() -> None:
    figure = rolls.roll("M___________" * 2, (60, 60))
    assert [shape.x0 for shape in figure.layout.shapes] == [3]
    assert figure.data[0].customdata[1] == ["C4", 2, 1, 3]


def test_the_parts_of_a_walk_are_marked() -> None:
    whole = notation.joined_melodies(["M" * 6, "O" * 4], pause=4)
    figure = rolls.roll(whole, (60, 62), parts=[0, 10])
    assert [shape.x0 for shape in figure.layout.shapes] == [2.5]
    assert figure.data[0].customdata[6] == ["D4", 2, 1, 0.25]
    assert "step" in figure.data[0].hovertemplate


def test_span() -> None:
    assert rolls.span(["M___", "a___O___"]) == (60, 74)
    assert rolls.span(["M___", "V___O___"]) == (59, 71)  # an octave at least
    assert rolls.span(["...."]) == (60, 72)

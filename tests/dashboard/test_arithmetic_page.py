"""The Arithmetic page through AppTest: vectors, groups, picking, and invalid choices."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from tests.conftest import SMALL
from tests.dashboard.pages import open_page, unopened
from tests.trained_runs import TrainedRuns
from vae_core.data.dataset import DatasetError
from vae_core.latent import attributes
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore

ALL = 360  # held-out digits


@pytest.fixture
def run(own_store: RunStore, make_run: TrainedRuns) -> Run:
    return make_run(own_store, SMALL)


def messages(page: AppTest) -> str:
    parts = [*page.caption, *page.info, *page.warning, *page.error]
    return " ".join(text.value for text in parts).replace("\\", "")


def board(page: AppTest) -> dict[str, Any]:
    """Return the data that the vector component gets."""
    sent = [
        json.loads(part.proto.mixed.json if part.proto.HasField("mixed") else part.proto.json)
        for part in page.get("bidi_component")
        if part.proto.component_name == "vae_lab_vector"
    ]
    (data,) = sent
    return dict(data)


def link(**asked: str) -> AppTest:
    page = unopened("arithmetic")
    for name, value in asked.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception, page.exception
    return page


def test_the_vector_comes_from_one_half_of_the_groups(run: Run) -> None:
    page = open_page("arithmetic")
    arrays = run.arrays()
    mean, labels = arrays["posterior_mean"], arrays["labels"]
    halves = attributes.halves(np.flatnonzero(labels == 0), np.flatnonzero(labels == 1), labels)
    expected = attributes.attribute_vector(*(mean[rows] for rows in halves.made_from))
    data = board(page)
    assert data["vector"] == pytest.approx(expected)
    assert data["strength"] == 1
    strip, zeros, ones = data["rows"]
    assert strip["tiles"][0]["image"].startswith("data:image/png")
    assert [tile["factor"] for tile in strip["tiles"][1:]] == pytest.approx(np.linspace(0, 1, 7))
    for row, rows, sign in ((zeros, halves.shown_on[0], 1), (ones, halves.shown_on[1], -1)):
        shown = [int(tile["caption"]) for tile in row["tiles"][:8]]
        assert set(shown) <= set(rows.tolist())
        assert [tile["factor"] for tile in row["tiles"]] == [0] * 8 + [sign] * 8
    table = page.table[0].value
    assert list(table["pictures"].str.split(" ").str[0].astype(int)) == [
        len(rows) for rows in halves.shown_on
    ]


def test_everything_is_in_the_link(run: Run, own_store: RunStore) -> None:
    own_store.save_group(run.id, "some, of mine", Group((1, 2, 3, 4)))
    page = link(
        arithmetic_a="label 7",
        arithmetic_b="group some, of mine",
        arithmetic_c="44",
        arithmetic_strength="-1.5",
        arithmetic_pick="3, 17, nonsense, 999",
    )
    assert page.selectbox("arithmetic_a").value == "label 7"
    assert page.selectbox("arithmetic_b").value == "group some, of mine"
    data = board(page)
    assert data["strength"] == -1.5
    assert "Picture 44" in data["rows"][0]["title"]
    assert "2 picked" in " ".join(text.value for text in page.markdown)
    assert "nonsense, 999" in messages(page)
    assert not page.toast


@pytest.mark.usefixtures("run")
def test_long_lists_of_pictures_in_a_link_are_cut() -> None:
    page = link(arithmetic_pick="9" * 4301)  # longer than int() takes
    assert "2,000 characters" in messages(page)
    assert page.table
    # The text is cut off within a number; the part left of it is the number of another picture.
    page = link(arithmetic_pick="3, 17,   " + "x, " * 663 + "300" + ", y" * 30_000)
    assert "2 picked" in " ".join(text.value for text in page.markdown)


def test_an_analogy_of_three_pictures(run: Run) -> None:
    page = link(
        arithmetic_from="two pictures",
        arithmetic_plus="5",
        arithmetic_minus="6",
        arithmetic_c="7",
    )
    mean = run.arrays()["posterior_mean"]
    data = board(page)
    assert data["vector"] == pytest.approx(mean[5] - mean[6])
    assert data["rows"][0]["tiles"][-1]["z"] == pytest.approx(mean[7])
    pair = data["rows"][1:]
    assert [tile["caption"] for tile in pair[0]["tiles"]] == ["plus 5", "minus 6"]
    assert len(pair) == 1, "one pair has no other half"
    assert not page.table


@pytest.mark.usefixtures("run")
def test_two_equal_groups_show_a_message() -> None:
    page = link(arithmetic_a="label 3", arithmetic_b="label 3")
    assert "Both groups are the same" in messages(page)
    assert not page.table
    page.selectbox("arithmetic_b").set_value("label 4").run()
    assert not page.exception
    assert page.table


def test_images_of_one_label(run: Run, own_store: RunStore) -> None:
    arrays = run.arrays()
    (run.path / "checksums.json").unlink()
    names = np.array(["all"])
    run.write_arrays("arrays", **arrays | {"labels": 0 * arrays["labels"], "label_names": names})
    page = open_page("arithmetic")
    assert "pick pictures below" in messages(page)
    own_store.save_group(run.id, "mine", Group((1, 2, 3)))
    page.run()
    assert not page.exception
    assert board(page)["says"] == "“group mine” to “label all”"


def test_groups_with_common_pictures(run: Run, own_store: RunStore) -> None:
    own_store.save_group(run.id, "a", Group((0, 1, 2, 3, 4)))
    own_store.save_group(run.id, "b", Group((3, 4, 5, 6)))
    own_store.save_group(run.id, "c", Group((4, 3, 6, 5)))
    page = link(arithmetic_a="group a", arithmetic_b="group b")
    assert "2 pictures in both groups: left out of the larger group" in messages(page)
    shown = [{tile["caption"] for tile in row["tiles"]} for row in board(page)["rows"][1:]]
    assert shown[0] - {None} <= {"0", "1", "2"}
    assert shown[1] - {None} <= {"3", "4", "5", "6"}
    page.selectbox("arithmetic_a").set_value("group c").run()
    assert "hold the same pictures" in messages(page)
    assert not page.exception


def test_a_group_of_one_picture_and_one_of_another_split(run: Run, own_store: RunStore) -> None:
    own_store.save_group(run.id, "lone", Group((7,)))  # a 6
    own_store.save_group(run.id, "far", Group((ALL,)))
    page = link(arithmetic_a="group lone", arithmetic_b="label 4")
    assert "can't be halved" in messages(page)
    assert not page.table
    assert "group far" not in page.selectbox("arithmetic_a").options


def test_a_chosen_group_is_deleted(run: Run, own_store: RunStore) -> None:
    own_store.save_group(run.id, "gone", Group((1, 2)))
    page = link(arithmetic_a="group gone", arithmetic_b="label 2")
    own_store.delete_group(run.id, "gone")
    page.run()
    assert not page.exception
    assert page.selectbox("arithmetic_a").value is None
    assert "The group gone is not here" in messages(page)


def test_a_damaged_file_of_groups_is_reported(run: Run, own_store: RunStore) -> None:
    (own_store.root / ".groups").mkdir()
    (own_store.root / ".groups" / f"{run.id}.json").write_text("[")
    page = open_page("arithmetic")
    assert "can't be read" in messages(page)


@pytest.mark.usefixtures("run")
def test_without_the_data_decoded_pictures_are_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(*_: object) -> None:
        raise DatasetError("The images of digits are not on this machine.")

    st.cache_data.clear()
    monkeypatch.setattr("vae_core.data.excerpts.held_out", gone)
    page = open_page("arithmetic")
    assert not page.exception
    assert messages(page).count("not on this machine") == 2, "above the strip and at the sheet"
    assert len(board(page)["rows"][0]["tiles"]) == 7


def test_picked_pictures_become_a_group(run: Run, own_store: RunStore) -> None:
    page = link(arithmetic_pick="12, 5")
    (name,) = [box for box in page.text_input if box.label == "Save as a group"]
    name.set_value("thin")
    (press,) = [button for button in page.button if button.label == "Save"]
    press.click().run()
    assert not page.exception
    assert own_store.groups(run.id) == {"thin": Group((12, 5))}
    assert "group thin" in page.selectbox("arithmetic_a").options, "without a reload"
    page.button("arithmetic_clear").click().run()
    assert page.text_input("arithmetic_pick").value == ""


@pytest.mark.usefixtures("run")
def test_viewers_may_pick_but_not_save(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_ROLE", "viewer")
    page = link(arithmetic_pick="12, 5", arithmetic_b="picked below")
    assert "Only trainers may save groups" in messages(page)
    assert board(page)["says"] == "“label 0” to “picked below”"
    assert not page.toast
    assert not [box for box in page.text_input if box.label == "Save as a group"]
    page.button("arithmetic_clear").click().run()
    assert not page.exception
    assert page.selectbox("arithmetic_b").value == "label 1"


@pytest.mark.slow
def test_beta_zero_and_one_latent_dimension(own_store: RunStore, make_run: TrainedRuns) -> None:
    make_run(own_store, replace(SMALL, beta=0.0, latent_dim=1, epochs=1))
    page = open_page("arithmetic")
    assert "β = 0" in messages(page)
    assert page.table


def test_the_server_decodes_if_the_browser_cannot(run: Run) -> None:
    for name in ("decoder.json", "checksums.json"):
        (run.path / name).unlink()
    page = link(arithmetic_strength="2")
    assert page.slider("arithmetic_strength").value == 2
    assert "can't decode this architecture" in messages(page)
    assert len(page.get("image")) == 3
    page.slider("arithmetic_strength").set_value(-1.0).run()
    assert not page.exception


def test_pretrained_groups_cannot_be_deleted(
    own_store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_run: TrainedRuns
) -> None:
    shipped = RunStore(tmp_path / "shipped")
    for user in ("run_list", "groups"):
        monkeypatch.setattr(f"dashboard.shared.{user}.pretrained_store", lambda: shipped)
    run = make_run(shipped, SMALL)
    shipped.save_group(run.id, "glasses", Group((1, 2, 3)))
    shipped.save_group(run.id, "no glasses", Group((4, 5, 6)))
    page = open_page("arithmetic")
    assert page.selectbox("arithmetic_a").value == "group no glasses"
    assert page.selectbox("arithmetic_b").value == "group glasses"
    own_store.save_group(run.id, "glasses", Group((9,)))
    page.run()
    assert "can't be halved" in messages(page), "the saved group is used"
    page = open_page("latent_space")
    keys = {str(button.key) for button in page.button}
    assert "group-delete-glasses" in keys
    assert "group-show-no glasses" in keys
    assert "group-delete-no glasses" not in keys

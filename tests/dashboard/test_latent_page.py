"""The Latent space page through AppTest: the scatter, selections and drawings."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.components.pad import pad
from dashboard.shared import posteriors
from tests.conftest import SMALL
from tests.dashboard.pages import unopened
from tests.trained_runs import TrainedRuns
from vae_core.data.dataset import DatasetError
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore


@pytest.fixture
def open_page(own_store: RunStore, trained: Run, make_run: TrainedRuns) -> Callable[..., AppTest]:
    """Open the page on a run with `latent_dim` dimensions, and `query` as values in the URL."""

    def show(latent_dim: int = 2, **query: str) -> AppTest:
        if latent_dim == SMALL.latent_dim:
            shutil.copytree(trained.path, own_store.root / trained.id)
        else:
            make_run(own_store, replace(SMALL, latent_dim=latent_dim, epochs=1))
        page = unopened("latent_space")
        if query:  # only pages after the first one show their own message about an invalid value
            page = unopened("home").run()
            page.switch_page("app_pages/latent_space/page.py")
        for name, value in query.items():
            page.query_params[name] = value
        page.run()
        assert not page.exception, page.exception
        return page

    return show


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Collect the figures that pages show, in order."""
    shown: list[Any] = []
    from dashboard.components.plot import plot as module

    kept = module._component

    def component(**kwargs: Any) -> Any:
        shown.append(json.loads(kwargs["data"]["figure"]))
        return kept(**kwargs)

    monkeypatch.setattr(module, "_component", component)
    return shown


def trace_rows(trace: dict[str, Any]) -> np.ndarray:
    rows = trace["customdata"]
    return np.frombuffer(base64.b64decode(rows["bdata"]), rows["dtype"])


def test_toggles_add_their_layer(open_page: Callable[..., AppTest], figures: list[Any]) -> None:
    page = open_page()
    labels = len(figures[-1]["data"])
    assert labels == 10
    assert len(figures[-1]["layout"]["shapes"]) == 2
    page.toggle("latent_circles").set_value(False).run()
    assert "shapes" not in figures[-1]["layout"]
    page.toggle("latent_ellipses").set_value(True).run()
    assert [trace.get("mode") for trace in figures[-1]["data"]].count("lines") == labels
    page.toggle("latent_density").set_value(True).run()
    assert figures[-1]["data"][-1]["type"] == "heatmap"
    page.toggle("latent_training").set_value(True).run()
    assert not page.exception
    assert any("1,797 images" in caption.value for caption in page.caption)
    page.segmented_control("latent_drag").set_value("Lasso").run()
    assert figures[-1]["layout"]["dragmode"] == "lasso"


def test_of_more_points_than_a_browser_draws_some_are_drawn(
    open_page: Callable[..., AppTest], figures: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posteriors, "MOST_NUMBERS", 100)
    page = open_page(point="12")
    drawn = [trace for trace in figures[-1]["data"] if "customdata" in trace]
    rows = np.concatenate([trace_rows(trace) for trace in drawn])
    assert sorted(rows) == list(range(len(rows)))
    assert len(rows) in (50, 51), "d = 2, and the picked point is drawn in any case"
    assert any(f"one of {len(rows)} of 360 images" in caption.value for caption in page.caption)


def test_four_dimensions_by_their_principal_components(
    open_page: Callable[..., AppTest], figures: list[Any]
) -> None:
    page = open_page(4)
    assert figures[-1]["layout"]["xaxis"]["title"]["text"].startswith("z")
    page.segmented_control("latent_axes").set_value("PCA").run()
    page.toggle("latent_ellipses").set_value(True).run()
    page.toggle("latent_density").set_value(True).run()
    assert not page.exception
    titles = [figures[-1]["layout"][axis]["title"]["text"] for axis in ("xaxis", "yaxis")]
    assert [title[:6] for title in titles] == ["PC 1 (", "PC 2 ("]
    assert all(title.endswith("% of the variance)") for title in titles)


def test_one_dimension_is_plotted_against_the_label(
    open_page: Callable[..., AppTest], figures: list[Any]
) -> None:
    page = open_page(1, point="3")
    assert figures[-1]["layout"]["yaxis"]["title"]["text"] == "label"
    assert {toggle.key for toggle in page.toggle} >= {"latent_training"}
    assert not {toggle.key for toggle in page.toggle} & {"latent_ellipses", "latent_density"}
    assert "picked" in [trace.get("name") for trace in figures[-1]["data"]]


def test_the_picked_image_is_in_the_address(
    open_page: Callable[..., AppTest], figures: list[Any]
) -> None:
    page = open_page(point="12")
    assert page.number_input("point").value == 12
    assert "picked" in [trace.get("name") for trace in figures[-1]["data"]]


@pytest.mark.parametrize("asked", ["360", "-1", "seven"])
def test_a_missing_image_is_reported(open_page: Callable[..., AppTest], asked: str) -> None:
    page = open_page(point=asked)
    assert page.number_input("point").value is None
    assert any("not one of 0 to 359" in caption.value for caption in page.caption)


def test_hiding_the_training_images_clears_a_chosen_one(open_page: Callable[..., AppTest]) -> None:
    page = open_page()
    page.toggle("latent_training").set_value(True).run()
    page.number_input("point").set_value(1000).run()
    page.toggle("latent_training").set_value(False).run()
    assert not page.exception
    assert page.number_input("point").value is None


def test_missing_training_images_are_reported(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise DatasetError("The images of digits are not on this machine.")

    monkeypatch.setattr("vae_core.data.excerpts.training_chunks", gone)
    st.cache_resource.clear()
    page = open_page()
    page.toggle("latent_training").set_value(True).run()
    assert not page.exception
    assert any("not on this machine" in caption.value for caption in page.caption)


def test_a_group_is_saved_shown_and_deleted(
    open_page: Callable[..., AppTest], own_store: RunStore, figures: list[Any]
) -> None:
    page = open_page()
    (run,) = own_store.scan()[0]
    page.session_state[f"selected-{run.id}"] = np.array([3, 1, 4])
    page.run()
    scatter = next(figure for figure in reversed(figures) if len(figure["data"]) == 10)
    assert all("selectedpoints" in trace for trace in scatter["data"])
    assert any("3 selected" in text.value for text in page.markdown)
    page.text_input[0].set_value("pi")
    next(button for button in page.button if button.label == "Save").click().run()
    assert "saved: 3 images" in page.success[0].value
    assert own_store.groups(run.id) == {"pi": Group((3, 1, 4))}
    page.button("selection_clear").click().run()
    assert any("Nothing is selected" in info.value for info in page.info)
    page.button("group-show-pi").click().run()
    assert any("3 selected" in text.value for text in page.markdown)
    page.button("group-delete-pi").click().run()
    assert own_store.groups(run.id) == {}
    assert not page.exception


def test_a_group_keeps_only_the_held_out_images_of_a_selection(
    open_page: Callable[..., AppTest], own_store: RunStore
) -> None:
    page = open_page()
    (run,) = own_store.scan()[0]
    page.toggle("latent_training").set_value(True)
    page.session_state[f"selected-{run.id}"] = np.array([3, 359, 360, 1000])
    page.run()
    assert any("2 held-out and 2 training images" in text.value for text in page.markdown)
    page.text_input[0].set_value("both")
    next(button for button in page.button if button.label == "Save").click().run()
    assert own_store.groups(run.id) == {"both": Group((3, 359))}


def test_a_drawing_is_plotted_and_reconstructed_by_the_sweep(
    open_page: Callable[..., AppTest],
    own_store: RunStore,
    monkeypatch: pytest.MonkeyPatch,
    figures: list[Any],
    make_run: TrainedRuns,
) -> None:
    bar = np.zeros((pad.SIDE, pad.SIDE), np.float32)
    bar[20:90, 50:60] = 1
    monkeypatch.setattr(pad, "drawing", lambda _key: bar)
    for beta in (0.5, 4.0):
        make_run(own_store, replace(SMALL, beta=beta))
    page = open_page()
    scatter = next(figure for figure in reversed(figures) if len(figure["data"]) > 10)
    assert scatter["data"][-1]["name"] == "drawn"
    captions = [picture.caption for image in page.get("image") for picture in image.proto.imgs]
    assert "as the network sees it" in captions
    over_beta = [caption for caption in captions if "rate" in caption]
    betas = [caption.split(",")[0] for caption in over_beta]
    assert [beta.strip("*") for beta in betas] == ["β = 0.5", "β = 1", "β = 4"]
    assert [beta.startswith("**") for beta in betas].count(True) == 1
    page.button("draw_again").click().run()
    assert not page.exception


def test_similar_names_of_groups_do_not_clash(
    open_page: Callable[..., AppTest], own_store: RunStore
) -> None:
    page = open_page()
    (run,) = own_store.scan()[0]
    for name in ("x", "show-x", "delete-x", "group-x"):
        own_store.save_group(run.id, name, Group((1, 2)))
    page.run()
    assert not page.exception
    page.button("group-delete-x").click().run()
    assert not page.exception
    assert set(own_store.groups(run.id)) == {"show-x", "delete-x", "group-x"}

"""The Latent space page: what is drawn on it, groups of images, and drawings made to fit."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.app_pages.latent_space import drawing
from dashboard.components.pad import pad
from dashboard.components.plot import plot
from dashboard.figures import latent, latent_overlays
from tests.conftest import SMALL
from tests.dashboard.pages import unopened
from tests.trained_runs import TrainedRuns
from vae_core.data import excerpts, registry
from vae_core.data.dataset import DatasetError
from vae_core.latent import planes
from vae_core.runs.errors import RunError
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT, RunStore

# --- the geometry -------------------------------------------------------------------------


def test_principal_plane_finds_the_axes_of_a_stretched_cloud() -> None:
    rng = np.random.default_rng(0)
    rotation, _ = np.linalg.qr(rng.normal(size=(4, 4)))
    cloud = rng.normal(size=(50_000, 4)) * [3, 1, 2, 0.1] @ rotation + 7
    plane, share = planes.principal_plane(cloud)
    assert np.abs(plane.axes @ rotation[0]) == pytest.approx([1, 0], abs=0.02)
    assert np.abs(plane.axes @ rotation[2]) == pytest.approx([0, 1], abs=0.02)
    assert share == pytest.approx([9 / 14.01, 4 / 14.01], abs=0.01)
    assert plane.axes @ plane.axes.T == pytest.approx(np.eye(2))
    assert (plane.axes.max(axis=1) == np.abs(plane.axes).max(axis=1)).all()
    assert plane.apply(cloud).mean(axis=0) == pytest.approx([0, 0], abs=1e-9)


def test_a_collapsed_run_has_no_principal_axes_and_no_nan() -> None:
    _, share = planes.principal_plane(np.ones((10, 3)))
    assert share.tolist() == [0, 0]


def test_posteriors_as_seen_in_a_plane() -> None:
    log_var = np.log([[4.0, 9.0, 1.0]])
    across = planes.dims_plane((1, 0), 3)
    assert across.apply(np.array([[1.0, 2.0, 3.0]])) == pytest.approx(np.array([[2, 1]]))
    assert across.covariances(log_var)[0] == pytest.approx(np.diag([9, 4]))
    turned = planes.Projection(np.array([[1, 1, 0], [1, -1, 0]]) / np.sqrt(2), np.zeros(3))
    assert turned.covariances(log_var)[0] == pytest.approx(np.array([[6.5, -2.5], [-2.5, 6.5]]))


def test_ellipses_lie_at_their_standard_deviation() -> None:
    centres = np.array([[1.0, 2.0], [0.0, 0.0]])
    covariances = np.array([np.diag([4.0, 0.25]), [[2.0, 1.0], [1.0, 2.0]]])
    for radius in (1, 2):
        lines = planes.ellipses(centres, covariances, radius)
        assert lines.shape == (2, 33, 2)
        assert lines[:, 0] == pytest.approx(lines[:, -1])
        for line, centre, covariance in zip(lines, centres, covariances, strict=True):
            away = line - centre
            squared = np.einsum("ci,ij,cj->c", away, np.linalg.inv(covariance), away)
            assert squared == pytest.approx(np.full(33, radius**2))
    assert np.ptp(lines[0], axis=0) == pytest.approx([8, 2])
    flat = planes.ellipses(centres[:1], np.array([np.diag([1.0, 0.0])]))
    assert np.ptp(flat[0, :, 1]) == 0


def test_the_density_is_that_of_the_mixture() -> None:
    """Two posteriors: half of the mass each, spread as they are; a cell is a share of its area."""
    centres = np.array([[-3.0, 0.0], [3.0, 0.0]])
    covariances = np.array([np.diag([0.25, 0.25]), [[0.5, 0.4], [0.4, 0.5]]])
    x, y, height = planes.aggregate_posterior_density(centres, covariances)
    cell = (x[1] - x[0]) * (y[1] - y[0])
    mass = height * cell
    assert mass.sum() == pytest.approx(0.995, abs=0.006)
    assert mass[:, x < 0].sum() == pytest.approx(0.5, abs=0.01)
    right = mass[:, x > 0] / mass[:, x > 0].sum()
    slope = (right * np.outer(y, x[x > 0] - 3)).sum()
    assert slope == pytest.approx(0.4, abs=0.04)
    assert height.max() == pytest.approx(0.5 / (2 * np.pi * 0.25), rel=0.2)


@pytest.mark.parametrize(
    ("polygon", "members"),
    [
        ([(0, 0), (2, 0), (2, 2), (0, 2)], [True, True, False, False]),
        ([(0, 2), (2, 2), (2, 0), (0, 0)], [True, True, False, False]),
        # A star of five lines: by the even-odd rule its middle is outside.
        ([(1, 5), (-1, -3), (4, 2), (-2, 2), (3, -3)], [False, True, False, False]),
        # A C: open to the right.
        ([(0, 0), (9, 0), (9, 0.2), (0.5, 0.2), (0.5, 8), (0, 8)], [False, False, False, True]),
        ([(0, 0), (5, 5)], [False, False, False, False]),
        ([], [False, False, False, False]),
    ],
)
def test_points_in_a_polygon(polygon: list[tuple[float, float]], members: list[bool]) -> None:
    points = np.array([(1.0, 1.0), (1.0, 1.9), (3.0, 1.0), (0.25, 5.0)])
    if len(polygon) == 5:
        points[:2] = [(1, 0.5), (1, 4)]  # the star's middle, and its upper tip
    assert (
        planes.points_in_polygon(points, np.array(polygon, float).reshape(-1, 2)).tolist()
        == members
    )


def test_a_shared_edge_puts_a_point_into_one_polygon_only() -> None:
    point = np.array([[1.0, 1.0]])
    left = np.array([(0, 0), (1, 0), (1, 2), (0, 2)], float)
    assert (
        planes.points_in_polygon(point, left)[0]
        != planes.points_in_polygon(point, left + np.array([1, 0]))[0]
    )
    corner = np.array([(0, 1), (2, 1), (1, 3)], float)
    assert planes.points_in_polygon(
        np.array([[0.5, 1.5], [5.0, 1.0], [-1, 1]]), corner
    ).tolist() == [
        True,
        False,
        False,
    ]


# --- the figure ---------------------------------------------------------------------------


def test_the_explorer_knows_rows_and_marks_what_is_selected() -> None:
    rng = np.random.default_rng(0)
    z, labels = rng.normal(size=(100, 3)), rng.integers(0, 3, 100)
    view = latent.dims_view((2, 0), 3)
    points = view.points(z, labels)
    plain = latent.explorer(view, points, labels, ("a", "b", "c"))
    assert plain.data[0].selectedpoints is None
    figure = latent.explorer(view, points, labels, ("a", "b", "c"), np.array([4, 7, 50]))
    chosen = [trace.customdata[i] for trace in figure.data for i in trace.selectedpoints]
    assert sorted(chosen) == [4, 7, 50]
    for trace in figure.data:
        assert np.array_equal(trace.x, z[trace.customdata, 2])
        assert np.array_equal(trace.y, z[trace.customdata, 0])


def test_in_the_principal_view_the_prior_stays_where_it_is() -> None:
    z = np.random.default_rng(0).normal(size=(500, 3)) * [3, 2, 1] + [10, 0, 0]
    view = latent.principal_view(z)
    assert view.titles[0].startswith("PC 1 (6")
    one, two = latent.prior(view)
    ((x, y),) = view.points(np.zeros((1, 3)), np.zeros(1))
    assert ((one["x0"] + one["x1"]) / 2, (one["y0"] + one["y1"]) / 2) == pytest.approx((x, y))
    assert two["x1"] - two["x0"] == pytest.approx(4)
    assert abs(x) == pytest.approx(10, abs=0.5)


def test_the_mark_of_a_posterior_has_its_standard_deviations() -> None:
    view = latent.dims_view((0, 1), 2)
    figure = latent.explorer(view, np.zeros((1, 2)), np.zeros(1, int), ("a",))
    latent_overlays.mark(figure, view, np.array([1.0, 2.0]), np.log([0.25, 4.0]), "picked", "x")
    line, point = figure.data[1:]
    assert (point.x, point.y) == ((1.0,), (2.0,))
    assert [np.nanmin(line.x), np.nanmax(line.x)] == pytest.approx([0, 2])
    assert [np.nanmin(line.y), np.nanmax(line.y)] == pytest.approx([-2, 6])


def test_wide_posteriors_are_drawn_more_sparsely() -> None:
    rng = np.random.default_rng(0)
    points, labels = rng.normal(size=(1000, 2)), rng.integers(0, 2, 1000)
    for std, count in (
        (0.01, latent_overlays.ELLIPSES[1]),
        (0.2, 100),
        (1, latent_overlays.ELLIPSES[0]),
    ):
        covariances = np.tile(np.eye(2) * std**2, (1000, 1, 1))
        traces = latent_overlays.posteriors(points, covariances, labels, ("a", "b"))
        assert [trace.legendgroup for trace in traces] == ["a", "b"]
        drawn = sum(np.isnan(trace.x).sum() for trace in traces)
        assert drawn == pytest.approx(count, rel=0.1)


# --- training images ----------------------------------------------------------------------


def test_training_chunks_are_the_training_images_in_order() -> None:
    data = registry.load("digits")
    chunks = list(excerpts.training_chunks("digits", 500))
    assert [len(labels) for _, labels in chunks] == [500, 500, 437]
    assert np.array_equal(np.concatenate([images for images, _ in chunks]), data.x_train)
    assert np.array_equal(np.concatenate([labels for _, labels in chunks]), data.y_train)


def test_training_chunks_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    with pytest.raises(DatasetError, match="not on this machine"):
        next(excerpts.training_chunks("mnist"))
    images = np.full((3, 28, 28), 51, np.uint8)
    np.savez(tmp_path / "mnist.npz", x_train=images, y_train=np.array([1, 2, 3], np.uint8))
    ((pixels, labels),) = excerpts.training_chunks("mnist")
    assert pixels.dtype == np.float32
    assert pixels == pytest.approx(np.full((3, 28, 28, 1), 0.2))
    assert labels.tolist() == [1, 2, 3]
    several = np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)
    np.savez_compressed(tmp_path / "mnist.npz", x_train=several, y_train=np.arange(7))
    chunks = list(excerpts.training_chunks("mnist", 3))
    assert [len(labels) for _, labels in chunks] == [3, 3, 1]
    assert np.concatenate([pixels for pixels, _ in chunks]) == pytest.approx(
        several[..., None] / 255
    )
    for wrong in (images[:, :9], images[:2], np.repeat(images, 2, axis=0)):
        np.savez(tmp_path / "mnist.npz", x_train=wrong, y_train=np.zeros(3, int))
        with pytest.raises(DatasetError, match="other images"):
            list(excerpts.training_chunks("mnist"))
    np.savez(tmp_path / "mnist.npz", y_train=np.zeros(3, int))
    with pytest.raises(DatasetError, match="lacks an array"):
        list(excerpts.training_chunks("mnist"))


# --- groups -------------------------------------------------------------------------------


def test_groups_come_back_as_they_were_saved(store: RunStore) -> None:
    assert store.groups("digits-1") == {}
    assert store.save_group("digits-1", "  Siebenen,\n schräg 🙂 ", Group((7, 3))) == (
        "Siebenen, schräg 🙂"
    )
    store.save_group("digits-1", "other", Group((1,)))
    store.save_group("digits-2", "other", Group((5,)))
    again = RunStore(store.root)
    assert again.groups("digits-1") == {
        "Siebenen, schräg 🙂": Group((7, 3)),
        "other": Group((1,)),
    }
    store.save_group("digits-1", "other", Group((2,)))
    assert again.groups("digits-1")["other"] == Group((2,))
    store.delete_group("digits-1", "other")
    store.delete_group("digits-1", "never there")
    assert list(again.groups("digits-1")) == ["Siebenen, schräg 🙂"]
    assert store.scan() == ([], {})


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"a": {}}',
        '{"a": {"images": []}}',
        '{"a": {"images": [1, 1]}}',
        '{"a": {"images": [-1]}}',
        '{"a": {"images": [1.5]}}',
        '{"a": {"images": [true]}}',
        '{"a": {"images": 3}}',
        '{" ": {"images": [1]}}',
        json.dumps({"a" * 61: {"images": [1]}}),
        b"\xff\xfe",
    ],
)
def test_damaged_groups_are_said_in_a_sentence(store: RunStore, content: str | bytes) -> None:
    path = store.root / ".groups" / "digits-1.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(RunError, match=r"digits-1 can't be read; remove .*digits-1\.json"):
        store.groups("digits-1")
    with pytest.raises(RunError, match="can't be read"):
        store.save_group("digits-1", "a", Group((1,)))


@pytest.mark.parametrize("name", ["", "  ", "a" * 61])
def test_names_of_groups_have_1_to_60_characters(store: RunStore, name: str) -> None:
    with pytest.raises(RunError, match="1 to 60"):
        store.save_group("digits-1", name, Group((1,)))
    assert store.groups("digits-1") == {}


def test_groups_of_no_run(store: RunStore) -> None:
    with pytest.raises(RunError, match="no id"):
        store.groups("../../etc/passwd")


def test_groups_outlive_their_run(store: RunStore) -> None:
    """Made by hand, they can't be made again by training; the same config takes them up."""
    run = store.create(SMALL)
    store.save_group(run.id, "a", Group((1,)))
    store.delete(run)
    assert store.groups(store.create(SMALL).id) == {"a": Group((1,))}


# --- drawings -----------------------------------------------------------------------------


def test_a_drawing_is_centred_as_mnist_was_made() -> None:
    """A bar in a corner: 20 pixels long, its centre of mass in the middle, all of its ink."""
    bar = np.zeros((112, 112))
    bar[2:42, 5:15] = 1
    image = drawing.centred(bar, 28, 20 / 28)
    rows, columns = np.nonzero(image)
    assert (rows.min(), rows.max()) == (4, 23)
    assert (columns.min(), columns.max()) == (12, 16) or (columns.min(), columns.max()) == (11, 15)
    assert image.max() == 1
    whole = drawing.centred(bar, 8, 1.0)
    assert np.flatnonzero(whole.max(axis=1)).tolist() == list(range(8))


def test_an_uneven_drawing_is_centred_by_its_mass_and_stays_inside() -> None:
    hammer = np.zeros((112, 112))
    hammer[60:68, :100] = 0.5
    hammer[54:76, 80:100] = 1
    image = drawing.centred(hammer, 28, 20 / 28)
    columns = np.arange(28) + 0.5
    assert (image.sum(axis=0) @ columns) / image.sum() == pytest.approx(14, abs=0.6)
    edge = drawing.centred(hammer, 28, 1.0)
    assert np.flatnonzero(edge.max(axis=0)).tolist() == list(range(28))


def test_paper_that_is_not_quite_black_is_no_ink() -> None:
    """As in a photograph."""
    bar = np.zeros((112, 112))
    bar[2:42, 5:15] = 1
    clean = drawing.centred(bar, 28, 20 / 28)
    paper = np.random.default_rng(0).uniform(0, 0.1, bar.shape)
    assert drawing.centred(np.maximum(bar, paper), 28, 20 / 28) == pytest.approx(clean)


@pytest.mark.parametrize(
    "sent",
    [None, 3, [], {}, {"x": [1], "y": 2, "hidden": []}, {"x": ["a"], "y": ["b"], "hidden": [0]}],
)
def test_a_selection_or_click_that_makes_no_sense_is_passed_over(sent: Any) -> None:
    assert plot._region(sent) is None
    assert plot._click(sent) is None


def test_a_lasso_and_a_click_as_they_come() -> None:
    region = plot._region({"x": [0, 1, 1], "y": [0, 0, 2], "hidden": [3]})
    assert region is not None
    assert region.polygon.tolist() == [[0, 0], [1, 0], [1, 2]]
    assert region.hidden == (3,)
    empty = plot._region({"x": [], "y": [], "hidden": []})
    assert empty is not None
    assert empty.polygon.shape == (0, 2)
    long = plot._region({"x": [0] * 10**5, "y": [0] * 10**5, "hidden": []})
    assert long is not None
    assert len(long.polygon) == plot.MOST_CORNERS
    click = {"trace": 1, "point": 2, "x": 0.5, "y": 1.5}
    assert plot._click(click) == plot.Click(1, 2, 0.5, 1.5)
    assert plot._click(click | {"row": "abc"}) == plot.Click(1, 2, 0.5, 1.5)


def test_what_the_browser_sends_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(st, "session_state", state)
    assert pad.drawing("pad") is None
    pixels = np.zeros((pad.SIDE, pad.SIDE), np.uint8)
    pixels[3, 5] = 255
    for sent in (None, 7, "", "%%%", "ä", "A" * 10**6, base64.b64encode(b"123").decode()):
        state["pad"] = {"drawing": sent}
        assert pad.drawing("pad") is None
    state["pad"] = "drawn"
    assert pad.drawing("pad") is None
    state["pad"] = {"drawing": base64.b64encode(pixels.tobytes()).decode()}
    found = pad.drawing("pad")
    assert found is not None
    assert np.array_equal(found, pixels / 255)


# --- the page -----------------------------------------------------------------------------


@pytest.fixture
def open_page(own_store: RunStore, trained: Run, make_run: TrainedRuns) -> Callable[..., AppTest]:
    """The page on a run with so many latent dimensions, with these values in the address."""

    def show(latent_dim: int = 2, **query: str) -> AppTest:
        if latent_dim == SMALL.latent_dim:
            shutil.copytree(trained.path, own_store.root / trained.id)
        else:
            make_run(own_store, replace(SMALL, latent_dim=latent_dim, epochs=1))
        page = unopened("latent_space")
        if query:  # what a link can't have is said on the page alone where it is not the first
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
    """Every figure that a page shows, the last one last."""
    shown: list[Any] = []
    from dashboard.components.plot import plot as module

    kept = module._component

    def component(**kwargs: Any) -> Any:
        shown.append(json.loads(kwargs["data"]["figure"]))
        return kept(**kwargs)

    monkeypatch.setattr(module, "_component", component)
    return shown


def test_toggles_add_what_they_name(open_page: Callable[..., AppTest], figures: list[Any]) -> None:
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


def test_one_dimension_has_its_label_across(
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
def test_an_image_that_is_not_there_is_said(open_page: Callable[..., AppTest], asked: str) -> None:
    page = open_page(point=asked)
    assert page.number_input("point").value is None
    assert any("not one of 0 to 359" in caption.value for caption in page.caption)


def test_a_training_image_is_let_go_of_with_the_others(open_page: Callable[..., AppTest]) -> None:
    page = open_page()
    page.toggle("latent_training").set_value(True).run()
    page.number_input("point").set_value(1000).run()
    page.toggle("latent_training").set_value(False).run()
    assert not page.exception
    assert page.number_input("point").value is None


def test_missing_training_images_are_said(
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


def test_of_a_selection_with_training_images_the_held_out_ones_are_saved(
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


def test_a_drawing_is_placed_and_set_beside_its_sweep(
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


def test_groups_of_a_pretrained_run_are_kept_in_the_own_store(own_store: RunStore) -> None:
    pretrained = Run(next((PROJECT / "pretrained").glob("digits-mlp-d2-beta1-*")))
    own_store.save_group(pretrained.id, "a", Group((0,)))
    assert (own_store.root / ".groups" / f"{pretrained.id}.json").is_file()
    assert not (pretrained.path.parent / ".groups" / f"{pretrained.id}.json").exists()
    assert not (pretrained.path.parent / ".groups" / "lock").exists()


def test_names_of_groups_do_not_get_in_each_others_way(
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

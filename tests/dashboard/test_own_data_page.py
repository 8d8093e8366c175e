"""Uploads and imports on the Train page, through AppTest and in Chromium."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.app_pages.train import own_data
from dashboard.shared import run_list, training_cost
from tests.browser.chromium import Server, drawn
from tests.core.data.upload_files import IMAGES, LABELS, npz, pictures, zipped
from tests.dashboard.pages import open_page, shown_text
from vae_core.config import RunConfig
from vae_core.data import own, registry
from vae_core.exchange.bundle import bundle
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore

FACES = npz(x=np.tile(IMAGES, (2, 1, 1)), y=np.array(["ann", "<b>bob</b>", "cy"] * 16))


def uploaded(page: AppTest, content: bytes, name: str, box: int = 0) -> AppTest:
    page.file_uploader[box].set_value((name, content, "application/octet-stream")).run()
    assert not page.exception, page.exception
    return page


def test_upload_preview_keep_train_delete(own_store: RunStore) -> None:
    page = uploaded(open_page("train"), FACES, "Faces.npz")
    assert "**39** training and **9** held-out images of **9x9** pixels" in shown_text(page)
    assert "A fifth, 9 images drawn by a fixed seed, is held out" in shown_text(page).replace(
        "\\", ""
    )
    labels = [str(row["label"]) for _, row in page.table[0].value.iterrows()]
    assert labels == [r"\<b\>bob\</b\>", "ann", "cy"], "escaped in Markdown"
    assert own.own_names() == [], "a preview stores nothing"
    page.number_input("own_size").set_value(16).run()
    assert "of **16x16** pixels" in shown_text(page)
    (before,) = page.session_state[own_data.UPLOAD][1:]
    page.button("own_keep").click().run()
    assert not page.exception
    (name,) = own.own_names()
    assert page.selectbox("train_dataset").value == name
    assert registry.source(name).size == 16
    assert page.file_uploader[0].value is None, "the file was removed from the session"
    assert own_data.UPLOAD not in page.session_state
    assert not before.discard.alive

    assert page.number_input(f"train_batch_size_{name}").value == 39
    assert page.number_input(f"train_batch_size_{name}").max == 39
    page.number_input(f"train_epochs_{name}").set_value(2).run()
    page.button("train").click().run()
    assert not page.exception
    (run,) = own_store.scan()[0]
    assert (run.config.dataset, run.status().state) == (name, "finished")

    page.button(f"own-delete-{name}").click().run()
    assert not page.exception
    assert own.own_names() == []
    assert page.selectbox("train_dataset").value is None
    assert [error.value for error in page.error] == ["Choose a data set."]
    assert page.button("train").disabled
    st.cache_data.clear()
    st.cache_resource.clear()
    for other in ("train", "compare", "latent_space", "manifold"):
        shown = open_page(other)
        assert not shown.error, other
        if other == "train":
            assert "not on this machine" in shown_text(shown)


@pytest.mark.slow
@pytest.mark.usefixtures("no_metrics")
def test_few_images_of_one_label_and_many_labels(own_store: RunStore) -> None:
    """Every page shows the smallest data set, and one with more labels than colours."""
    for content, name in (
        (npz(x=IMAGES[:20]), "few.npz"),
        (npz(x=np.tile(IMAGES, (9, 1, 1)), y=np.arange(216) % 100), "many.npz"),
    ):
        page = uploaded(open_page("train"), content, name)
        page.button("own_keep").click().run()
        dataset = page.selectbox("train_dataset").value
        page.number_input(f"train_epochs_{dataset}").set_value(2).run()
        page.button("train").click().run()
        assert not page.exception
        run = own_store.scan()[0][-1]
        assert (run.config.dataset, run.status().state) == (dataset, "finished"), run.status()
        for other in ("compare", "latent_space", "manifold"):
            assert not open_page(other).error


def test_invalid_files_show_a_message(own_store: RunStore) -> None:
    page = open_page("train")
    for content, name, message in (
        (b"hello", "![x](http://x.org/a.png).npz", "damaged"),
        (npz(x=np.array([{}] * 30, object)), "a.npz", "pickled objects"),
        (zipped(*pictures(3)), "a.zip", "holds 3 images"),
    ):
        uploaded(page, content, name)
        (error,) = page.error
        assert message in error.value
        assert "![" not in error.value
        assert "own_keep" not in [button.key for button in page.button]
    assert not own_store.root.exists() or own.own_names() == []


def test_viewers_can_neither_upload_nor_delete_nor_import(
    own_store: RunStore, trained: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = uploaded(open_page("train"), npz(x=IMAGES, y=LABELS), "mine.npz")
    uploaded(page, bundle(trained), "run.zip", box=1)
    monkeypatch.setenv("VAE_LAB_ROLE", "viewer")  # while the open page still has its buttons
    page.button("own_keep").click().run()
    assert own.own_names() == []
    monkeypatch.delenv("VAE_LAB_ROLE")
    page = uploaded(open_page("train"), npz(x=IMAGES, y=LABELS), "mine.npz")
    page.button("own_keep").click().run()
    (name,) = own.own_names()
    uploaded(page, bundle(trained), "run.zip", box=1)
    monkeypatch.setenv("VAE_LAB_ROLE", "viewer")
    page.button(f"own-delete-{name}").click().run()
    assert own.own_names() == [name]
    assert not own_store.has(trained.id)
    assert not open_page("train").file_uploader


@pytest.mark.usefixtures("no_child")
def test_an_imported_run_is_marked(own_store: RunStore, trained: Run) -> None:
    page = uploaded(open_page("train"), bundle(trained), "run.zip", box=1)
    page.button("own_import").click().run()
    assert not page.exception
    assert not page.error
    (run,) = own_store.scan()[0]
    assert (run.id, run.status().imported) == (trained.id, True)
    assert page.selectbox("watched").value == run_list.run_label(run)
    assert "imported" in run_list.run_label(run)
    assert "nobody has checked its numbers" in shown_text(page)
    assert training_cost.timing_of(trained)
    assert training_cost.timing_of(run) is None, "it was trained on another machine"
    uploaded(page, bundle(trained), "run.zip", box=1)
    page.button("own_import").click().run()
    assert "already" in page.error[0].value


def test_limits_of_the_host_hold(own_store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_LIMIT_IMAGES", "22")
    page = uploaded(open_page("train"), npz(x=IMAGES), "a.npz")
    assert "more than 22 images" in page.error[0].value
    assert not own_store.root.exists() or own.own_names() == []


def test_a_damaged_file_can_be_deleted(own_store: RunStore) -> None:
    folder = own_store.root / ".datasets"
    folder.mkdir(parents=True)
    (folder / "own_x_0000000000000000.npz").write_bytes(b"PK")
    page = open_page("train")
    assert "own_x_0000000000000000 · damaged" in shown_text(page)
    page.selectbox("train_dataset").set_value("own_x_0000000000000000").run()
    assert "is damaged: delete it" in page.error[0].value
    page.button("own-delete-own_x_0000000000000000").click().run()
    assert page.selectbox("train_dataset").value is None
    assert [error.value for error in page.error] == ["Choose a data set."]


@pytest.mark.browser
def test_upload_preview_keep_train_in_a_browser(server: Server, page: Any, tmp_path: Path) -> None:
    (tmp_path / "two kinds.zip").write_bytes(zipped(*pictures(40)))
    page.goto(f"{server.url}/train")
    drawn(page)
    page.get_by_text("Your own data, and runs of others").click()
    page.locator("input[type=file]").first.set_input_files(tmp_path / "two kinds.zip")
    page.get_by_text("32 training and 8 held-out images of 9x9 pixels").wait_for(timeout=60_000)
    preview = page.locator(".st-key-own-preview")
    preview.get_by_text("b", exact=True).first.wait_for()
    assert preview.get_by_text(re.compile("^[ab]$")).all_inner_texts() == ["a", "b"] * 3
    page.get_by_role("button", name="Keep this data set").click()
    page.wait_for_function("location.search.includes('train_dataset=own_two_kinds_')")
    (name,) = [path.stem for path in (server.store.root / ".datasets").glob("own_*.npz")]
    epochs = page.locator(f".st-key-train_epochs_{name} input")
    epochs.fill("30")
    epochs.press("Enter")
    page.wait_for_function("location.search.includes('=30')")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("This run is finished already").wait_for(timeout=90_000)
    (run,) = server.store.scan()[0]
    assert run.config == RunConfig(dataset=name, epochs=30, batch_size=32)
    page.goto(page.url)  # like a colleague who opens the link
    drawn(page)
    assert name in page.get_by_role("combobox", name=re.compile("Data set")).input_value()

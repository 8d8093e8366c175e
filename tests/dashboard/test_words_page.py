"""Runs on texts on the pages Words, Latent space and Train, and on pages that don't show them."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.figures import latent
from dashboard.kinds import text_tables
from dashboard.kinds.text_tables import (
    decode,
    held_out_texts,
    normalize_typed,
    path_figure,
    reconstructions,
    training_texts,
)
from dashboard.shared import run_cache, run_list
from tests.dashboard.pages import on, open_page, plots
from vae_core import kinds
from vae_core.data import dataset, excerpts, registry
from vae_core.latent import samples
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store
from vae_core.runs.strip import strip

pytestmark = pytest.mark.usefixtures("own_store")


@pytest.fixture
def run() -> Run:
    """The pretrained run."""
    (pretrained,) = [
        run
        for run in run_list.all_runs(of_kinds=("text",))
        if run.config.dataset == "unicode_names" and run_list.pretrained(run)
    ]
    return pretrained


def captions(page: AppTest) -> str:
    return " ".join(c.value for c in page.caption).replace("\\", "")


def tables(page: AppTest) -> str:
    return " ".join(element.proto.body for element in page.get("html"))


def test_joiners_can_be_typed_if_the_run_knows_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert normalize_typed(run, "latin\u200c letter\u200da") == "LATIN LETTERA"
    known = SimpleNamespace(vocabulary=" \u200cabc")
    monkeypatch.setattr(run_cache, "text_inference", lambda _: known)
    assert normalize_typed(run, "A\u200cB\u200dC\u00ad") == "a\u200cbc"


def test_a_walk_between_two_typed_texts(run: Run) -> None:
    page = on(run, "words")
    page.text_input[0].set_value("latin small letter a").run()  # the data are in upper case
    page.text_input[1].set_value("GREEK SMALL LETTER BETA").run()
    assert not page.exception
    assert not page.warning
    assert "nats for LATIN SMALL LETTER A and" in captions(page)
    assert "100%" in tables(page)
    page.slider("words_steps").set_value(3).run()
    assert "50%" in tables(page)
    assert "11%" not in tables(page)
    page.text_input[0].set_value("été").run()
    assert "without the character" in page.warning[0].value
    page.text_input[0].set_value("").run()
    assert "this one has 0" in page.warning[0].value


def names_run(beta: float) -> Run:
    """The run on given names that ships with this β."""
    (found,) = [
        run
        for run in pretrained_store().scan()[0]
        if run.config.dataset == "names" and run.config.beta == beta
    ]
    return found


def own_copy(run: Run, store: RunStore) -> Run:
    """Copy a run to a store as a run of another seed."""
    config = replace(run.config, seed=1)
    shutil.copytree(run.path, store.root / config.id)
    (store.root / config.id / "config.json").write_text(config.to_json(), "utf-8")
    (store.root / config.id / "checksums.json").unlink(missing_ok=True)
    return store.get(config.id)


def test_the_page_opens_on_a_run_with_good_texts(
    own_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At β = 1 the decoder hardly uses z, so both ends of the path are alike or empty."""
    best = run_list.run_label(names_run(0.2))
    page = open_page("words")
    assert page.selectbox("run").value == best
    first, last = (str(box.value) for box in page.text_input[:2])
    assert len(first) > 1
    assert len(last) > 1
    assert first != last

    copy = own_copy(names_run(1.0), own_store)
    real = text_tables.path_ends
    for ends in (["", ""], ["", "ann"], ["ann", "ann"]):  # of a run that has learnt little
        monkeypatch.setattr(
            text_tables, "path_ends", lambda run, e=ends: e if run.id == copy.id else real(run)
        )
        page = open_page("words")
        assert page.selectbox("run").value == best
    page.selectbox("run").set_value(run_list.run_label(copy)).run()
    assert not page.exception
    assert page.selectbox("run").value == run_list.run_label(copy), "it can be chosen"


def test_the_page_opens_on_the_newest_run_that_tells_texts_apart(own_store: RunStore) -> None:
    copy = own_copy(names_run(0.2), own_store)
    assert open_page("words").selectbox("run").value == run_list.run_label(copy)


def test_the_walk_begins_and_ends_at_the_posterior_means(run: Run) -> None:
    networks = run_cache.text_inference(run)
    mean, _ = networks.encode(networks.tokens(["LATIN SMALL LETTER A", "SNOWMAN"]))
    figure = path_figure(run, mean, ["x <b>", "y"])
    path = figure.data[-1]
    assert np.stack([path.x, path.y], axis=1) == pytest.approx(mean)
    assert path.customdata[0] == "x &lt;b&gt;", "escaped for Plotly"


def test_copies_are_counted_and_marked(run: Run) -> None:
    page = on(run, "words")
    page.slider("words_temperature").set_value(0.0).run()
    page.slider("words_count").set_value(100).run()
    z = np.random.default_rng(0).standard_normal((100, 2))
    numbers = {m.label: m.value for m in page.metric}
    new, total = numbers["new"].split(" of ")
    assert int(total) == 100
    assert int(new) + int(numbers["copies of training texts"]) == 100
    known = training_texts(run)
    assert known is not None
    texts = decode(run, z.astype(np.float32))
    assert int(numbers["copies of training texts"]) == sum(one in known for one in texts)
    assert int(numbers["repeat another"]) == 100 - len(set(texts))
    assert "<strong>" in text_tables.table([["a", "b"]], marked={"b"})


def test_texts_of_another_file_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same names in another order, so that others are held out."""
    path = Path(os.environ.get("VAE_LAB_DATA", "")) / "names.txt"
    if not path.is_file():
        pytest.skip("needs names.txt in the folder that VAE_LAB_DATA names")
    runs = run_list.all_runs(of_kinds=("text",))
    run = next(run for run in runs if run.config.dataset == "names")
    assert len(held_out_texts(run) or []) == len(run_cache.arrays(run)["labels"])
    lines = path.read_text("utf-8").splitlines()
    (tmp_path / "names.txt").write_text("\n".join(reversed(lines)), "utf-8")
    monkeypatch.setenv("VAE_LAB_DATA", str(tmp_path))
    run_cache.texts.clear()
    registry.load.cache_clear()
    try:
        assert held_out_texts(run) is None
        assert training_texts(run) is None
    finally:
        run_cache.texts.clear()
        registry.load.cache_clear()


def test_tables_escape_texts() -> None:
    shown = text_tables.table([["<img src=x>"]], ["<i>"], ["&"])
    assert "<img" not in shown
    assert "<i>" not in shown


def test_the_plane_has_the_largest_second_dimension_on_top(run: Run) -> None:
    page = on(run, "words")
    page.slider("words_n_32").set_value(3).run()
    corner = decode(run, np.array([[-2.0, 2.0]], np.float32))[0]
    (plane,) = [t for t in (e.proto.body for e in page.get("html")) if ">-2.0<" in t]
    first = plane.split("</tr>")[1]
    assert first.index("2.0") < first.index(corner.split()[0])


def test_reconstructions_equal_those_of_the_networks(run: Run) -> None:
    rows = reconstructions(run, 5, 3)
    assert rows is not None
    networks = run_cache.text_inference(run)
    source = excerpts.texts("unicode_names", "test")[5]
    tokens = networks.tokens([source])
    mean, _ = networks.encode(tokens)
    assert rows[0]["held out"] == source
    assert rows[0]["reconstruction"] == networks.texts(networks.decode(mean))[0]
    cost = -networks.log_likelihood(tokens, mean)[0]
    assert rows[0]["-log p(x | mean), nats"] == pytest.approx(cost, rel=1e-4)
    assert on(run, "words").number_input("words_first").max == 1168


def test_missing_texts_are_reported(monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
    def gone(*_: object) -> list[str]:
        raise dataset.DatasetError("not here")

    st.cache_resource.clear()
    monkeypatch.setattr("vae_core.data.excerpts.texts", gone)
    for name in ("words", "latent_space"):
        page = on(run, name)
        assert plots(page)
    page = on(run, "words")
    assert "copies can't be counted" in captions(page)
    assert "VAE_LAB_DATA" in page.info[0].value
    st.cache_resource.clear()


def test_latent_space_shows_texts(run: Run) -> None:
    page = on(run, "latent_space")
    assert page.selectbox("run").value == run_list.run_label(run)
    assert plots(page) == 1
    page.number_input("point").set_value(7).run()
    assert not page.exception
    assert excerpts.texts("unicode_names", "test")[7] in tables(page)


def test_the_scatter_shows_each_text_at_its_point() -> None:
    view = latent.dims_view((0, 1), 2)
    points, labels = np.arange(6.0).reshape(3, 2), np.array([0, 1, 0])
    figure = latent.explorer(view, points, labels, ["p", "q"], texts=["a", "b<", "c"])
    assert list(figure.data[0].text) == ["a", "c"]
    assert list(figure.data[1].text) == ["b&lt;"]
    assert "%{text}" in figure.data[0].hovertemplate


def test_pages_of_pictures_show_another_run(run: Run) -> None:
    page = on(run, "manifold")
    assert plots(page)
    assert "holds texts" in captions(page)
    assert page.selectbox("run").value != run_list.run_label(run)


def test_compare_sets_runs_on_texts_side_by_side(run: Run, own_store: RunStore) -> None:
    """The pretrained runs on texts; one of them has only its numbers."""
    (whole,) = [
        run
        for run in run_list.all_runs(of_kinds=("text",))
        if (run.config.dataset, run.config.beta) == ("names", 1)
    ]
    shutil.copytree(whole.path, own_store.root / whole.id)
    strip(own_store.get(whole.id), numbers_only=True)
    page = open_page("compare")
    assert all("lstm" not in name for name in page.multiselect("runs").options)
    page.segmented_control("runs_on").set_value("texts").run()
    chosen = page.multiselect("runs_text")
    assert all("names" in name and "lstm" in name for name in chosen.options)
    assert ["β 0.2" in name for name in chosen.value] == [True, False]
    (table,) = page.dataframe
    assert list(table.value["β"]) == [0.2, 1]
    assert any("Only the numbers of names" in info.value for info in page.info)
    assert "nats per text" in captions(page)
    chosen.set_value([run_list.run_label(run)]).run()
    page.number_input("compare_first").set_value(5).run()
    assert not page.exception
    text = excerpts.texts("unicode_names", "test")[5]
    back = decode(run, run_cache.arrays(run)["posterior_mean"][5:15])
    sample = decode(run, samples.prior_samples(10, 2))
    for one in (text, back[0], sample[-1]):
        assert one in tables(page)
    page.slider("compare_temperature").set_value(2.0).run()
    assert "drawn at random" in captions(page)
    chosen.set_value([name for name in chosen.options if "02f746c3" in name]).run()
    assert "Pick a run that has its networks" in page.info[-1].value


def test_exact_reconstructions_are_ticked_in_their_own_row() -> None:
    shown = text_tables.table([["a", "a", "b"], ["b", "a", "b"]], first_again=True)
    rows = [[cell.count("✓") for cell in row.split("<td")[1:]] for row in shown.split("<tr>")[1:]]
    assert rows == [[0, 1, 0], [0, 0, 1]]


def test_a_selection_of_texts_and_its_group(run: Run, own_store: RunStore) -> None:
    page = on(run, "latent_space")
    page.toggle("latent_training").set_value(True).run()
    assert "5,845 texts" in captions(page)
    page.session_state[f"selected-{run.id}"] = np.array([3, 1168, 1169])
    page.run()
    assert not page.exception
    assert any("2 held-out and 1 training texts" in m.value for m in page.markdown)
    for one in (
        excerpts.texts("unicode_names", "test")[3],
        excerpts.texts("unicode_names", "train")[0],
    ):
        assert f">{one}<" in tables(page)
    page.text_input[0].set_value("some")
    next(button for button in page.button if button.label == "Save").click().run()
    assert "2 texts" in page.success[0].value
    assert own_store.groups(run.id) == {"some": Group((3, 1168))}


def test_words_explains_why_an_image_run_is_not_shown(run: Run) -> None:
    (digits, *_) = [run for run in run_list.all_runs() if run.config.dataset == "digits"]
    page = on(digits, "words")
    assert "holds images" in captions(page)
    assert page.selectbox("run").value != run_list.run_label(digits)
    assert kinds.of_run(run.config).name == "text"


def test_the_form_begins_with_a_warm_up(own_store: RunStore) -> None:
    page = open_page("train")
    page.selectbox("train_dataset").set_value("unicode_names").run()
    assert page.selectbox("train_architecture_text").options == ["lstm"]
    assert page.selectbox("train_schedule_text").value == "linear"
    assert "warm-up" in page.selectbox("train_schedule_text").help
    page.selectbox("train_dataset").set_value("digits").run()
    assert "lstm" not in page.selectbox("train_architecture").options
    assert page.selectbox("train_schedule").value == "constant"
    assert not own_store.scan()[0]


def test_a_run_is_watched(own_store: RunStore, run: Run) -> None:
    """The live view shows a snapshot during training, and the final arrays afterwards."""
    copy = own_store.create(replace(run.config, seed=5))
    for line in run.metrics_path.read_text().splitlines():
        record = json.loads(line)
        if record["kind"] != "end":
            copy.metrics_file.append(record)
    arrays = run.arrays()
    copy.write_arrays(
        "snapshot",
        epoch=np.array(3.0),
        texts=np.array(["SNOWMAN"] * 10),
        reconstructions=np.array(["WATCH<"] * 10),
        prior_samples=np.array(["COMET"] * 10),
        **{key: arrays[key] for key in ("posterior_mean", "posterior_log_var")},
        labels=arrays["labels"],
        label_names=arrays["label_names"],
    )
    page = open_page("train")
    assert not page.exception
    assert "WATCH&lt;" in tables(page)
    page.session_state["watched"] = run_list.run_label(run)
    page.run()
    assert not page.exception
    assert "from the prior" in tables(page)
    assert "held-out texts at epoch" in captions(page)


def test_an_uploaded_file_is_previewed() -> None:
    content = "\n".join(f"word{a}{b}" for a in "abcdefghijkl" for b in "mnopqrstuv")
    page = open_page("train")
    page.file_uploader[0].set_value(("words.txt", content.encode(), "text/plain")).run()
    assert not page.exception
    assert any("texts of at most **6** characters" in m.value for m in page.markdown)
    assert tables(page).count("word") == 20


def test_pretrained_runs_hold_no_texts_of_their_data() -> None:
    for run in pretrained_store().scan()[0]:
        if kinds.of_run(run.config).name == "text" and run.viewable:
            assert all(
                array.dtype.kind != "U"
                for key, array in run.arrays().items()
                if key != "label_names"
            )

"""Own data sets of colour images and of vectors, from their file to a run that is decoded."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from tests.core.data.own_data import keep, keep_flags, keep_flowers
from tests.core.data.upload_files import check_sentence
from tests.core.exchange.load_script import run_load_script
from vae_core import kinds, sandbox
from vae_core.api.trained_run import TrainedRun
from vae_core.config import RunConfig
from vae_core.data import excerpts, registry
from vae_core.data.dataset import DatasetError
from vae_core.data.own import OWN_NAME, own_folder, own_kind
from vae_core.exchange import importing
from vae_core.exchange.bundle import bundle
from vae_core.inference.browser import browser_decoder
from vae_core.inference.images import Inference
from vae_core.runs import records
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore
from vae_core.training import evaluation, loop


@pytest.fixture(autouse=True)
def _forget_loaded() -> None:
    registry.load.cache_clear()


def imported(content: bytes, folder: Path) -> Run:
    """The run that the importing child makes of a zip, from this process."""
    (folder / "in.zip").write_bytes(content)
    request = {
        "path": str(folder / "in.zip"),
        "file_name": "in.zip",
        "folder": str(folder),
        "store": str(folder / "store"),
    }
    answer = sandbox.answer_or_error(importing.answer, request)
    return Run(folder / answer["answer"]["id"])


@pytest.mark.parametrize(
    ("keep_data", "kind", "item_shape", "size"),
    [
        (keep_flags, "images", (6, 10, 3), "10x6 pixels in colour"),
        pytest.param(keep_flowers, "vectors", (5,), "5 features", marks=pytest.mark.slow),
    ],
)
def test_from_the_file_to_a_run_and_back(
    keep_data: Callable[[], str],
    kind: str,
    item_shape: tuple[int, ...],
    size: str,
    own_store: RunStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = keep_data()
    source, data = registry.source(name), registry.load(name)
    assert source.item_shape == data.item_shape == item_shape
    assert kinds.of_data(data).name == kind
    assert kinds.of_data(data).size_in_words(item_shape) == size
    assert np.array_equal(excerpts.held_out(name, [2, 0]), data.x_test[[2, 0]])
    chunks = list(excerpts.training_chunks(name, 60))
    assert np.array_equal(np.concatenate([items for items, _ in chunks]), data.x_train)
    assert np.array_equal(np.concatenate([labels for _, labels in chunks]), data.y_train)

    run = own_store.create(RunConfig(dataset=name, epochs=2, batch_size=20))
    assert kinds.of_run(run.config).name == kind
    loop.train(run)
    assert run.status().state == "finished", run.status().error
    recorded = run.records("start")[0]["dataset"]
    assert recorded == {
        **{"train": 100, "test": 40, "size": item_shape[0], "sha256": data.sha256},
        "shape": list(item_shape),
    }
    assert records.item_shape(recorded) == item_shape
    result = evaluation.evaluate(run)
    for number in ("loss", "distortion", "rate"):
        assert result["recomputed"][number] == pytest.approx(result["stored"][number], rel=1e-6)
    assert run.arrays("snapshot")["reconstructions"].shape[1:] == item_shape
    assert browser_decoder(run, "x") is None, "scripts draw grey square images"

    # The run without its data set, as on another machine.
    (own_folder() / f"{name}.npz").unlink()
    registry.load.cache_clear()
    assert kinds.of_run(run.config).name == kind
    networks = Inference(run)
    assert networks.item_shape == item_shape
    decoded = networks.decode(run.arrays()["posterior_mean"])
    assert decoded.shape == data.x_test.shape
    assert networks.encode(data.x_test)[0] == pytest.approx(
        run.arrays()["posterior_mean"], abs=1e-4
    )
    assert np.shape(TrainedRun(run).sample(3)) == (3, *item_shape)

    other = imported(bundle(run), tmp_path)
    assert other.records("start")[0]["dataset"] == recorded
    z = np.zeros((1, 2))
    assert np.array_equal(Inference(other).decode(z), networks.decode(z))

    with zipfile.ZipFile(BytesIO(bundle(run))) as archive:
        archive.extractall(tmp_path / "zip")
    run_load_script(tmp_path / "zip" / run.id, "__main__")
    mean = networks.decode(z).mean()
    printed = capsys.readouterr().out
    assert f"of shape {item_shape} with mean" in printed
    assert float(printed.split("with mean ")[1].split()[0]) == pytest.approx(mean, abs=1e-4)


@pytest.mark.parametrize(
    ("dataset", "recorded", "message"),
    [
        ("own_x_0123456789abcdef", {"size": 8, "shape": [8, 8]}, "images have the shape 8x8,"),
        ("own_x_0123456789abcdef", {"size": 8, "shape": [8, 8, 4]}, "images have the shape 8x8x4,"),
        (
            "own_x_0123456789abcdef",
            {"size": 65, "shape": [8, 65, 3]},
            "images have the shape 8x65x3,",
        ),
        ("own_x_0123456789abcdef", {"size": 0}, "images have the shape 0x0x1,"),
        ("digits", {"size": 8, "shape": [8, 8, 3]}, "8x8 pixels in colour,"),
        ("own_x_0123456789abcdef_vectors", {"size": 8}, "the shape 8x8x1,"),
        (
            "own_x_0123456789abcdef_vectors",
            {"size": 1, "shape": [1 << 20]},
            "vectors have the shape 1048576,",
        ),
    ],
)
@pytest.mark.usefixtures("own_store")
def test_an_imported_run_names_a_shape_that_can_be(
    dataset: str, recorded: records.DatasetSize, message: str
) -> None:
    config = RunConfig(dataset=dataset)
    with pytest.raises(ValueError, match="which is impossible") as caught:
        kinds.of_run(config).check_recorded(config, recorded)
    check_sentence(str(caught.value))
    assert message in str(caught.value)


@pytest.mark.usefixtures("own_store")
def test_the_name_of_a_data_set_says_that_it_holds_vectors() -> None:
    name = keep_flowers()
    assert OWN_NAME.fullmatch(name)
    assert name.startswith("own_flowers_")
    assert own_kind(name) == "vectors"
    assert own_kind(keep_flags()) == own_kind("digits") == ""
    x, y = np.zeros((20, 3), np.float32), np.zeros(20, np.uint8)
    long = keep(
        "a" * 50, x_train=x, y_train=y, x_test=x, y_test=y, label_names=np.array(["all"])
    ).stem
    assert RunConfig(dataset=long).dataset == long, "short enough for a config"
    texts = RunConfig(dataset=name, architecture="lstm")
    assert kinds.of_run(texts).name == "text", "its networks read tokens"


@pytest.mark.usefixtures("own_store")
def test_a_file_that_is_not_what_its_name_says() -> None:
    names = keep_flowers(), keep_flags()
    contents = [(own_folder() / f"{name}.npz").read_bytes() for name in names]
    for name, content in zip(names, contents[::-1], strict=True):
        (own_folder() / f"{name}.npz").write_bytes(content)
        with pytest.raises(DatasetError, match="is damaged: delete it"):
            registry.source(name)


def test_grey_squares_and_texts_are_recorded_by_their_size_alone() -> None:
    """As in all run folders of older versions."""
    images = records.dataset_size(100, 20, (8, 8, 1), "0123", "")
    assert json.dumps(images) == '{"train": 100, "test": 20, "size": 8, "sha256": "0123"}'
    assert records.item_shape(images) == (8, 8, 1)
    texts = records.dataset_size(100, 20, (33,), "0123", "abc")
    assert list(texts) == ["train", "test", "size", "sha256", "vocabulary"]
    assert records.item_shape(texts) == (33,)

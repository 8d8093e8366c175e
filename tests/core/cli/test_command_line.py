"""The command line: output and exit codes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.core.cli.calling import called, vae_core
from tests.waiting import PATIENCE, wait_for
from vae_core.runs.store import PROJECT, RunStore

CASES = PROJECT / "tests" / "cases" / "uploads"


def as_json(*arguments: str) -> Any:
    result = called(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("runs"))


@pytest.mark.slow
def test_sweep_list_show_evaluate(root: str) -> None:
    result = vae_core("sweep", "--store", root, "--betas", "0,4", "--seeds", "0", "--epochs", "2")
    assert result.returncode == 0, result.stderr
    assert "epoch 2/2" in result.stderr
    assert "distortion" in result.stdout
    assert "Traceback" not in result.stderr

    listed = as_json("list", "--store", root)["runs"]
    assert [run["config"]["beta"] for run in listed] == [0, 4]
    assert {run["state"] for run in listed} == {"finished"}
    run_id = listed[1]["id"]
    assert run_id in called("list", "--store", root).stdout

    shown = as_json("--store", root, "show", run_id)
    assert shown["test"]["loss"] > 0
    assert "rate of dimension 2" in called("show", run_id, "--store", root).stdout

    evaluated = as_json("evaluate", run_id, "--store", root)
    assert evaluated["recomputed"]["elbo"] == pytest.approx(evaluated["stored"]["elbo"], rel=1e-6)
    assert "recomputed" in called("evaluate", run_id, "--store", root).stdout

    before = (RunStore(root).get(run_id).path / "metrics.jsonl").read_bytes()
    again = as_json("train", "--beta", "4", "--epochs", "2", "--store", root)
    assert again["id"] == run_id
    assert (RunStore(root).get(run_id).path / "metrics.jsonl").read_bytes() == before


def test_describe() -> None:
    networks = as_json("describe", "--architecture", "conv")["networks"]
    for network in networks:
        assert network["parameters"] == sum(layer["parameters"] for layer in network["layers"])
    assert "posterior_log_var" in called("describe").stdout


def test_describe_reads_a_file_and_stores_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    shown = as_json("describe", "--dataset", str(CASES / "lastaxis.npz"))
    assert (shown["items"], shown["training_items"], shown["shape"]) == (60, 48, [16, 16, 1])
    assert shown["label_names"] == ["0", "1", "2"]
    assert any("(16, 16, 60) counts the images" in note for note in shown["notes"])
    assert shown["networks"][0]["network"] == "encoder"
    printed = called("describe", "--dataset", str(CASES / "byteslabels.npz")).stdout
    assert "48 training and 12 held-out items, 16x16 pixels" in printed
    assert "3 labels: Käse (20), c (20), Öl (20)" in printed
    assert "A fifth, 12 images drawn by a fixed seed, is held out." in printed
    unlabelled = as_json("describe", "--dataset", str(CASES / "bitmap.npy"))
    assert unlabelled["label_names"] is None
    left_out = as_json("describe", "--dataset", str(CASES / "ids.npz"), "--labels", "none")
    assert left_out["label_names"] is None
    assert not (tmp_path / "runs").exists()


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = called("describe", "--dataset", str(tmp_path / "bitmap.npy"))
    assert result.returncode == 2
    assert "bitmap.npy is not there" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--dataset", "minst"), "choose one of digits, shapes, mnist, fashion_mnist"),
        (("train", "--architecture", "rnn"), "choose one of mlp, conv"),
        (("train", "--beta", "-1"), "beta must be from 0"),
        (("train", "--epochs", "0"), "epochs must be from 1"),
        (("sweep", "--betas", "0,x"), "expected numbers with commas"),
        (("show", "nothing"), "no run 'nothing'"),
        (("evaluate", "../etc"), "no run '../etc'"),
        (("describe", "--dataset", "what"), "choose one of"),
    ],
)
def test_bad_input_is_one_line(root: str, arguments: tuple[str, ...], message: str) -> None:
    result = called("--store", root, *arguments)
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_a_damaged_data_set_fails_the_run(tmp_path: Path) -> None:
    """The run fails with the reason, and the exit code is 1."""
    (tmp_path / "mnist.npz").write_bytes(b"nonsense")
    result = called(
        "train",
        "--dataset",
        "mnist",
        "--store",
        str(tmp_path / "runs"),
        env={"VAE_LAB_DATA": str(tmp_path)},
    )
    assert result.returncode == 1
    assert "mnist.npz can't be read" in result.stderr
    assert "Traceback" not in result.stderr


def test_empty_store(tmp_path: Path) -> None:
    assert as_json("list", "--store", str(tmp_path)) == {"runs": [], "damaged": {}}
    assert "No runs" in called("list", "--store", str(tmp_path)).stdout


@pytest.mark.slow
def test_ctrl_c_interrupts_and_leaves_the_rest_cancelled(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "vae_core", "sweep", "--betas", "1,2", "--epochs", "50000"]
    with subprocess.Popen(
        [*command, "--store", str(tmp_path)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    ) as process:
        store = RunStore(tmp_path)
        wait_for(lambda: any(run.records("epoch") for run in store.scan()[0]))
        process.send_signal(signal.SIGINT)
        errors = process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 130
    assert "goes on from the last checkpoint" in errors
    assert "Traceback" not in errors
    assert [run.status().state for run in store.scan()[0]] == ["interrupted", "cancelled"]


@pytest.mark.slow
@pytest.mark.usefixtures("no_xla", "no_child")
def test_a_file_of_ones_own_is_trained_exported_and_imported(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (30, 12, 10))
    np.savez(tmp_path / "my faces.npz", x=images, y=np.arange(30) % 3)
    env = {"VAE_LAB_RUNS": str(tmp_path / "runs")}
    given = ("--dataset", str(tmp_path / "my faces.npz"), "--size", "8")
    result = called("train", *given, "--epochs", "2", "--batch-size", "24", env=env)
    assert result.returncode == 0, result.stderr
    assert "24 training and 6 held-out images of 8x8 pixels, 3 labels." in result.stderr
    assert "Images of 10x12 pixels were resized to 8x8." in result.stderr
    (run,) = RunStore(tmp_path / "runs").scan()[0]
    assert run.config.dataset in called("datasets", env=env).stdout
    listed = json.loads(called("datasets", "--json", env=env).stdout)
    assert listed[-1] == {"name": run.config.dataset, "kind": "images", "size": 8, "train": 24}

    result = called("export", run.id, "-o", str(tmp_path / "run.zip"), env=env)
    assert result.returncode == 0, result.stderr
    other = str(tmp_path / "other")
    result = called("import", str(tmp_path / "run.zip"), "--store", other, env=env)
    assert "finished, imported" in result.stdout, result.stderr
    shown = called("show", run.id, "--store", other, env=env).stdout
    assert "the numbers are the sender's" in shown
    result = called("import", str(tmp_path / "run.zip"), "--store", other, env=env)
    assert result.returncode == 2
    assert "already; delete it first" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--dataset", "./nowhere.npz"), "nowhere.npz is not there"),
        (("--dataset", "pyproject.toml/x.csv"), "x.csv is not there"),
        (("--dataset", "./README.md"), "README.md can't be read: save it as .npz"),
        (("--dataset", "x.npz", "--epochs", "0"), "epochs must be from 1"),
        (("--size", "16"), "--size is only for a file of your own"),
    ],
)
def test_bad_files_are_one_line(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    result = called("train", *arguments, env={"VAE_LAB_RUNS": str(tmp_path / "runs")})
    assert result.returncode == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []

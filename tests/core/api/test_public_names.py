"""`import vae_core` gives these names with documentation, and loads nothing slow."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import vae_core
from tests.test_worlds import loaded_after
from vae_core.config import FIELDS
from vae_core.runs.store import PROJECT


def test_the_names() -> None:
    assert vae_core.__all__ == [
        "TrainedRun",
        "VaeLabError",
        "load_dataset",
        "open_run",
        "runs",
        "sweep",
        "train",
    ]
    assert {*vae_core.__all__} <= {*dir(vae_core)}
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        vae_core.trian  # noqa: B018


def test_the_names_of_a_run() -> None:
    public = [name for name in vars(vae_core.TrainedRun) if not name.startswith("_")]
    assert sorted(public) == [
        "config",
        "decode",
        "encode",
        "error",
        "history",
        "id",
        "labels",
        "metrics",
        "path",
        "posterior",
        "reconstruct",
        "sample",
        "state",
    ]
    for name in public:
        assert inspect.getdoc(getattr(vae_core.TrainedRun, name)), name


@pytest.mark.parametrize("name", ["load_dataset", "open_run", "runs", "sweep", "train"])
def test_the_docs_name_arguments_results_and_errors(name: str) -> None:
    function = getattr(vae_core, name)
    text = inspect.getdoc(function) or ""
    for parameter in inspect.signature(function).parameters:
        assert parameter in text or parameter in FIELDS, parameter
    assert name == "runs" or "VaeLabError: " in text


def test_help_and_completion_know_the_settings() -> None:
    assert {*FIELDS} <= {*inspect.signature(vae_core.train).parameters}
    assert {*FIELDS} - {*inspect.signature(vae_core.sweep).parameters} == {"beta", "seed"}


@pytest.mark.parametrize(
    "imports",
    [
        "import vae_core",
        "import vae_core.runs",
        "from vae_core.runs.store import RunStore",
        "import vae_core.runs.run, vae_core",
        "import vae_core, vae_core.runs.sweeps",
        "import vae_core; vae_core.train; from vae_core.runs.run import Run",
        "import vae_core.cli.app, vae_core.engines.local; import vae_core.runs.groups",
    ],
)
def test_runs_is_a_function_whatever_is_imported_first(imports: str) -> None:
    code = f"""{imports}
import importlib, inspect, sys
import vae_core
assert inspect.isfunction(vae_core.runs) and vae_core.runs.__name__ == "runs", vae_core.runs
from vae_core import runs, sweep, train
assert runs is vae_core.runs and inspect.isfunction(sweep) and inspect.isfunction(train)
from vae_core.runs.store import RunStore
importlib.import_module("vae_core.runs.errors")
from vae_core.runs import sweeps
assert runs is vae_core.runs and inspect.ismodule(sweeps)
assert inspect.ismodule(sys.modules["vae_core.runs"])
"""
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)


def test_the_import_is_light() -> None:
    loaded = loaded_after("import vae_core")
    assert "vae_core" in loaded
    assert not loaded & {"numpy", "pandas", "pydantic", "onnxruntime", "keras", "tensorflow"}


def test_a_run_loads_no_tensorflow() -> None:
    loaded = loaded_after("""
import vae_core
run = vae_core.open_run("digits-mlp-d2-beta1-seed0-37bd42db")
x = vae_core.load_dataset("digits").x_test[:3]
run.config, run.history, run.metrics, run.labels, run.posterior
run.encode(x), run.sample(2), run.reconstruct(x)
vae_core.open_run("names-lstm-d8-beta1-seed0-02f746c3").reconstruct(["anna"])
vae_core.runs()
vae_core.train, vae_core.sweep
""")
    assert {"pandas", "onnxruntime"} <= loaded
    assert not loaded & {"keras", "tensorflow", "sklearn", "streamlit", "plotly"}

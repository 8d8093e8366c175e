"""The web process never imports TensorFlow, and vae_core never imports Streamlit."""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import dashboard
import vae_core
from tests.dashboard.pages import PAGES
from tests.waiting import PATIENCE
from vae_core.runs.store import PROJECT

# These modules import TensorFlow or Keras. All other modules of vae_core are light.
TRAINING_SIDE = {
    "model.text_vae",
    "model.vae",
    *(f"model.architectures.{name}" for name in ("conv", "deep", "lstm", "mlp")),
    "training.browser_export",
    "training.checkpoint",
    "training.evaluation",
    "training.export",
    "training.loop",
    "training.stored_arrays",
}
HEAVY = (
    "tensorflow",
    "keras",
    "sklearn",
    "torch",
    "distributed",
    "mlflow",
    "tensorboard",
    "music21",
    "mido",
)


def loaded_after(code: str, **env: str) -> set[str]:
    """Run code in a new process; return the top-level modules that it has loaded."""
    code += "\nimport json, sys"
    code += "\nprint(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | env,
        timeout=PATIENCE,
        check=True,
    )
    return set(json.loads(result.stdout.splitlines()[-1]))


def imported_by(*modules: str) -> set[str]:
    return loaded_after(f"import importlib\nfor name in {modules!r}: importlib.import_module(name)")


def light_core() -> list[str]:
    """The modules of vae_core that load neither TensorFlow nor Keras."""
    names = [module.name for module in pkgutil.walk_packages(vae_core.__path__, "vae_core.")]
    heavy = {f"vae_core.{name}" for name in TRAINING_SIDE} | {"vae_core.__main__"}
    assert heavy <= {*names}
    return [name for name in names if name not in heavy]


def test_the_light_side_of_the_core_loads_nothing_heavy() -> None:
    modules = light_core()
    assert "vae_core.inference.images" in modules
    loaded = imported_by(*modules)
    assert not loaded & {*HEAVY, "streamlit", "plotly"}


def test_the_dashboard_loads_no_tensorflow() -> None:
    modules = [
        module.name
        for module in pkgutil.walk_packages(dashboard.__path__, "dashboard.")
        if not module.name.endswith(".page") and module.name != "dashboard.app"
    ]
    loaded = imported_by(*modules, *light_core())
    assert "streamlit" in loaded
    assert not loaded & set(HEAVY)


OPEN_PAGES = """
import json, sys
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from vae_core.engines import factory
factory.shared_engine = lambda store: None
for name in json.loads(sys.argv[1]):
    test = AppTest.from_file("dashboard/navigation.py", default_timeout=400)
    if name != "home":
        test._page_hash = calc_hash(name)
    test.run()
    assert not test.exception and not test.error and test.get("bidi_component"), name
    print(json.dumps([name, sorted({name.split(".")[0] for name in sys.modules})]), flush=True)
"""


def test_opening_a_page_loads_no_tensorflow(tmp_path: Path) -> None:
    """Open all pages one after the other in one process, so that the first offender is named."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", OPEN_PAGES, json.dumps(PAGES)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        env=os.environ | {"VAE_LAB_RUNS": str(tmp_path)},
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    opened = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("[")]
    assert [name for name, _ in opened] == PAGES
    for name, loaded in opened:
        assert "streamlit" in loaded
        assert not set(loaded) & set(HEAVY), name


def test_the_training_side_loads_no_web() -> None:
    loaded = imported_by(*(f"vae_core.{module}" for module in sorted(TRAINING_SIDE)))
    assert "tensorflow" in loaded
    assert not loaded & {"streamlit", "plotly"}


def test_figures_load_no_streamlit() -> None:
    from dashboard import figures

    modules = [f"dashboard.figures.{m.name}" for m in pkgutil.iter_modules(figures.__path__)]
    assert "streamlit" not in imported_by(*modules)

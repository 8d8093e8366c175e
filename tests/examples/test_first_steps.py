"""The notebook runs from its first cell to its last, and is stored without outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from vae_core.runs.store import PROJECT, RunStore

PATH = PROJECT / "examples" / "first_steps.ipynb"


def test_it_is_stored_clean() -> None:
    notebook = nbformat.read(PATH, as_version=4)
    nbformat.validate(notebook)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
    assert PATH.stat().st_size < 20_000


@pytest.mark.slow
def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAE_LAB_RUNS", str(tmp_path / "runs"))
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name))
    notebook = nbformat.read(PATH, as_version=4)
    client = NotebookClient(notebook, timeout=900, resources={"metadata": {"path": PATH.parent}})
    client.execute()

    (run,) = RunStore(tmp_path / "runs").scan()[0]
    assert run.status().state == "finished"
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown: list[dict[str, Any]] = [output["data"] for output in outputs if "data" in output]
    # The progress was changed in place: one output, that of the end.
    (progress,) = [data["text/html"] for data in shown if "<progress" in data.get("text/html", "")]
    assert '<progress value="5" max="5">' in progress
    assert any(run.id in data.get("text/html", "") for data in shown)
    figures = [data for data in shown if "application/vnd.plotly.v1+json" in data]
    assert len(figures) == 5
    assert [output.text for output in outputs if output.output_type == "stream"] == []
    walk = shown[-1]["text/plain"]
    assert walk.startswith("['anna'")
    assert walk.endswith("'robert']")

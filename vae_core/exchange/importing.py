"""Import a run that somebody exported, or say in one sentence why that can't be done.

Four files are read, from a zip of `vae_core.exchange.bundle` or from a run folder: config.json,
metrics.jsonl, vae.weights.h5 and arrays.npz. Each is checked and written again. The
weights must fit the model of config.json: its names, shapes and types. The networks are exported
again from that model. Nothing is unpickled, and no saved model, graph or script of the sender is
used. Whether the numbers are true can't be checked, so the run is marked `imported`.

A child process with limited memory and time does this:

    python -m vae_core.exchange.importing REQUEST   prints one line of JSON: the id, or an error
"""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import uuid
from pathlib import Path
from typing import Any

from vae_core import kinds, sandbox
from vae_core.config import RunConfig
from vae_core.data import own
from vae_core.exchange.imported_arrays import checked_arrays
from vae_core.exchange.imported_files import folder_files, zip_files
from vae_core.exchange.imported_records import checked_records
from vae_core.exchange.imported_weights import weights, write_networks
from vae_core.runs.files import ARRAYS, CONFIG, METRICS, WEIGHTS
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store
from vae_core.sandbox import RefusedError

# A folder may have any name, but that of another run says that config.json was changed.
LIKE_A_RUN_ID = re.compile(r"[a-z0-9_]+(-[a-z0-9_.]+)*-seed\d+-[0-9a-f]{8}")
FILE_BYTES = 512 << 20

# The limit is high, because TensorFlow reserves more memory than it uses.
CHILD = sandbox.ChildLimits(memory_bytes=12 << 30, seconds=180)


def import_run(content: Path | memoryview | bytes, file_name: str, store: RunStore) -> Run:
    """Check a run in a child process, and move it into the store. This takes some seconds.

    Args:
        content: the path or the content of a zip, or the path of a run folder.
        file_name: of the zip or folder.
        store: gets the run.

    Raises:
        RefusedError: the run can't be imported; nothing of it is kept.
        RunError: the store has a run of this config already.
    """
    if importlib.util.find_spec("tensorflow") is None:
        raise RefusedError("importing a run needs TensorFlow to check it: pip install '.[train]'.")
    is_folder = isinstance(content, Path) and content.is_dir()
    if not is_folder:
        sandbox.check_file(content, file_name, FILE_BYTES, (".zip",))
    with sandbox.private_folder() as folder:
        path = content if isinstance(content, Path) else folder / "file"
        if not isinstance(content, Path):
            path.write_bytes(content)
        request = {
            "path": str(path.absolute()),
            "file_name": path.absolute().name if is_folder else file_name,
            "folder": str(folder),
            "store": str(store.root.absolute()),
        }
        name = sandbox.display_name(file_name)
        reply = sandbox.ask_child("vae_core.exchange.importing", request, CHILD, name)
        config = RunConfig.from_json((folder / reply["id"] / CONFIG).read_text("utf-8"))
        hidden = store.root / f".new-{uuid.uuid4().hex}"
        try:
            hidden.mkdir(parents=True)
            shutil.copytree(folder / config.id, hidden / config.id)
            return store.adopt(hidden / config.id, config)
        finally:
            shutil.rmtree(hidden, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Check a run in the child process, and write a checked copy.

    Args:
        request: from `import_run`; its `folder` gets the copy.

    Returns:
        The run's id, which is also the name of the copy's folder.
    """
    path, folder = Path(request["path"]), Path(request["folder"])
    name = sandbox.display_name(request["file_name"])
    folder_name, files = (folder_files if path.is_dir() else zip_files)(path, name)
    config = RunConfig.from_json(_text(files[CONFIG], name, CONFIG))
    kind = kinds.of_run(config)
    kinds.check(config, kind.arrays)
    if folder_name != config.id and LIKE_A_RUN_ID.fullmatch(folder_name):
        raise RefusedError(
            f"{name}: its config.json belongs to {config.id}, but its folder is that of "
            f"{folder_name}: export the run again, or rename the folder if you know it to be right."
        )
    if RunStore(request["store"]).has(config.id):
        raise RefusedError(f"there is a run {config.id} already; delete it first.")
    if pretrained_store().has(config.id):  # the pages would show the imported one instead
        raise RefusedError(
            f"the run {config.id} ships with VAE Lab, so there is no need to import it."
        )
    records = checked_records(files[METRICS], name, config)
    start = next(record for record in reversed(records) if record["kind"] == "start")
    arrays = checked_arrays(files[ARRAYS], name, config, start["dataset"]["test"])
    try:
        with own.in_store(RunStore(request["store"])):
            kind.check_recorded(config, start["dataset"])
    except ValueError as error:
        raise RefusedError(f"{name}: {error}") from error
    stored = weights(files[WEIGHTS], name)

    run = _write(folder / config.id, config, records)
    write_networks(run, start["dataset"], stored, name)
    run.write_arrays("arrays", **arrays)
    run.lifecycle.finish(epoch=config.epochs, seconds=records[-1]["seconds"], imported=True)
    return {"id": run.id}


def _text(content: bytes, name: str, file: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusedError(f"{name}: {file} is not UTF-8 text.") from error


def _write(folder: Path, config: RunConfig, records: list[dict[str, Any]]) -> Run:
    folder.mkdir()
    (folder / CONFIG).write_text(config.to_json(), "utf-8")
    lines = "".join(json.dumps(record, allow_nan=False) + "\n" for record in records)
    (folder / METRICS).write_text(lines, "utf-8")
    return Run(folder)


if __name__ == "__main__":
    sandbox.serve(answer)

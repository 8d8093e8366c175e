"""The files of an exported run: pack them, and import them in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.core.data.upload_files import zipped
from vae_core import sandbox
from vae_core.exchange import importing

CONFIG, METRICS = "config.json", "metrics.jsonl"
Files = dict[str, bytes]


def packed(run_id: str, files: Files) -> bytes:
    return zipped(*((f"{run_id}/{name}" if run_id else name, c) for name, c in files.items()))


def answered(content: bytes | Path, folder: Path) -> dict[str, Any]:
    """Return what the child process would answer, without starting one."""
    path = content if isinstance(content, Path) else folder / "in.zip"
    if isinstance(content, bytes):
        path.write_bytes(content)
    (folder / "out").mkdir()
    request = {
        "path": str(path),
        "file_name": path.name,
        "folder": str(folder / "out"),
        "store": str(folder / "store"),
    }
    return sandbox.answer_or_error(importing.answer, request)


def changed_config(**changes: Any) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        values = json.loads(files[CONFIG]) | changes
        return files | {CONFIG: json.dumps(values).encode()}

    return change


def changed_record(kind: str, **changes: Any) -> Callable[[Files], Files]:
    def change(files: Files) -> Files:
        records = [json.loads(line) for line in files[METRICS].splitlines()]
        of_kind = [record for record in records if record["kind"] == kind]
        assert of_kind
        for record in of_kind:
            record |= changes
        return files | {METRICS: "\n".join(json.dumps(record) for record in records).encode()}

    return change

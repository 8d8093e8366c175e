"""Open one run folder."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from vae_core.config import RunConfig
from vae_core.runs.checked_files import CheckedFiles
from vae_core.runs.disk import UNREADABLE, parse_file, read_text, replace_file
from vae_core.runs.errors import RunError
from vae_core.runs.files import (
    BROWSER_DECODER,
    CHECKPOINT,
    CHECKSUMS,
    CONFIG,
    DECODER,
    ENCODER,
    LOG,
    METRICS,
    TICKET,
    VIEWED_FILES,
    WEIGHTS,
)
from vae_core.runs.lifecycle import Lifecycle
from vae_core.runs.metrics_file import MetricsFile
from vae_core.runs.records import LOSSES
from vae_core.runs.status import Status


class Run:
    """One run folder.

    Args:
        path: the folder; its name is the run's id.

    Attributes:
        config: the run's config.
        files: the files of the folder, which are checked when they are read.
        lifecycle: changes the run's state.
        metrics_file: appends to metrics.jsonl; `records` reads it.

    Raises:
        RunError: config.json is missing or damaged, or belongs to another run.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        folder = os.fspath(path)
        if os.path.islink(folder):  # noqa: PTH114 (faster)
            raise RunError(f"run {path.name} is a symbolic link, which is not followed.")
        try:
            self.config = parse_file(f"{folder}/{CONFIG}", _config)
        except UNREADABLE as error:
            raise RunError(f"run {path.name}: config.json can't be used: {error}") from error
        if self.config.id != path.name:
            raise RunError(
                f"run {path.name}: its config.json belongs to {self.config.id}; rename the folder."
            )
        self.files = CheckedFiles(path)
        self.lifecycle = Lifecycle(path, self.files, self.config.epochs)
        self.metrics_file = MetricsFile(path, self.config)

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def checkpoint_path(self) -> Path:
        return self.path / CHECKPOINT

    @property
    def weights_path(self) -> Path:
        return self.path / WEIGHTS

    @property
    def encoder_path(self) -> Path:
        return self.path / ENCODER

    @property
    def decoder_path(self) -> Path:
        return self.path / DECODER

    @property
    def browser_path(self) -> Path:
        return self.path / BROWSER_DECODER

    @property
    def metrics_path(self) -> Path:
        return self.path / METRICS

    @property
    def checksums_path(self) -> Path:
        return self.path / CHECKSUMS

    @property
    def ticket_path(self) -> Path:
        return self.path / TICKET

    @property
    def log_path(self) -> Path:
        return self.path / LOG

    @property
    def viewable(self) -> bool:
        """Whether the run has what the pages need: networks to decode with, and posteriors."""
        return all(self.files.exists(name) for name in VIEWED_FILES)

    def status(self) -> Status:
        """Return the status. A running run whose process is gone reads as interrupted.

        Raises:
            RunError: status.json is missing or damaged.
        """
        return self.files.status()

    def records(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the lines of metrics.jsonl without torn ones; each line is parsed once.

        A resumed run writes the same steps and epochs again that it had written after its last
        checkpoint. So a `start` line removes the earlier steps and epochs after its own epoch. At
        epoch 0 it removes all.

        Args:
            kinds: the kinds of lines to return, such as `epoch`; without any, all lines.

        Raises:
            RunError: the metrics of a finished run are damaged.
        """
        records = self.metrics_file.records()
        self.files.check_metrics()
        return [record for record in records if not kinds or record["kind"] in kinds]

    def metrics(self) -> dict[str, float]:
        """Return the held-out numbers of a finished run, by their names in `metrics.catalogue`.

        They come from its last epoch and from the measurement at its end. A run that is not
        finished has none.
        """
        ends, epochs = self.records("end")[-1:], self.records("epoch")[-1:]
        if not (ends and epochs and ends[0]["state"] == "finished"):
            return {}
        test = {name: epochs[0]["test"][name] for name in LOSSES if name in epochs[0]["test"]}
        # In older runs these two are beside `metrics`, not in it.
        units = {n: ends[0][n] for n in ("active_units", "high_rate_units") if n in ends[0]}
        return test | units | ends[0].get("metrics", {})

    def write_arrays(self, name: str, **arrays: np.ndarray) -> None:
        """Write `<name>.npz`, and replace an old one."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        replace_file(self.path / f"{name}.npz", buffer.getvalue())

    def arrays(self, name: str = "arrays") -> dict[str, np.ndarray]:
        """Return the arrays in `<name>.npz`.

        Raises:
            RunError: the file does not exist, or is damaged.
        """
        try:
            content = io.BytesIO(self.files.read(f"{name}.npz"))
            with np.load(content, allow_pickle=False) as data:
                return {key: data[key] for key in data.files}
        except FileNotFoundError:
            raise RunError(f"run {self.id} has no {name}.npz yet.") from None
        except RunError:
            raise
        except Exception as error:  # NumPy, zipfile and zlib raise many classes
            raise RunError(f"run {self.id}: {name}.npz is damaged: {error}") from error


def _config(file: io.FileIO) -> RunConfig:
    return RunConfig.from_json(read_text(file))

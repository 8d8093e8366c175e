"""A store: a folder of run folders."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import filelock

from vae_core.config import RUN_ID, RunConfig
from vae_core.runs.disk import json_bytes, open_file, replace_file, sync_folder
from vae_core.runs.errors import RunError
from vae_core.runs.files import CONFIG, STATUS
from vae_core.runs.groups import Group, checked_group_name
from vae_core.runs.lifecycle import CLAIM_SECONDS
from vae_core.runs.run import Run
from vae_core.runs.status import Status

PROJECT = Path(__file__).resolve().parents[2]
LEFT_OVER_SECONDS = 3600.0  # an older hidden folder was left by a killed process


class RunStore:
    """A folder of run folders.

    Args:
        root: the folder. The first run creates it.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RunStore) and self.root == other.root

    def __hash__(self) -> int:
        return hash(self.root)

    def create(self, config: RunConfig, submitted_by: str | None = None) -> Run:
        """Create the run of this config in the state queued, or return the existing one.

        The folder is made under another name and renamed when it is complete. So no reader sees a
        folder without a config, and if several processes create the same run, one of them wins.
        """
        path = self.root / config.id
        if not path.exists():
            temporary = self.root / f".new-{uuid.uuid4().hex}"
            now = time.time()
            status = Status(
                epochs=config.epochs, submitted=now, heartbeat=now, submitted_by=submitted_by
            )
            try:
                temporary.mkdir(parents=True)
                replace_file(temporary / CONFIG, config.to_json().encode())
                replace_file(temporary / STATUS, json_bytes(dataclasses.asdict(status)))
                os.rename(temporary, path)
                sync_folder(self.root)
            except OSError as error:
                shutil.rmtree(temporary, ignore_errors=True)
                if not path.exists():  # else another process was first
                    raise RunError(
                        f"no run can be made in {self.root} ({error.strerror}); choose another "
                        "store or correct this."
                    ) from error
        return self.find(config) or Run(path)

    def find(self, config: RunConfig) -> Run | None:
        """Return the run of this config, or None.

        Raises:
            RunError: the run of this id has another config. An id has 32 bits of the config's hash.
        """
        if not self.has(config.id):
            return None
        run = Run(self.root / config.id)
        if run.config.changed != config.changed:
            raise RunError(
                f"another config has the id {config.id}, too: choose another seed, or delete that "
                "run."
            )
        return run

    def adopt(self, folder: Path, config: RunConfig) -> Run:
        """Move a complete run folder into the store by a rename.

        Args:
            folder: on the same disk, such as a hidden folder in `root`.
            config: the run's config, as in its config.json.

        Raises:
            RunError: the store has a run of this config already, or the folder can't be moved.
        """
        path = self.root / config.id
        try:
            if path.exists():
                raise FileExistsError
            self.root.mkdir(parents=True, exist_ok=True)
            os.rename(folder, path)
            sync_folder(self.root)
        except OSError as error:
            if path.exists():
                raise RunError(
                    f"there is a run {config.id} in {self.root} already; delete it first."
                ) from error
            raise RunError(
                f"the run can't be moved to {self.root} ({error.strerror}); choose another "
                "store or correct this."
            ) from error
        return Run(path)

    def get(self, run_id: str) -> Run:
        """Return the run with this id.

        Raises:
            RunError: there is no such run, or its folder is damaged.
        """
        if not self.has(run_id):
            raise RunError(f"no run {run_id[:150]!r} in {self.root}; `list` shows the runs in it.")
        run = Run(self.root / run_id)
        run.files.check()
        return run

    def has(self, run_id: str) -> bool:
        """Return whether the store has a run folder of this name. It may be damaged."""
        return bool(RUN_ID.fullmatch(run_id)) and (self.root / run_id).is_dir()

    def scan(self) -> tuple[list[Run], dict[str, str]]:
        """Return all runs, oldest submission first, and an error message per damaged folder."""
        runs: list[tuple[float, Run]] = []
        damaged: dict[str, str] = {}
        try:
            with os.scandir(self.root) as entries:
                names = sorted(
                    entry.name
                    for entry in entries
                    if RUN_ID.fullmatch(entry.name) and (entry.is_symlink() or entry.is_dir())
                )
        except (FileNotFoundError, NotADirectoryError):
            names = []
        for name in names:
            try:
                run = Run(self.root / name)
                runs.append((run.files.check().submitted, run))
            except RunError as error:
                if not os.path.lexists(self.root / name):  # deleted meanwhile
                    continue
                damaged[name] = str(error)
        runs.sort(key=lambda pair: pair[0])
        return [run for _, run in runs], damaged

    def clear(self) -> None:
        """Remove the hidden folders that killed processes left when they made or removed a run."""
        for path in self.root.iterdir():
            if path.name.startswith((".new-", ".trash-")):
                with contextlib.suppress(OSError):
                    if time.time() - path.stat().st_mtime > LEFT_OVER_SECONDS:
                        shutil.rmtree(path)

    def delete(self, run: Run) -> None:
        """Remove a run that no process trains. Its groups stay, for when the run is trained again.

        Raises:
            RunBusyError: a process trains it.
        """
        trash = self.root / f".trash-{uuid.uuid4().hex}"
        with run.lifecycle.claim():
            os.rename(run.path, trash)
        shutil.rmtree(trash, ignore_errors=True)

    # --- groups of held-out items --------------------------------------------------------
    # Their files lie beside the run folders. So this store can also hold groups of pretrained
    # runs, whose own store is read-only.

    def _groups_path(self, run_id: str) -> Path:
        if not RUN_ID.fullmatch(run_id):
            raise RunError(f"{run_id!r} is not the id of a run.")
        return self.root / ".groups" / f"{run_id}.json"

    def groups(self, run_id: str) -> dict[str, Group]:
        """Return the groups of a run by name. The run may be in another store.

        Raises:
            RunError: the file of groups is damaged.
        """
        path = self._groups_path(run_id)
        try:
            with open_file(os.fspath(path)) as file:
                groups = json.loads(file.readall())
            return {checked_group_name(n): Group(tuple(g["images"])) for n, g in groups.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RunError) as error:
            raise RunError(
                f"the groups of run {run_id} can't be read; remove {path} to start "
                f"without groups. ({error})"
            ) from error

    def save_group(self, run_id: str, name: str, group: Group) -> str:
        """Save a group under a name of 1 to 60 characters, and replace one of the same name.

        Returns:
            The name without surplus spaces.

        Raises:
            RunError: the name is invalid, or the file is damaged or can't be written.
        """
        name = checked_group_name(name)
        self._change_groups(run_id, lambda groups: groups | {name: group})
        return name

    def delete_group(self, run_id: str, name: str) -> None:
        """Delete the group of this name, if it exists.

        Raises:
            RunError: the file is damaged or can't be written.
        """
        self._change_groups(
            run_id, lambda groups: {n: group for n, group in groups.items() if n != name}
        )

    def _change_groups(
        self, run_id: str, change: Callable[[dict[str, Group]], dict[str, Group]]
    ) -> None:
        path = self._groups_path(run_id)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Two viewers may save at the same time.
            with filelock.FileLock(path.parent / "lock", timeout=CLAIM_SECONDS):
                groups = change(self.groups(run_id))
                content = json.dumps(
                    {name: dataclasses.asdict(group) for name, group in groups.items()}
                ).encode()
                replace_file(path, content)
        except (OSError, filelock.Timeout) as error:
            raise RunError(
                f"the groups of run {run_id} can't be written to {path.parent}: correct this "
                f"or choose another store. ({error})"
            ) from error


def default_store() -> RunStore:
    """Return the store that training writes to: `VAE_LAB_RUNS`, or else runs/ in the project."""
    return RunStore(os.environ.get("VAE_LAB_RUNS") or PROJECT / "runs")


def pretrained_store() -> RunStore:
    """Return the store of the runs that ship with the project. It is only read."""
    return RunStore(PROJECT / "pretrained")

"""What visitors can do that changes something: all of it here, and each asks for the role first.

No other part of the pages may call what writes; `tests/test_roles.py` holds that.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from dashboard.access import roles
from dashboard.shared import run_list
from dashboard.shared.training_cost import left_to_train
from vae_core import sandbox
from vae_core.config import RunConfig, VaeLabError
from vae_core.data import own, registry
from vae_core.data.upload import limits, reader
from vae_core.engines import factory
from vae_core.engines.base import Engine
from vae_core.exchange import importing
from vae_core.runs.errors import RunError
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.status import Status
from vae_core.runs.store import default_store

UPLOAD_MB = 200  # Streamlit holds the file in memory; the command line takes more


_reading = threading.Lock()  # one file at a time, so that many don't take all memory


_counting = threading.Lock()  # of two who press at once, the second counts the runs of the first


class LimitError(VaeLabError):
    """More was asked of this host than it gives one person."""


def train(configs: Sequence[RunConfig]) -> list[Run]:
    """Train those of these that are not finished yet.

    Returns:
        those that were started, or were in training or in line already.

    Raises:
        RoleError: a viewer asked.
        LimitError: it is more than this host allows; nothing was started.
    """
    roles.require_trainer("train")
    store = default_store()
    runs = []
    with _counting:
        refusal = why_too_much(configs)
        if refusal:
            raise LimitError(refusal)
        for config in left_to_train(configs):
            runs.append(store.create(config, submitted_by=roles.user()))
            run_list.forget_scan()
            _submit(runs[-1])  # at once: where the next can't be made, this one still trains
    return runs


def resume(run: Run) -> None:
    """Go on with a run that has ended early.

    Raises:
        RoleError: a viewer asked.
        LimitError: it is more than this host allows.
    """
    roles.require_trainer("resume a run")
    with _counting:
        refusal = why_too_much([run.config])
        if refusal:
            raise LimitError(refusal)
        _submit(run)


def stop(run: Run) -> None:
    """Stop a run, running or waiting, whoever started it.

    Raises:
        RoleError: a viewer asked.
    """
    roles.require_trainer("stop a run")
    _engine().cancel(run)


def delete(run: Run) -> None:
    """Remove a run of the own store.

    Raises:
        RoleError: a viewer asked.
        RunError: it ships with the project, trains, or waits.
    """
    roles.require_trainer("delete a run")
    refusal = why_it_stays(run, run.status())
    if refusal:
        raise RunError(refusal)
    default_store().delete(run)
    run_list.forget_scan()


def save_group(run: Run, name: str, images: Sequence[int]) -> str:
    """Keep held-out images as a group of a run; see `RunStore.save_group`.

    Raises:
        RoleError: a viewer asked.
    """
    roles.require_trainer("save a group")
    return default_store().save_group(run.id, name, Group(tuple(images)))


def delete_group(run: Run, name: str) -> None:
    """Forget a group of a run.

    Raises:
        RoleError: a viewer asked.
    """
    roles.require_trainer("delete a group")
    default_store().delete_group(run.id, name)


def read_upload(content: memoryview | bytes, name: str, size: int | None) -> reader.Upload:
    """Make a data set of a file, to be looked at; nothing is kept yet.

    Args:
        size: pixels a side, see `vae_core.data.upload.reader.read`.

    Raises:
        RoleError: a viewer asked.
        RefusedError: it holds no data set, or is larger than this host takes.
    """
    roles.require_trainer("upload data")
    with _reading:
        return reader.read(content, name, size, upload_limits())


def keep_data(upload: reader.Upload) -> str:
    """Store a data set that was looked at; its name.

    Raises:
        RoleError: a viewer asked.
        LimitError: this host keeps no more data.
    """
    roles.require_trainer("keep data")
    most = roles.limits().data_mb
    if most is not None and own.own_bytes() >= most << 20:
        raise LimitError(f"data sets take up all of the {most:,} MB here: delete one first.")
    return upload.keep()


def delete_data(name: str) -> None:
    """Remove a data set of the visitors' own.

    Raises:
        RoleError: a viewer asked.
        DatasetError: there is none of that name, or a run that trains or waits needs it.
    """
    roles.require_trainer("delete data")
    registry.delete_own(name, default_store())


def import_run(content: memoryview | bytes, name: str) -> Run:
    """Take over a run that somebody exported.

    Args:
        content: of the zip.
        name: of that file.

    Raises:
        RoleError: a viewer asked.
        VaeLabError: it is no run that can be taken.
    """
    roles.require_trainer("import a run")
    sandbox.check_file(content, name, (".zip",), upload_mb() << 20)
    with _reading:
        run = importing.import_run(content, name, default_store())
    run_list.forget_scan()
    return run


def upload_mb() -> int:
    """The largest file that this host takes."""
    most = roles.limits().upload_mb
    return UPLOAD_MB if most is None else most


def upload_limits() -> limits.Limits:
    """What an uploaded data set may hold."""
    most = roles.limits().images
    images = limits.LIMITS.images if most is None else most
    return limits.Limits(images=images, file_bytes=upload_mb() << 20)


def why_it_stays(run: Run, status: Status) -> str | None:
    """Why a run can't be deleted, in one sentence."""
    if run_list.pretrained(run):
        return "This run ships with the project and is not to be deleted here."
    if status.active:
        return f"This run is {status.state}; stop it first."
    return None


def why_too_much(configs: Sequence[RunConfig]) -> str | None:
    """Why this host does not train these for this session, in one sentence; see `roles.Limits`."""
    most = roles.limits()
    for config in configs:
        if most.epochs is not None and config.epochs > most.epochs:
            return f"A run may have up to {most.epochs:,} epochs here, not {config.epochs:,}."
        if most.images is not None:
            images = registry.source(config.dataset).train_images
            if images > most.images:
                return (
                    f"Runs may train on up to {most.images:,} images here; {config.dataset} has "
                    f"{images:,}."
                )
    if most.runs is None and most.runs_each is None:
        return None
    active = _active()
    new = [config for config in left_to_train(configs) if config.id not in active]
    mine = sum(by == roles.user() for by in active.values())
    if new and most.runs_each is not None and mine + len(new) > most.runs_each:
        whose = "You" if roles.user() else "All together"
        return (
            f"{whose} may have up to {most.runs_each} runs in training and in line here; with "
            f"{'this' if len(new) == 1 else f'these {len(new)}'} it would be {mine + len(new)}."
        )
    if new and most.runs is not None and len(active) + len(new) > most.runs:
        return (
            f"This host takes up to {most.runs} runs in training and in line, and has "
            f"{len(active)}: wait until some have ended."
        )
    return None


def _submit(run: Run) -> None:
    if not run.status().active:
        run.queue(submitted_by=roles.user())
    _engine().submit(run)


def _active() -> dict[str, str | None]:
    """Id of each run in training or in line -> who asked for it."""
    found: dict[str, str | None] = {}
    for run in default_store().scan()[0]:
        try:
            status = run.status()
        except RunError:  # deleted since the scan
            continue
        if status.active:
            found[run.id] = status.submitted_by
    return found


def _engine() -> Engine:
    return factory.shared_engine(default_store())

"""All actions of visitors that change something; each checks the role first.

No other part of the pages may write; a test of the roles checks this.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Sequence

from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.access import roles
from dashboard.shared import run_list
from dashboard.shared.training_cost import left_to_train
from vae_core import kinds, sandbox
from vae_core.config import RunConfig, VaeLabError
from vae_core.data import own, registry
from vae_core.data.upload import limits, reader
from vae_core.engines import factory
from vae_core.engines.base import Engine
from vae_core.exchange import importing
from vae_core.runs import deletion
from vae_core.runs.errors import RunError
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import default_store

UPLOAD_MB = 200  # Streamlit holds the file in memory; the command line has no such limit
MOST_READ = 2  # files at a time, to bound the memory; one of each person
READ_SECONDS = 20.0  # how long a file waits for its turn
_reading: set[str] = set()  # who has a file that is being read
_reading_changed = threading.Condition()
_counting = threading.Lock()  # so that two visitors can't exceed a limit at the same moment


class LimitError(VaeLabError):
    """A visitor asked for more than the host's limits allow."""


def train(configs: Sequence[RunConfig]) -> list[Run]:
    """Train the configs that are not finished yet.

    Returns:
        The runs of these configs. Some may have been in training or waiting before.

    Raises:
        RoleError: a viewer asked.
        LimitError: the host's limits don't allow it; nothing was started.
        VaeLabError: a data set is not here, or a config doesn't fit it; nothing was started.
    """
    roles.require_trainer("train")
    store = default_store()
    runs = []
    with _counting:
        for config in left_to_train(configs):  # the page may be older than the store
            kinds.check_trainable(config)
        refusal = limit_refusal(configs)
        if refusal:
            raise LimitError(refusal)
        for config in left_to_train(configs):
            runs.append(store.create(config, submitted_by=roles.user()))
            run_list.clear_scan()
            _submit(runs[-1])  # before the next run is created, which may fail
    return runs


def resume(run: Run) -> None:
    """Resume a run that has ended early.

    Raises:
        RoleError: a viewer asked.
        LimitError: the host's limits don't allow it.
        VaeLabError: its data set is not here any more.
    """
    roles.require_trainer("resume a run")
    with _counting:
        kinds.check_trainable(run.config)
        refusal = limit_refusal([run.config])
        if refusal:
            raise LimitError(refusal)
        _submit(run)


def stop(run: Run) -> None:
    """Stop a running or waiting run, whoever started it.

    Raises:
        RoleError: a viewer asked.
    """
    roles.require_trainer("stop a run")
    _engine().cancel(run)


def delete(run: Run) -> None:
    """Delete a run from the store of this host.

    Raises:
        RoleError: a viewer asked.
        RunError: the run ships with the project, is in training, or waits.
    """
    roles.require_trainer("delete a run")
    deletion.delete(run, default_store())
    run_list.clear_scan()


def save_group(run: Run, name: str, images: Sequence[int]) -> str:
    """Save held-out images as a group of a run; see `RunStore.save_group`.

    Raises:
        RoleError: a viewer asked.
    """
    roles.require_trainer("save a group")
    return default_store().save_group(run.id, name, Group(tuple(images)))


def delete_group(run: Run, name: str) -> None:
    """Delete a group of a run.

    Raises:
        RoleError: a viewer asked.
    """
    roles.require_trainer("delete a group")
    default_store().delete_group(run.id, name)


def read_upload(
    content: memoryview | bytes, name: str, size: int | None, labels: str
) -> reader.Upload:
    """Make a data set from a file for a preview, without storing it.

    Args:
        content: of the file.
        name: of the file.
        size, labels: see `vae_core.data.upload.reader.read`.

    Raises:
        RoleError: a viewer asked.
        RefusedError: the file holds no data set, or is too large.
        LimitError: too many files are being read.
    """
    roles.require_trainer("upload data")
    with _turn():
        return reader.read(content, name, size, upload_limits(), labels)


def keep_data(upload: reader.Upload) -> str:
    """Store a data set after its preview, and return its name.

    Raises:
        RoleError: a viewer asked.
        LimitError: the stored data sets already fill the space that the host allows them.
    """
    roles.require_trainer("keep data")
    most = roles.limits().data_mb
    if most is not None and own.own_bytes() >= most << 20:
        raise LimitError(f"the data sets here fill the limit of {most:,} MB: delete one first.")
    return upload.keep()


def delete_data(name: str) -> None:
    """Delete an uploaded data set.

    Raises:
        RoleError: a viewer asked.
        DatasetError: there is no such data set, or a running or waiting run needs it.
    """
    roles.require_trainer("delete data")
    registry.delete_own(name, default_store())


def import_run(content: memoryview | bytes, name: str) -> Run:
    """Import a run that somebody exported.

    Args:
        content: of the zip file.
        name: of the zip file.

    Raises:
        RoleError: a viewer asked.
        VaeLabError: the file holds no run that can be imported, or too many files are being read.
    """
    roles.require_trainer("import a run")
    sandbox.check_file(content, name, upload_mb() << 20, (".zip",))
    with _turn():
        run = importing.import_run(content, name, default_store())
    run_list.clear_scan()
    return run


@contextlib.contextmanager
def _turn() -> Iterator[None]:
    """Wait until a file of this visitor may be read.

    Raises:
        LimitError: it took more than `READ_SECONDS`.
    """
    context = get_script_run_ctx()
    person = roles.user() or (context.session_id if context else "")

    def free() -> bool:
        return person not in _reading and len(_reading) < MOST_READ

    with _reading_changed:
        if not _reading_changed.wait_for(free, READ_SECONDS):
            whose = "Your last file" if person in _reading else "Another file"
            raise LimitError(f"{whose} is still being read here: try again in a minute.")
        _reading.add(person)
    try:
        yield
    finally:
        with _reading_changed:
            _reading.remove(person)
            _reading_changed.notify_all()


def upload_mb() -> int:
    """Return the size of the largest file that this host accepts, in units of 2^20 bytes."""
    most = roles.limits().upload_mb
    return UPLOAD_MB if most is None else most


def upload_limits() -> limits.Limits:
    """Return the limits of an uploaded data set."""
    most = roles.limits().images
    images = limits.LIMITS.images if most is None else most
    return limits.Limits(images=images, file_bytes=upload_mb() << 20)


def limit_refusal(configs: Sequence[RunConfig]) -> str | None:
    """Return a sentence that says which of `roles.Limits` forbids these configs; or None."""
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
        who = "You" if roles.user() else "All visitors together"
        return (
            f"{who} may have up to {most.runs_each} runs in training and in line here; with "
            f"{'this one' if len(new) == 1 else f'these {len(new)}'}, there would be "
            f"{mine + len(new)}."
        )
    if new and most.runs is not None and len(active) + len(new) > most.runs:
        return (
            f"This host allows up to {most.runs} runs in training and in line, and there are "
            f"{len(active)}: wait until some have ended."
        )
    return None


def _submit(run: Run) -> None:
    if not run.status().active:
        run.lifecycle.queue(submitted_by=roles.user())
    _engine().submit(run)


def _active() -> dict[str, str | None]:
    """Return id -> who submitted it, for all running and waiting runs."""
    submitters: dict[str, str | None] = {}
    for run in default_store().scan()[0]:
        try:
            status = run.status()
        except RunError:  # deleted since the scan
            continue
        if status.active:
            submitters[run.id] = status.submitted_by
    return submitters


def _engine() -> Engine:
    return factory.shared_engine(default_store())

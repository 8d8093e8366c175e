"""Job: the input of a Dask task."""

from __future__ import annotations

import contextlib
import dataclasses

from vae_core.data.own import in_store
from vae_core.data.registry import own_file
from vae_core.runs.files import CHECKPOINT, CONFIG, LOG, STATUS, WEIGHTS
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore


@dataclasses.dataclass(frozen=True)
class Job:
    """The input of a task. It is enough to train the run when the client is gone.

    Attributes:
        ticket: names this submission; no other has it.
        path: the client's run folder.
        files: name -> content of the files in this folder that the training process reads.
        dataset: file name and content of the user's own data set.
        shared_disk: train in the client's folder if the worker sees it.
    """

    ticket: str
    path: str
    files: dict[str, bytes]
    dataset: tuple[str, bytes] | None
    shared_disk: bool


def job_of(run: Run, ticket: str, shared_disk: bool) -> Job:
    """Make the job that trains a run.

    Raises:
        VaeLabError: the run's data set is the user's own, and missing.
    """
    weights = CHECKPOINT if run.checkpoint_path.is_file() else WEIGHTS
    files = {}
    for name in (CONFIG, STATUS, weights, LOG):
        with contextlib.suppress(FileNotFoundError):
            files[name] = (run.path / name).read_bytes()
    with in_store(RunStore(run.path.parent)):
        own = own_file(run.config.dataset)
    dataset = (own.name, own.read_bytes()) if own else None
    return Job(ticket, str(run.path.resolve()), files, dataset, shared_disk)

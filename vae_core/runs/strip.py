"""Delete the files of a finished run that nothing reads."""

from __future__ import annotations

from vae_core.runs.errors import RunError
from vae_core.runs.files import CHECKSUMS, CONFIG, METRICS, NETWORK_FILES, SEALED_FILES, STATUS
from vae_core.runs.run import Run


def strip(run: Run, numbers_only: bool) -> None:
    """Delete the files of a finished run that nothing reads, such as its log and its snapshot.

    Args:
        run: a finished run.
        numbers_only: whether to keep only config, status and metrics. The run stays finished, but
            is no longer `viewable`.

    Raises:
        RunError: the run is not finished, or it is damaged.
    """
    if run.status().state != "finished":
        raise RunError(f"run {run.id} is not finished, so no file of it can be deleted.")
    kept = [CONFIG, STATUS, METRICS]
    if not numbers_only:
        kept += NETWORK_FILES
    for name in kept:
        if run.files.exists(name):
            run.files.read(name)
    for path in run.path.iterdir():
        if path.name not in (*kept, CHECKSUMS):
            path.unlink()
    if run.files.checksums().keys() != set(run.files.names()) - {CHECKSUMS, CONFIG}:
        run.files.seal(SEALED_FILES, run.files.read(STATUS))

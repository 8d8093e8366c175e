"""All runs as a table. `vae_core` imports this module at once, so it imports nothing slow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from vae_core.runs.run import Run


def runs(store: str | Path | None = None) -> pd.DataFrame:
    """List all runs in a table, one per row, oldest first.

    Args:
        store: a folder of runs. None: the runs that you trained (in `VAE_LAB_RUNS`, else in runs/
            of the project), and then the runs that ship with the project.

    Returns:
        The index is the run's id, for `open_run`. Columns: state; pretrained (True if the run
        ships with the project); epoch, the last one; seconds of training; one column per field of
        the config; held-out loss, distortion, rate and elbo with z sampled, in nats per image or
        text; and the metrics that were measured after training. Numbers that a run doesn't
        have are nan. Damaged runs are left out.
    """
    import pandas as pd

    from vae_core.config import FIELDS
    from vae_core.metrics.catalogue import METRICS
    from vae_core.runs.store import RunStore, default_store, pretrained_store

    stores = [RunStore(store)] if store is not None else [default_store(), pretrained_store()]
    pretrained = pretrained_store().root
    rows = [_row(run, pretrained) for opened in stores for run in opened.scan()[0]]
    columns = ["id", "state", "pretrained", "epoch", "seconds", *FIELDS]
    columns += [name for name in METRICS if any(name in row for row in rows)]
    table = pd.DataFrame(rows, columns=columns).set_index("id")
    return table[~table.index.duplicated()]


def _row(run: Run, pretrained: Path) -> dict[str, Any]:
    status = run.status()
    epochs = run.records("epoch")
    return {
        "id": run.id,
        "state": status.state,
        "pretrained": run.path.parent == pretrained,
        "epoch": epochs[-1]["epoch"] if epochs else 0,
        "seconds": status.seconds,
        **vars(run.config),
        **(epochs[-1]["test"] if epochs else {}),
        **run.metrics(),
    }

"""All runs as a table. `vae_core` imports this at once, so nothing here is imported at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from vae_core.runs.run import Run


def runs(store: str | Path | None = None) -> pd.DataFrame:
    """All runs, one a row, oldest first.

    Args:
        store: a folder of runs. None: those that you trained (`VAE_LAB_RUNS`, else runs/ in the
            project), and then those that ship with it.

    Returns:
        The index is the id of the run, for `open_run`. Columns: state; pretrained (does it ship?);
        epoch, the last; seconds of training; a column a field of the config; then held-out
        numbers, with z sampled: loss, distortion, rate and elbo in nats an image or text, and what
        was measured at the end of training. What a run doesn't have is nan. Damaged runs are left
        out.
    """
    import pandas as pd

    from vae_core.config import FIELDS
    from vae_core.metrics.catalogue import METRICS
    from vae_core.runs.store import RunStore, default_store, pretrained_store

    stores = [RunStore(store)] if store is not None else [default_store(), pretrained_store()]
    ships = pretrained_store().root
    rows = [_row(run, ships) for opened in stores for run in opened.scan()[0]]
    columns = ["id", "state", "pretrained", "epoch", "seconds", *FIELDS]
    columns += [name for name in METRICS if any(name in row for row in rows)]
    table = pd.DataFrame(rows, columns=columns).set_index("id")
    return table[~table.index.duplicated()]


def _row(run: Run, ships: Path) -> dict[str, Any]:
    status = run.status()
    epochs = run.records("epoch")
    return {
        "id": run.id,
        "state": status.state,
        "pretrained": run.path.parent == ships,
        "epoch": epochs[-1]["epoch"] if epochs else 0,
        "seconds": status.seconds,
        **vars(run.config),
        **(epochs[-1]["test"] if epochs else {}),
        **run.metrics(),
    }

"""A Dask cluster as an engine, where `VAE_LAB_SCHEDULER` names its scheduler.

A run becomes a Dask task. The task supervises a training process (`vae_core.engines.worker`) on
the machine that Dask chooses. That process writes a run folder like any other. If both machines
see the same disk, this is the client's folder. Else it is a folder on the worker's disk, and the
client collects its files during training. All state is on disk, so each side may end and start
again:

    <run>/ticket          on the client: the key of the run's task, until its files are collected
    <scratch>/<ticket>/   on the worker: `runs/<run>/`, or `shared`; `data/` if the data set is
                          the user's own; `ended` when training has ended

A new client finds the submitted runs by their tickets. A worker's machine keeps a trained run
until a client has collected it. If a task is tried again on the same machine, it goes on from its
last checkpoint; on another machine it starts over. Both give exactly the same numbers.

Dask executes whatever it is sent: its scheduler belongs in a trusted network, or behind TLS.
"""

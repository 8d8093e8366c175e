"""Sinks copy the numbers of runs to MLflow or TensorBoard: `VAE_LAB_SINKS=mlflow,tensorboard`.

Each sink is a process of its own that reads the run folder while the run trains. So neither its
imports nor a hanging server, an error or a crash can stop or delay the run. If a sink fails, it
writes the error into the run's log.txt and ends.

`mlflow` writes to the server MLFLOW_TRACKING_URI, into the experiment MLFLOW_EXPERIMENT_NAME, by
default "VAE Lab". `tensorboard` writes to `<run id>/` in the folder VAE_LAB_TENSORBOARD, by default
`.tensorboard/` in the store.
"""

from vae_core.registry import Registry

SINKS = Registry(
    "sink",
    "vae_lab.sinks",
    {
        "mlflow": "vae_core.training.sinks.mlflow:MlflowSink",
        "tensorboard": "vae_core.training.sinks.tensorboard:TensorBoardSink",
    },
)

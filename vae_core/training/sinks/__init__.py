"""Where numbers of a run also go: MLflow and TensorBoard, by `VAE_LAB_SINKS=mlflow,tensorboard`.

Each sink is a process of its own that follows the run folder, as a page does. So its imports, a
server that hangs, an error or a crash can neither fail a run nor delay it. It writes its error
once into the run's log.txt, and ends.

`mlflow` writes to MLFLOW_TRACKING_URI, into the experiment MLFLOW_EXPERIMENT_NAME (VAE Lab);
`tensorboard` into `<run id>/` in the folder VAE_LAB_TENSORBOARD (`.tensorboard/` in the store).
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

"""The names of the files in a run folder."""

from __future__ import annotations

CONFIG = "config.json"
STATUS = "status.json"
METRICS = "metrics.jsonl"
CHECKPOINT = "checkpoint.weights.h5"
WEIGHTS = "vae.weights.h5"
ENCODER = "encoder.onnx"
DECODER = "decoder.onnx"
BROWSER_DECODER = "decoder.json"
ARRAYS = "arrays.npz"
SNAPSHOT = "snapshot.npz"
CHECKSUMS = "checksums.json"
LOG = "log.txt"
LOCK = "lock"
CANCEL = "cancel"
TICKET = "ticket"

# All files that belong to a run. Its folder may also hold lock, cancel and ticket.
RUN_FILES = (
    CONFIG,
    STATUS,
    METRICS,
    CHECKPOINT,
    WEIGHTS,
    ENCODER,
    DECODER,
    BROWSER_DECODER,
    ARRAYS,
    SNAPSHOT,
    CHECKSUMS,
    LOG,
)
# A finished run has checksums of SEALED_FILES, a cancelled run of NETWORK_FILES. config.json needs
# no checksum, because the run's id is a hash of it.
NETWORK_FILES = (WEIGHTS, ENCODER, DECODER, BROWSER_DECODER, ARRAYS)
SEALED_FILES = (*NETWORK_FILES, STATUS, METRICS)
# A page can show a run that has these: networks to decode with, and posteriors.
VIEWED_FILES = (WEIGHTS, ENCODER, DECODER, ARRAYS)

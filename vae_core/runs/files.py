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

# What a run folder may hold of a run; beside them lie only lock, cancel and ticket.
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
# Of these a finished run keeps the checksums; a cancelled one of the first row alone. (That of
# config.json is in the id.)
NETWORK_FILES = (WEIGHTS, ENCODER, DECODER, BROWSER_DECODER, ARRAYS)
SEALED_FILES = (*NETWORK_FILES, STATUS, METRICS)
# What the pages need of a run: networks to decode with, and embeddings.
VIEWED_FILES = (WEIGHTS, ENCODER, DECODER, ARRAYS)

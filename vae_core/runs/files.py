"""The names of the files in a run folder."""

from __future__ import annotations

# What a run folder may hold of a run; beside them lie only lock and cancel.
RUN_FILES = (
    "config.json",
    "status.json",
    "metrics.jsonl",
    "checkpoint.weights.h5",
    "vae.weights.h5",
    "encoder.onnx",
    "decoder.onnx",
    "decoder.json",
    "arrays.npz",
    "snapshot.npz",
    "checksums.json",
    "log.txt",
)


# Of these a finished run keeps the checksums; a cancelled one of the first row alone. (That of
# config.json is in the id.)
NETWORK_FILES = ("vae.weights.h5", "encoder.onnx", "decoder.onnx", "decoder.json", "arrays.npz")


SEALED_FILES = (*NETWORK_FILES, "status.json", "metrics.jsonl")

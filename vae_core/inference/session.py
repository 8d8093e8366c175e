"""ONNX sessions whose weights lie in the run's HDF5 file."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import onnxruntime

from vae_core.runs.errors import RunError
from vae_core.runs.run import Run

# Items per call. After one call with 900 pictures, a conv network's allocator would keep 500 MB.
CHUNK = 100


@contextlib.contextmanager
def sessions(run: Run) -> Iterator[tuple[onnxruntime.InferenceSession, ...]]:
    """Open the encoder and the decoder of a run.

    Any error in the `with` block is raised as a `RunError`, because an export must be damaged.

    Raises:
        RunError: an export is missing or damaged.
    """
    try:
        # Sessions copy the weights. If onnxruntime mapped the file instead, a signal would end the
        # process when somebody overwrites it.
        weights = run.weights_path.name, run.files.read(run.weights_path.name)
        graphs = run.encoder_path.name, run.decoder_path.name
        yield tuple(_session(run.files.read(graph), *weights) for graph in graphs)
    except RunError:
        raise
    except Exception as error:  # onnxruntime's errors have no common base class
        raise RunError(
            f"run {run.id}: its networks can't be loaded; train it again. ({error})"
        ) from error


def _session(graph: bytes, weights_name: str, weights: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.add_external_initializers_from_files_in_memory(
        [weights_name], [weights], [len(weights)]
    )
    options.enable_cpu_mem_arena = False
    # More threads were only a sixth faster, for twice the processor time: they spin as they wait.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def run_session(session: onnxruntime.InferenceSession, inputs: np.ndarray) -> list[np.ndarray]:
    """Run a session on inputs (n, ...) in chunks, and return its outputs (n, ...)."""
    name = session.get_inputs()[0].name
    parts = [
        session.run(None, {name: inputs[i : i + CHUNK]})
        for i in range(0, max(len(inputs), 1), CHUNK)
    ]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]

"""ONNX sessions whose weights lie in the run's HDF5 file."""

from __future__ import annotations

import numpy as np
import onnxruntime

# One batch of 900 conv pictures would leave half a gigabyte in the allocator.
CHUNK = 100


def onnx_session(graph: bytes, weights_name: str, weights: bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.add_external_initializers_from_files_in_memory(
        [weights_name], [weights], [len(weights)]
    )
    options.enable_cpu_mem_arena = False
    # More threads wait for work by spinning: twice the processor time, for a sixth less to wait.
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def run_session(session: onnxruntime.InferenceSession, inputs: np.ndarray) -> list[np.ndarray]:
    name = session.get_inputs()[0].name
    parts = [
        session.run(None, {name: inputs[i : i + CHUNK]})
        for i in range(0, max(len(inputs), 1), CHUNK)
    ]
    return [np.concatenate(part) for part in zip(*parts, strict=True)]

"""Encode and decode with a run's networks, without TensorFlow: in onnxruntime or in a browser."""

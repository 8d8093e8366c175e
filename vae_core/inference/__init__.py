"""Encode and decode a run without TensorFlow: here through onnxruntime, or in a browser."""

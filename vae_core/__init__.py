"""Train β-VAEs, keep every run as a folder, and look into it without TensorFlow.

The pipeline, one module a stage: config → datasets → architectures → vae (objective) →
training → runs → export → inference → analysis. See README.md for one rule a module.
"""

import os

# Before anything imports Keras: a user's keras.json may name another backend.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

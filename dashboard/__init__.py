"""The web side: reads run folders, asks an engine to train, never imports TensorFlow."""

import os

# pydantic would search every installed package for plug-ins, 15 ms at the start of the process.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

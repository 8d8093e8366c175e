"""python -m vae_core.training.sinks NAME RUN_FOLDER"""

import sys

from vae_core.training.sinks.process import main

if __name__ == "__main__":
    main(*sys.argv[1:])

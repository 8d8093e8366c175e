"""Make the runs that ship with the project, and their README.

python -m benchmarks.gallery train     trains the missing runs of pretrained/; resumable
python -m benchmarks.gallery readme    writes pretrained/README.md from the run folders
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from benchmarks.gallery.readme import write_readme
from benchmarks.gallery.training import train
from vae_core.config import VaeLabError
from vae_core.runs.store import RunStore, pretrained_store


def main() -> int:
    """Run one command, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    commands: dict[str, Callable[[RunStore], int]] = {"train": train, "readme": write_readme}
    parser.add_argument("command", choices=commands)
    return commands[parser.parse_args().command](pretrained_store())


if __name__ == "__main__":
    try:
        sys.exit(main())
    except VaeLabError as error:
        sys.exit(f"benchmarks.gallery: {error}")

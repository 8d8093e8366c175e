"""Run the load.py of an exported run in this process."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest


def run_load_script(folder: Path, name: str) -> dict[str, Any]:
    """Return the names that load.py defines.

    Args:
        folder: of the unpacked run.
        name: `__name__` of the script: `__main__` to run it, any other to import it.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        try:
            return runpy.run_path(str(folder / "load.py"), run_name=name)
        finally:
            sys.modules.pop("architecture", None)  # of this run alone

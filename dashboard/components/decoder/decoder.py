"""decoder(run): send a run's decoder to the browser, for components that decode there."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from vae_core.inference.browser import browser_decoder
from vae_core.runs.run import Run

_component = st.components.v2.component(
    "vae_lab_decoder",
    html="<span hidden></span>\n",
    js=(Path(__file__).parent / "decoder.js").read_text("utf-8"),
)


def decoder(run: Run) -> str | None:
    """Send the run's decoder to the browser, which keeps it while the page is open.

    Returns:
        Its name in `window.vaeLabDecoders`; None if the browser can't decode this architecture.

    Raises:
        RunError: the run's files are damaged.
    """
    if not run.browser_path.is_file():
        return None
    name = f"{run.id}-{run.browser_path.stat().st_mtime_ns}"
    # Not cached: reading takes 3 ms, and the decoders of a sweep would fill some megabytes.
    packed = browser_decoder(run, name)
    if packed is None:
        return None
    _component(key=f"decoder-{name}", data=packed, height=1)
    return name

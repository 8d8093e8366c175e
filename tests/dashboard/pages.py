"""The names of the dashboard's pages, and functions that open them in Streamlit's AppTest."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.shared import run_list
from tests.waiting import PATIENCE
from vae_core.runs.run import Run
from vae_core.runs.store import PROJECT

PAGES = sorted(path.parent.name for path in (PROJECT / "dashboard/app_pages").glob("*/page.py"))
PATHS = ["" if name == "home" else name for name in PAGES]  # in the URL


def unopened(name: str) -> AppTest:
    """Return a page before its first run."""
    page = AppTest.from_file(str(PROJECT / "dashboard" / "navigation.py"), default_timeout=PATIENCE)
    if name != "home":  # `switch_page` knows the pages only after a first run
        page._page_hash = calc_hash(name)
    return page


def open_page(name: str) -> AppTest:
    page = unopened(name).run()
    assert not page.exception, page.exception
    return page


def shown_text(page: AppTest) -> str:
    """Return the captions and paragraphs of a page."""
    return " ".join(element.value for element in [*page.caption, *page.markdown])


def on(run: Run, name: str) -> AppTest:
    """Open a page with a run chosen."""
    page = unopened(name)
    page.session_state["run"] = run_list.run_label(run)
    page.run()
    assert not page.exception, page.exception
    assert not page.error
    return page


def plots(page: AppTest) -> int:
    return len(page.get("bidi_component"))

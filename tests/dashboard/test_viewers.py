"""Caches that viewers share are never out of date."""

from __future__ import annotations

from dashboard.shared import run_list
from tests.conftest import SMALL
from tests.dashboard.pages import open_page
from vae_core.runs.store import RunStore


def test_a_page_scans_a_store_once_and_again_after_a_change(own_store: RunStore) -> None:
    def listed() -> bool:
        return SMALL.id in [run.id for run in run_list.all_runs(viewable=False)]

    with run_list.cached_scan():
        assert not listed()
        own_store.create(SMALL)
        assert not listed()
        run_list.clear_scan()
        assert listed()
        own_store.delete(own_store.get(SMALL.id))
        assert listed()
    assert not listed(), "the next page scans again"


def test_a_cached_table_is_shown_again() -> None:
    page = open_page("compare")
    (first,) = page.dataframe
    page.slider("half_width").set_value(2.0).run()
    assert not page.exception
    (again,) = page.dataframe
    assert again.value.equals(first.value)
    page.multiselect("runs").set_value(page.multiselect("runs").value[:2]).run()
    assert len(page.dataframe[0].value) == 2

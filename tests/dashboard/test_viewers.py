"""What pages share, so that many can look at once, is never what is not so any more."""

from __future__ import annotations

from dashboard.shared import run_list
from tests.conftest import SMALL
from tests.dashboard.pages import open_page
from vae_core.runs.store import RunStore


def test_a_page_looks_at_a_store_once_and_again_where_it_changed(own_store: RunStore) -> None:
    def seen() -> bool:
        return SMALL.id in [run.id for run in run_list.all_runs(viewable=False)]

    with run_list.cached_scan():
        assert not seen()
        own_store.create(SMALL)
        assert not seen()
        run_list.clear_scan()
        assert seen()
        own_store.delete(own_store.get(SMALL.id))
        assert seen()
    assert not seen(), "the next page looks anew"


def test_a_kept_table_is_shown_again() -> None:
    page = open_page("compare")
    (first,) = page.dataframe
    page.slider("half_width").set_value(2.0).run()
    assert not page.exception
    (again,) = page.dataframe
    assert again.value.equals(first.value)
    page.multiselect("runs").set_value(page.multiselect("runs").value[:2]).run()
    assert len(page.dataframe[0].value) == 2

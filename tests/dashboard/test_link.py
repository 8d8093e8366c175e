"""Links: values of widgets, a message about unused values, and presentation mode."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.shared.markdown import escape_markdown
from tests.dashboard.pages import open_page, unopened

pytestmark = pytest.mark.usefixtures("own_store")


def follow(page: str, **parameters: str | list[str]) -> AppTest:
    """Open a page by a link."""
    app = unopened(page)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def test_a_link_sets_widgets() -> None:
    app = follow("manifold", manifold_n="20", manifold_spacing="linear", manifold_z_1="-1.25")
    assert app.slider("manifold_n").value == 20
    assert app.slider("manifold_z_1").value == -1.25
    assert not app.toast


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("manifold_n", "99"),
        ("manifold_n", "many"),
        ("manifold_extent", "nan"),
        ("manifold_spacing", "log"),
        ("manifold_points", "perhaps"),
    ],
)
def test_unused_values_of_a_link_are_listed(name: str, value: str) -> None:
    app = follow("manifold", **{name: value}, manifold_z_0="0.5")
    (toast,) = app.toast
    assert escape_markdown(f"{name} = {value}") in toast.value
    assert "manifold_z_0" not in toast.value
    assert app.slider("manifold_z_0").value == 0.5
    app.run()
    assert not app.exception


def test_a_default_value_in_a_link_is_not_reported() -> None:
    app = follow("manifold", manifold_n="15", manifold_extent="2", manifold_points="false")
    assert not app.toast


def test_deleted_runs_in_a_link_are_reported() -> None:
    app = follow("compare", runs=["gone", "gone, too"])
    assert f"The runs {escape_markdown('gone, gone, too')} are not here" in app.warning[0].value
    assert app.multiselect("runs").value == [], "nothing is shown instead"


def test_presentation_mode_stays_on_across_pages() -> None:
    app = follow("home", present="1")
    assert app.query_params["present"] == "1"
    app.switch_page("app_pages/manifold/page.py").run()
    assert app.query_params["present"] == "1"
    app.button("presentation").click().run()
    assert "present" not in app.query_params
    app.run()
    assert "present" not in app.query_params


def test_presentation_mode_is_off_by_default() -> None:
    app = open_page("home")
    assert "present" not in app.query_params
    app.button("presentation").click().run()
    assert app.query_params["present"] == "1"


@pytest.mark.parametrize("text", ["![](http://a.example/b.png)", "[here](http://a.example)"])
def test_values_of_a_link_are_escaped(text: str) -> None:
    """Markdown could load pictures from other hosts, or link to them."""
    app = follow("manifold", walk_a=text)
    gone = follow("manifold", run=text)
    for said in (app.error[0].value, gone.info[0].value):
        assert text not in said
        assert escape_markdown(text) in said
    assert escape_markdown("β = 0.5, “a_b”") == r"β = 0\.5, “a\_b”"


@pytest.mark.parametrize("name", ["train_seed", "train_epochs_digits"])
def test_infinity_in_a_link_shows_a_message(name: str) -> None:
    app = follow("train", **{name: "inf"})
    assert "a number that can't be" in app.error[0].value


def test_a_page_that_ends_early_can_leave_presentation_mode() -> None:
    """A page with nothing to show ends early, but the button to leave still appears."""
    app = follow("compare", present="1")
    app.multiselect("runs").set_value([]).run()
    assert "Pick at least one run" in app.info[0].value
    assert app.button("presentation").label == "Leave presentation"

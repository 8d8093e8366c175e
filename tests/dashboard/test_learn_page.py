"""The Learn page: numbers of its sections, and messages for invalid input."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.app_pages.learn import discrete, sampling
from dashboard.components.bars import bars
from dashboard.figures import information as figures
from dashboard.shared.markdown import escape_markdown
from dashboard.shared.run_list import run_label
from tests.conftest import SMALL
from tests.dashboard.pages import plots
from tests.dashboard.test_link import follow
from tests.trained_runs import TrainedRuns
from vae_core.config import ConfigError
from vae_core.data.dataset import DatasetError
from vae_core.metrics import information
from vae_core.model.priors import standard_normal
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store

pytestmark = pytest.mark.usefixtures("own_store")


def numbers(page: AppTest) -> dict[str, str]:
    """Return the values of the metric cards by title."""
    return {metric.label.split(", nats")[0]: str(metric.value) for metric in page.metric}


def table(page: AppTest) -> list[dict[Any, str]]:
    return page.table[-1].value.to_dict("records")


def component(page: AppTest, number: int = 0) -> dict[str, Any]:
    """Return the data that a component of the page gets."""
    return dict(json.loads(page.get("bidi_component")[number].proto.json))


# --- a few outcomes -----------------------------------------------------------------------


def test_a_link_sets_both_distributions() -> None:
    page = follow("learn", learn_p="2,1,1", learn_q="0.25, 0.25, 0.5", learn_unit="bits")
    assert component(page)["p"] == [0.5, 0.25, 0.25]
    assert component(page)["q"] == [0.25, 0.25, 0.5]
    shown = [metric.value for metric in page.metric]
    assert shown == ["1.500", "1.500", "1.750", "0.250", "0.250"]
    assert table(page)[-1]["p · log(p/q)"] == "**0.250**"
    assert not page.toast


def test_a_zero_in_q_makes_kl_infinite() -> None:
    page = follow("learn")
    assert numbers(page)["KL(p ‖ q)"] == "0.498"
    page.button("learn_preset_A zero in q").click().run()
    assert numbers(page)["KL(p ‖ q)"] == numbers(page)["H(p, q)"] == "∞"
    assert numbers(page)["KL(q ‖ p)"] != "∞"
    (warning,) = page.warning
    assert "The probability of C is 0 under q, but 0.2 under p" in warning.value
    page.button("learn_preset_A zero in p").click().run()
    assert numbers(page)["KL(q ‖ p)"] == "∞"
    assert "KL(q ‖ p) is infinite" in page.warning[0].value
    page.button("learn_preset_The same").click().run()
    assert not page.warning
    assert any("KL is 0, because q is p" in text.value for text in page.markdown)
    page.text_input("learn_p").set_value("1, 1")
    page.text_input("learn_q").set_value("1, 1.000001").run()
    assert not any("KL is 0, because q is p" in text.value for text in page.markdown)


def test_an_invalid_distribution_shows_a_message() -> None:
    page = follow("learn")
    page.text_input("learn_q").set_value("![](http://a.example)").run()
    assert not page.exception
    (error,) = page.error
    assert error.value.startswith("q ")
    assert "![" not in error.value
    page.text_input("learn_q").set_value("1, 1, 1").run()
    assert not page.error


@pytest.mark.parametrize("text", ["", "1", "0,0", "-1, 2", "nan, 1", "inf, 1", "1," * 9 + "1"])
def test_invalid_distributions_raise(text: str) -> None:
    with pytest.raises(information.InformationError, match=r"^q "):
        discrete.parse_probabilities(text, "q")


def test_p_and_q_need_equally_many_outcomes() -> None:
    page = follow("learn", learn_p="1,1", learn_q="1,1,1")
    assert "p has 2 outcomes and q has 3" in page.error[0].value.replace("\\", "")


def test_extreme_numbers_are_accepted() -> None:
    page = follow("learn", learn_p="1e308, 1e308, 1e9", learn_q="1e-300, 1, 1e3")
    assert not page.error
    assert all(math.isfinite(float(value)) for value in numbers(page).values())


def test_invalid_moves_of_bars_are_ignored() -> None:
    move = bars._parse_move({"name": "q", "values": [0.2, 0.8]}, 2)
    assert move is not None
    assert move[0] == "q"
    assert list(move[1]) == [0.2, 0.8]
    wrong: list[object] = [None, 3, [], {}, {"name": "q"}, {"values": [0.5, 0.5]}]
    wrong += [{"name": "q", "values": v} for v in (None, "ab", 1, [1], [[1, 0]], [-1, 2], ["x", 1])]
    names: list[object] = ["r", "learn_p", None, []]
    wrong += [{"name": name, "values": [0.5, 0.5]} for name in names]
    wrong += [{"name": "p", "values": [math.nan, 1]}, {"name": "p", "values": [math.inf, 1]}]
    for sent in wrong:
        assert bars._parse_move(sent, 2) is None


# --- the other sections -------------------------------------------------------------------


def test_two_gaussians() -> None:
    page = follow("learn", learn_tab="Two Gaussians", learn_mu_p="-2", learn_sigma_q="2.5")
    assert page.slider("learn_mu_p").value == -2
    kl = information.kl_gaussians(-2, 0.6, 0, 2.5)
    assert numbers(page)["KL(p ‖ q), closed form"] == f"{kl:.4f}"
    assert numbers(page)["KL(p ‖ q), integral"] == f"{kl:.4f}"
    page.slider("learn_mu").set_value(-1.0)
    page.slider("learn_sigma").set_value(2.0).run()
    shown = numbers(page)
    assert (shown["∂ rate / ∂μ"], shown["∂ rate / ∂σ"]) == ("-1.000", "1.500")
    assert float(shown["rate"]) == pytest.approx(0.5 * (1 + 4 - 1 - math.log(4)), abs=1e-3)
    assert plots(page) == 2


def test_drawing_again_and_repeating_a_seed() -> None:
    page = follow("learn", learn_tab="Sampling")
    first = table(page)
    assert [row["μ"] for row in first] == ["0.15", "1.1", "0.2", "0.7"]
    for row in first:
        z = float(row["μ"]) + float(row["σ"]) * float(row["ε = ∂z/∂σ"])
        assert float(row["z = μ + σ·ε"].strip("*")) == pytest.approx(z, abs=2e-3)
    page.button("learn_draw").click().run()
    assert page.number_input("learn_seed").value == 1
    second = table(page)
    assert [row["z = μ + σ·ε"] for row in second] != [row["z = μ + σ·ε"] for row in first]
    assert [row["rate (nats)"] for row in second] == [row["rate (nats)"] for row in first]
    page.number_input("learn_seed").set_value(0).run()
    assert table(page) == first


def test_an_invalid_posterior_shows_a_message() -> None:
    page = follow("learn", learn_tab="Sampling", learn_mean="1, 2", learn_std="1")
    assert "2 numbers and σ has 1" in page.error[0].value
    assert not plots(page)


@pytest.mark.parametrize(
    ("mean", "std"), [("a", "1"), ("1, 2", "1"), ("1", "0"), ("1", "-1"), ("inf", "1"), ("", "1")]
)
def test_invalid_posteriors_raise(mean: str, std: str) -> None:
    with pytest.raises(ConfigError):
        sampling.parse_posterior(mean, std)


@pytest.fixture
def digits() -> Run:
    runs = pretrained_store().scan()[0]
    return next(
        r for r in runs if r.viewable and (r.config.dataset, r.config.beta) == ("digits", 1)
    )


def test_the_elbo_of_an_image(digits: Run) -> None:
    page = follow("learn", learn_tab="The ELBO", run=run_label(digits), learn_image="7")
    assert not page.error
    shown = {name: float(value) for name, value in numbers(page).items()}
    assert shown["elbo"] == pytest.approx(-shown["distortion"] - shown["rate"], abs=0.02)
    assert shown["log p(x) ≥"] == pytest.approx(shown["elbo"] + shown["gap ≥"], abs=0.02)
    figure = json.loads(component(page)["figure"])
    bounds = figure["data"][0]["y"]
    assert bounds == sorted(bounds)
    assert bounds[0] == pytest.approx(shown["elbo"], abs=0.3)
    rows = table(page)
    assert len(rows) > 3
    (chosen,) = (row for row in rows if row["β"].startswith("**"))
    assert float(chosen["elbo (nats)"].strip("*")) == shown["elbo"]
    assert float(chosen["bound, k = 64 (nats)"].strip("*")) == pytest.approx(bounds[6], abs=0.01)
    samples = " ".join(text.value for text in page.caption)
    assert "1,024 samples of the posterior" in samples, "more would make each new image slow"
    assert "the others 256" in samples
    before = numbers(page)
    page.number_input("learn_image").set_value(8).run()
    assert numbers(page) != before
    page.number_input("learn_image").set_value(7).run()
    assert numbers(page) == before


def test_the_elbo_section_offers_only_runs_with_a_likelihood(
    own_store: RunStore, make_run: TrainedRuns, digits: Run
) -> None:
    run = make_run(own_store, replace(SMALL, likelihood="gaussian", epochs=1))
    page = follow("learn", learn_tab="The ELBO")
    assert not page.error
    offered = page.selectbox("run").options
    assert run_label(digits) in offered
    assert run_label(run) not in offered


def test_the_elbo_section_reports_missing_images(
    digits: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise DatasetError("The images of digits are not on this machine.")

    monkeypatch.setattr("dashboard.shared.run_cache.held_out", gone)
    page = follow("learn", learn_tab="The ELBO", run=run_label(digits))
    assert not page.error
    assert any("not on this machine" in info.value for info in page.info)
    assert not page.metric


@pytest.mark.usefixtures("nothing_pretrained")
def test_without_runs_only_the_elbo_section_is_empty() -> None:
    assert plots(follow("learn"))
    page = follow("learn", learn_tab="The ELBO")
    assert "Train page" in page.info[0].value
    assert not page.error


def test_effective_beta() -> None:
    page = follow("learn", learn_tab="Which β is it?")
    for preset, beta, written in (
        ("mean BCE · 784 + sum KL", "1", "1"),
        ("mean BCE + mean KL", "392", "0.002551"),
        ("mean BCE + sum KL", "784", "0.001276"),
    ):
        page.button(f"learn_beta_{preset}").click().run()
        assert [metric.value for metric in page.metric] == [beta, written]
    page = follow(
        "learn",
        learn_tab="Which β is it?",
        learn_kl="mean",
        learn_reconstruction="sum",
        learn_d="8",
        learn_written="4",
        learn_wanted="2",
    )
    assert [metric.value for metric in page.metric] == ["0.5", "16"]
    (link,) = page.get("page_link")
    assert "β = 0.5" in link.proto.label
    assert "nearest" not in link.proto.label
    assert "train_beta=0.5" in link.proto.query_string


def test_values_are_kept_when_the_section_changes() -> None:
    page = follow("learn", learn_p="1,0", learn_q="1,1")
    page.session_state["learn_tab"] = "Sampling"
    page.run()
    assert page.button("learn_draw")
    page.session_state["learn_tab"] = "A few outcomes"
    page.run()
    assert component(page)["p"] == [1, 0]


def test_an_unknown_section_in_a_link_is_reported() -> None:
    page = follow("learn", learn_tab="Alchemy")
    assert escape_markdown("learn_tab = Alchemy") in page.toast[0].value
    assert plots(page)


# --- figures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pair", [(1, 0.6, 0, 1), (4, 3, 0, 1), (-4, 3, 4, 0.1), (-4, 0.1, 4, 3), (0, 0.1, 4, 0.1)]
)
def test_the_shaded_areas_add_up_to_kl(pair: tuple[float, float, float, float]) -> None:
    figure = figures.gaussians(*pair)
    x = np.asarray(figure.data[2].x)
    area = sum(np.trapezoid(trace.y, x) for trace in figure.data[2:])
    assert area == pytest.approx(information.kl_gaussians(*pair), rel=1e-4)
    assert figure.layout.xaxis.range == (x[0], x[-1])
    assert min(figure.data[2].y) == 0 == max(figure.data[3].y)


@pytest.mark.parametrize(("mean", "std"), [(1.5, 0.3), (-3, 3), (0, 1), (0, 0.05)])
def test_the_two_pulls_add_up_to_the_rate_and_point_downhill(mean: float, std: float) -> None:
    figure = figures.rate_terms(mean, std)
    heights = [figure.data[1].y[0], figure.data[3].y[0]]
    assert sum(heights) == pytest.approx(standard_normal.rate_per_dim(mean, 2 * math.log(std)))
    arrows = [a for a in figure.layout.annotations if a.ax is not None]
    assert len(arrows) == 2
    for arrow, at, home in zip(arrows, (mean, std), (0, 1), strict=True):
        assert arrow.ax == at
        assert arrow.showarrow == (at != home)
        if at != home:
            assert (arrow.x - at) * (home - at) > 0

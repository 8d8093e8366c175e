"""Figures of known arrays."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from plotly import graph_objects as go

from dashboard.figures import (
    autoencoder,
    comparison,
    curves,
    dim_name,
    latent,
    numbers,
    pictures,
    rate_distortion,
    sheets,
)
from dashboard.figures.picture_rows import picture_rows
from vae_core.config import RunConfig
from vae_core.latent.alignment import align
from vae_core.metrics.units import HIGH_RATE
from vae_core.model import schedules


def column(beta: float, rate: float, distortion: float, scale: float = 1.0) -> comparison.Column:
    rng = np.random.default_rng(0)
    return comparison.Column(
        title=f"β = {beta:g}",
        posterior_mean=scale * rng.normal(size=(100, 2)),
        labels=rng.integers(0, 3, 100),
        label_names=("a", "b", "c"),
        dims=(0, 1),
        beta=beta,
        sweep="one",
        rate_per_dim=np.array([0.75, 0.25]) * rate,
        numbers=[{"rate": rate, "distortion": distortion}],
    )


def test_scatter_has_every_point_under_its_label() -> None:
    one = column(1, 3, 20)
    figure = go.Figure(*latent.scatter(one.posterior_mean, one.labels, one.label_names))
    assert [trace.name for trace in figure.data] == ["a", "b", "c"]
    for label, trace in enumerate(figure.data):
        assert np.array_equal(trace.x, one.posterior_mean[one.labels == label, 0])
        assert np.array_equal(trace.y, one.posterior_mean[one.labels == label, 1])
    radii = [(shape.x1 - shape.x0) / 2 for shape in figure.layout.shapes]
    assert radii == [1, 2]


@pytest.mark.parametrize("radii", [(), (2.0, 4.0)])
def test_the_circles_are_those_of_the_prior(radii: tuple[float, ...]) -> None:
    one = column(1, 3, 20)
    figure = go.Figure(
        *latent.scatter(one.posterior_mean, one.labels, one.label_names, radii=radii)
    )
    assert [(shape.x1 - shape.x0) / 2 for shape in figure.layout.shapes] == [*radii]
    both = [one, replace(one, prior_circles=radii)]
    assert len(go.Figure(*comparison.latent_spaces(both, 2)).layout.shapes) == 2 + len(radii)


def test_one_latent_dimension_is_drawn_against_the_label() -> None:
    figure = go.Figure(
        *latent.scatter(np.arange(4.0)[:, None], np.array([0, 1, 0, 1]), ("a", "b"), (0, 0))
    )
    assert list(figure.data[1].x) == [1, 3]
    assert list(figure.data[1].y) == [1, 1]
    assert figure.layout.yaxis.title.text == "label"
    assert not figure.layout.shapes


def test_rate_distortion_leaves_beta_zero_out_and_draws_equal_elbo() -> None:
    figure = rate_distortion.rate_distortion(
        [column(0, 500, 18), column(0.5, 4, 20), column(1, 2, 21), column(4, 0, 27)]
    )
    *lines, slopes, points = figure.data
    assert list(points.x) == [0, 2, 4]
    assert list(points.y) == [27, 21, 20]
    assert not points.error_x.visible
    for line in lines:
        totals = np.add(line.x, line.y)
        assert totals == pytest.approx(totals[0])
        assert line.text[1] == f"elbo {-totals[0]:.1f}"
    for i, beta in enumerate([4, 1, 0.5]):
        (x0, x1), (y0, y1) = slopes.x[3 * i : 3 * i + 2], slopes.y[3 * i : 3 * i + 2]
        assert (y1 - y0) / (x1 - x0) == pytest.approx(-beta)
        assert ((x0 + x1) / 2, (y0 + y1) / 2) == pytest.approx((points.x[i], points.y[i]))


def test_rate_distortion_shows_the_mean_and_spread_over_seeds() -> None:
    numbers = [{"rate": r, "distortion": d} for r, d in ((2, 20), (3, 24), (4, 22))]
    several = replace(column(1, 0, 0), numbers=numbers)
    *_, points = rate_distortion.rate_distortion([several, column(4, 1, 30)]).data
    assert list(points.x) == [1, 3]
    assert list(points.y) == [30, 22]
    assert points.error_x.array == pytest.approx([0, 1])
    assert points.error_y.array == pytest.approx([0, 2])
    assert points.customdata[0] == "one seed"
    assert "3 seeds" in points.customdata[1]


def test_the_table_sorts_by_means_and_marks_the_best() -> None:
    table: Any = numbers.metrics_table(
        {"β": [1.0, 4.0]},
        [
            [{"elbo": -20.0, "rate": 3.0, "mmd": 0.1}, {"elbo": -22.0, "rate": 3.0, "mmd": 0.3}],
            [{"elbo": -30.0, "rate": 1.0}],
        ],
    )
    assert list(table.data.columns) == ["β", "rate (nats)", "elbo (nats)", "MMD²"]
    assert list(table.data["elbo (nats)"]) == [-21, -30]
    assert table.data["MMD²"].isna().tolist() == [False, True]
    html = table.to_html()
    assert "-21.00 ± 1.41" in html
    assert "3.00 ± 0" in html
    assert "-30.00" in html
    assert "nan" not in html
    # Only the best elbo is marked: rate and MMD² have no better direction.
    assert [key for key, style in table._compute().ctx.items() if style] == [(0, 2)]
    same: Any = numbers.metrics_table({}, [[{"elbo": -3.0}], [{"elbo": -2.0}, {"elbo": -4.0}]])
    assert "-3.00<" in same.to_html()
    assert "-3.00 ± 1.41" in same.to_html()
    apart: Any = numbers.metrics_table({}, [[{"elbo": -1.0}], [{"elbo": -2.0}]], comparable=False)
    assert not any(apart._compute().ctx.values())


def test_small_plots_show_a_sample_of_many_points() -> None:
    many = replace(
        column(1, 3, 20),
        posterior_mean=np.random.default_rng(1).normal(size=(10_000, 2)),
        labels=np.random.default_rng(2).integers(0, 3, 10_000),
    )
    figure = go.Figure(*comparison.latent_spaces([many], 4))
    shown = [(x, y) for trace in figure.data for x, y in zip(trace.x, trace.y, strict=True)]
    assert len(shown) == comparison.MAX_POINTS
    assert len(set(shown)) == len(shown)
    assert set(shown) <= set(map(tuple, many.posterior_mean))


def test_an_aligned_column_has_its_alignment_in_the_title() -> None:
    """With permuted dimensions, the dimensions of the reference run are shown."""
    reference = np.random.default_rng(0).normal(size=(100, 3))
    permuted = replace(column(1, 3, 20), posterior_mean=4 * reference[:, [2, 0, 1]], dims=(1, 2))
    again = permuted.aligned(align(permuted.posterior_mean, reference), dims=(0, 1))
    assert again.posterior_mean == pytest.approx(reference)
    assert again.dims == (0, 1)
    assert again.title == "β = 1<br><sub>scaled by 0.25</sub><br><sub>0% unexplained</sub>"
    assert permuted.aligned(None, (0, 1)) is permuted


def test_no_slope_is_drawn_with_the_capacity_schedule() -> None:
    figure = rate_distortion.rate_distortion(
        [replace(column(1, 2, 21), sloped=False), column(4, 1, 27)]
    )
    slopes = next(trace for trace in figure.data if trace.name == "slope -β")
    assert len(slopes.x) == 3


def test_the_share_of_points_outside_is_in_the_title() -> None:
    figure = go.Figure(
        *comparison.latent_spaces([column(0, 500, 18, scale=50), column(1, 2, 21)], 4)
    )
    notes = [a.text for a in figure.layout.annotations if "outside" in a.text]
    means = column(0, 500, 18, scale=50).posterior_mean
    outside = (np.abs(means) > 4).any(axis=1).mean()
    assert notes == [f"β = 0<br><sub>{outside:.0%} outside</sub>"]


def test_the_plotted_schedule_is_that_of_training() -> None:
    config = RunConfig(beta=2, schedule="cyclical", epochs=10)
    (trace,) = curves.schedule(config, steps_per_epoch=11).data
    beta, _ = schedules.schedule(config, trace.x, 110)
    assert np.array_equal(trace.y, beta)
    (trace,) = curves.schedule(replace(config, schedule="capacity"), 11).data
    assert max(trace.y) == config.capacity


def test_training_curves_show_the_records() -> None:
    records = [
        {
            "kind": "epoch",
            "epoch": epoch,
            "step": epoch,
            "train": {"loss": 9.0 - epoch, "distortion": 8.0, "rate": 1.0} if epoch else None,
            "test": {"loss": 10.0 - epoch, "distortion": 8.5, "rate": 1.5},
        }
        for epoch in range(5)
    ]
    figure = go.Figure(*curves.training(records))
    held_out = [trace for trace in figure.data if trace.name == "held out"]
    assert [list(trace.y) for trace in held_out] == [[10, 9, 8, 7, 6], [8.5] * 5, [1.5] * 5]
    trained = next(trace for trace in figure.data if trace.name == "training")
    assert list(trained.x) == [1, 2, 3, 4]
    low, high = figure.layout.yaxis.range
    assert low < 5
    assert 9 < high < 10, "the steep fall at the start is left out"


def test_enlarged_keeps_shape_and_range() -> None:
    image = np.random.default_rng(0).uniform(size=(8, 16, 1)).astype(np.float32)
    large = pictures.enlarged(image, 200)
    assert large.shape == (104, 208, 1)
    assert 0 <= large.min() <= large.max() <= 1
    assert large.mean() == pytest.approx(image.mean(), abs=0.01)


def test_a_gif_plays_forwards_and_backwards() -> None:
    steps = [np.full((4, 4, 1), grey) for grey in (0.0, 0.5, 1.0)]
    with Image.open(io.BytesIO(pictures.gif(steps, 20))) as gif:
        assert gif.size == (20, 20)
        assert getattr(gif, "n_frames", 1) == 4
        seen = []
        for frame in range(4):
            gif.seek(frame)
            seen.append(np.asarray(gif.convert("L")).mean())
    assert seen == pytest.approx([0, 128, 255, 128], abs=2)


def rates_of(epochs: int, latent_dim: int) -> list[dict[str, Any]]:
    """Return records of the kind `epoch`, whose rates all differ."""
    values = np.arange((epochs + 1) * latent_dim, dtype=float).reshape(-1, latent_dim)
    return [
        {"kind": "epoch", "epoch": epoch, "test": {"rate_per_dim": list(row)}}
        for epoch, row in enumerate(values)
    ]


@pytest.mark.parametrize("latent_dim", [1, 2, 64])
def test_the_heat_map_has_one_row_per_dimension(latent_dim: int) -> None:
    records = rates_of(5, latent_dim)
    figure = go.Figure(*curves.rate_per_dim(records))
    (trace,) = figure.data
    assert list(trace.x) == [0, 1, 2, 3, 4, 5]
    assert np.array_equal(trace.z, np.array([r["test"]["rate_per_dim"] for r in records]).T)
    assert np.shape(trace.customdata) == np.shape(trace.z) == (latent_dim, 6)
    assert trace.customdata[-1][0] == dim_name(latent_dim - 1)
    assert trace.colorbar.title.text == "nats"
    assert figure.layout.yaxis.ticktext[0] == "z₁"
    assert len(figure.layout.yaxis.ticktext) <= curves.MAX_DIM_LABELS
    low, high = figure.layout.yaxis.range
    assert low > high, "z₁ on top"


def test_a_long_heat_map_is_thinned_to_columns_of_the_records() -> None:
    records = rates_of(5000, 2)
    (trace,) = go.Figure(*curves.rate_per_dim(records)).data
    assert len(trace.x) == curves.MAX_COLUMNS
    assert (trace.x[0], trace.x[-1]) == (0, 5000)
    for epoch, *rates in zip(trace.x, *trace.z, strict=True):
        assert rates == records[epoch]["test"]["rate_per_dim"]


def test_the_heat_map_grows_within_an_epoch() -> None:
    steps: list[dict[str, Any]] = [
        {"kind": "step", "epoch": 0.5, "rate_per_dim": [7.0, 8.0]},
        {"kind": "step", "epoch": 0.7},  # written by an older version
        {"kind": "step", "epoch": 1.0, "rate_per_dim": [9.0, 9.0]},  # computed from fewer images
    ]
    first, second = rates_of(1, 2)
    (trace,) = go.Figure(*curves.rate_per_dim([first, *steps, second])).data
    assert list(trace.x) == [0, 0.5, 1]
    assert np.array_equal(trace.z, [[0, 7, 2], [1, 8, 3]])


def test_the_heat_map_of_a_collapsed_run_is_dark() -> None:
    records = [{"kind": "epoch", "epoch": 0, "test": {"rate_per_dim": [0.01, 0.02]}}]
    (trace,) = go.Figure(*curves.rate_per_dim(records)).data
    assert (trace.zmin, trace.zmax) == (0, HIGH_RATE)


def test_rows_of_pictures_are_named_and_in_order() -> None:
    values = {"first": (0.0, 0.3, 0.6, 0.9), "second": (1.0, 0.2, 0.5, 0.8)}
    figure = go.Figure(
        *picture_rows(
            {
                name: np.array([np.full((8, 8, 1), value) for value in row])
                for name, row in values.items()
            }
        )
    )
    assert list(figure.layout.yaxis.ticktext) == ["first", "second"]
    _, png = figure.data[0].source.split(",")
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(png)))) / 255
    centres = (np.arange(4) + 0.5) * picture.shape[1] / 4
    for y, row in zip(centres, values.values(), strict=False):
        assert picture[int(y), centres.astype(int)] == pytest.approx(row, abs=0.01)


def test_the_prior_has_its_own_column() -> None:
    prior = np.random.default_rng(0).normal(size=(50, 2))
    figure = go.Figure(*comparison.latent_spaces([column(1, 3, 20)] * 3, 4, prior))
    assert [a.text.split("<br>")[0] for a in figure.layout.annotations][3] == "N(0, I)"
    last = figure.data[-1]
    assert (last.xaxis, len(last.x)) == ("x4", 50)
    assert len(figure.layout.shapes) == 4 * 2
    assert figure.layout.xaxis4.range == figure.layout.xaxis.range
    assert (
        len(go.Figure(*comparison.latent_spaces([column(1, 3, 20)] * 3, 4)).layout.shapes) == 3 * 2
    )


def test_rates_share_an_axis_that_beta_zero_does_not_stretch() -> None:
    figure = go.Figure(
        *comparison.rates([column(0, 400, 10), column(1, 6, 20), column(4, 2, 30)], 3)
    )
    top = 1.25 * 0.75 * 6
    assert figure.layout.yaxis.range == (0, top)
    assert list(figure.data[0].y) == [top, top]
    assert list(figure.data[0].customdata) == [300, 100], "the figure still gives the values"
    assert list(figure.data[1].y) == [4.5, 1.5]
    assert list(figure.data[1].x) == ["z₁", "z₂"]


def test_a_sheet_has_a_point_in_the_middle_of_each_picture() -> None:
    rows = np.array([4, 9, 11, 30, 31])
    picked = np.array([False, False, False, True, False])
    names = [str(row) for row in rows]
    figure = sheets.clickable(np.zeros((16, 24)), rows, names, picked, columns=3)
    (points,) = figure.data
    assert list(zip(points.x, points.y, strict=True)) == [
        (0.5, 0.5),
        (1.5, 0.5),
        (2.5, 0.5),
        (0.5, 1.5),
        (1.5, 1.5),
    ]
    assert list(points.customdata) == rows.tolist()
    (frame,) = figure.layout.shapes
    assert frame.x0 < 0.5 < frame.x1
    assert frame.y0 < 1.5 < frame.y1
    (image,) = figure.layout.images
    assert (image.sizex, image.sizey) == (3, 2)
    assert figure.layout.yaxis.range == (2, 0), "the first row is on top"


def test_a_plain_figure_is_sent_as_plotly_would_send_it() -> None:
    """Plotly refuses unknown properties."""
    columns = [column(1, 3, 20), replace(column(4, 2, 30), beta=None)]
    values = np.linspace(0, 1, 11)
    plain = [
        latent.scatter(columns[0].posterior_mean, columns[0].labels, ("a", "b", "c")),
        comparison.latent_spaces(columns, 4),
        comparison.rates(columns, 3),
        curves.rate_per_dim(rates_of(5, 3)),
        autoencoder.walk(
            np.zeros((11, 8, 8, 1)),
            {"gaps": values, "rms": values},
            dict.fromkeys(("gaps", "rms"), 1.1),
        ),
    ]
    for figure in plain:
        assert json.loads(figure.to_json()) == json.loads(go.Figure(*figure).to_json())


def test_infinite_values_are_gaps_in_strict_json() -> None:
    numbers = {"loss": np.nan, "distortion": np.inf, "rate": 1.0}
    records = [
        {"kind": "epoch", "epoch": epoch, "train": numbers, "test": numbers} for epoch in range(5)
    ]
    assert "NaN" not in curves.training(records).to_json()
    assert "Infinity" not in curves.training(records).to_json()

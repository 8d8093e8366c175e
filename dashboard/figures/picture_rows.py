"""Draw rows of small pictures at the same scale, each row named at its left."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dashboard.figures.dict_figure import DictFigure
from dashboard.figures.pictures import data_uri, enlarged, png
from vae_core.latent.picture_sheet import sheet

PIXELS_ACROSS = 600


def picture_rows(rows: Mapping[str, np.ndarray], left: int = 104) -> DictFigure:
    """Draw all rows as one picture; a tile is one unit of the axes.

    It is a chart, because a chart changes in place at every refresh. An image would flicker.

    Args:
        rows: name -> images (n, h, w, c) in [0, 1], from the top; all of the same n and size.
        left: width for the names, in pixels.
    """
    columns = len(next(iter(rows.values())))
    picture = sheet(np.concatenate(list(rows.values())), columns, gap=1)
    picture = enlarged(picture, PIXELS_ACROSS)
    tile = picture.shape[1] / columns
    trace = {
        "type": "image",
        "source": data_uri(png(picture)),
        "x0": -0.5 + 0.5 / tile,
        "dx": 1 / tile,
        "y0": -0.5 + 0.5 / tile,
        "dy": 1 / tile,
        "hoverinfo": "none",
    }
    layout = {
        "xaxis": {"visible": False, "fixedrange": True},
        "yaxis": {
            "tickvals": list(range(len(rows))),
            "ticktext": list(rows),
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "range": [len(rows) - 0.5, -0.5],
        },
        "margin": {"l": left, "r": 8, "t": 8, "b": 8},
        "uirevision": "pictures",
        "dragmode": False,
    }
    return DictFigure([trace], layout)

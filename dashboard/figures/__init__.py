"""Arrays in, `plotly.graph_objects.Figure` out; knows no Streamlit.

Text and background colours are the theme's and are set in the browser.
"""

# Ten labels, told apart in light and dark and by most colour-blind eyes (Tableau 10).
LABEL_COLOURS = (
    "#4e79a7",
    "#f28e2b",
    "#e15759",
    "#76b7b2",
    "#59a14f",
    "#edc948",
    "#b07aa1",
    "#ff9da7",
    "#9c755f",
    "#8a8f98",
)
# Below the plot, whatever its height: clear of the axis titles.
LEGEND_BELOW = {
    "orientation": "h",
    "yref": "container",
    "y": 0,
    "yanchor": "bottom",
    "x": 0.5,
    "xanchor": "center",
    "itemsizing": "constant",
}
MARGINS = {"l": 56, "r": 16, "t": 32, "b": 44}


def dim_name(dim: int) -> str:
    """z₁ for dimension 0, and so on."""
    return "z" + str(dim + 1).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))

"""Arrays in, `plotly.graph_objects.Figure` out; knows no Streamlit.

Text and background colours are the theme's and are set in the browser.
"""

# Ten labels, told apart in light and dark, with and without colour-blindness: the sequence of ten
# by Petroff (2021), "Accessible Color Sequences for Data Visualization", arXiv:2107.02270.
LABEL_COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
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

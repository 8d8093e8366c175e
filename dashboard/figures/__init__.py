"""Make Plotly figures from arrays, without Streamlit.

The colours of text and background come from the theme and are set in the browser.
"""

# Ten colours that people with and without colour-blindness can tell apart, in light and dark:
# Petroff (2021), "Accessible Color Sequences for Data Visualization", arXiv:2107.02270.
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
MUTED = "#8a8f98"  # grey, visible on light and dark
# Positioned relative to the container, so that it is below the axis titles at any height.
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


def label_colour(label: int) -> str:
    """Return the colour of a label's index; colours repeat after ten."""
    return LABEL_COLOURS[label % len(LABEL_COLOURS)]


def dim_name(dim: int) -> str:
    """Return the name of a latent dimension: z₁ for 0."""
    return "z" + str(dim + 1).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"))

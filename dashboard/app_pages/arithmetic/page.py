"""Arithmetic: the direction from one group of images to another, added to any picture."""

import streamlit as st

from dashboard.app_pages.arithmetic import directions, picking, vectors
from dashboard.shared import markdown, notes, posteriors, run_picker
from dashboard.shared.choice import choose_one

EXPLANATION = r"""
The encoder puts every image at a posterior mean $\mu(x)$. The difference of the means of two groups
of images, $A$ and $B$, is a direction of the latent space,

$$
v = \frac{1}{|B|} \sum_{x \in B} \mu(x) - \frac{1}{|A|} \sum_{x \in A} \mu(x),
$$

and $\mu(x) + s\,v$, decoded, is the picture $x$ moved towards $B$ with the strength $s$ (Larsen et
al., 2016, *Autoencoding beyond pixels using a learned similarity metric*; White, 2016, *Sampling
Generative Networks*). Nothing in the loss asks for attributes to lie along straight lines, but
they often do.

Everything else that differs between the groups is in $v$, too: if most people with glasses are men,
adding glasses makes a face more male. White (2016) balances the groups for this reason.

An **analogy** takes the vector from two pictures alone, $c + s\,(a - b)$ (Mikolov et al., 2013,
*Linguistic Regularities in Continuous Space Word Representations*, for words). It holds every
difference between the two pictures, not one attribute alone.
"""

st.title("Arithmetic")
run = run_picker.pick_run()
notes.notes(run)
q = posteriors.held_out_posteriors(run)
vectors.warn_of_small_data(run)

chart, side = st.columns([3, 1], gap="large")
check = st.container()
markdown.explain("What the vector is", EXPLANATION)
# The sheet is lower on the page, but runs first: a group picked there can be chosen at once.
with st.container(key="form_pick"):
    picked = picking.section(run, q)
with side, st.container(key="form"):
    kind = choose_one(
        "Vector from",
        ["two groups", "two pictures"],
        key="arithmetic_from",
        help="Two groups: the difference of their means. Two pictures: an analogy.",
    )
    if kind == "two groups":
        direction = directions.choose_groups(run, q, picked)
    else:
        direction = directions.choose_pictures(q)
    start = directions.choose_picture("Added to picture", "c", 0, q)

if direction is not None:
    with chart:
        strength = vectors.board(run, q, direction, start, side)
    with check:
        vectors.held_out_check(run, q, direction, strength)

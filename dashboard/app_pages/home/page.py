"""Home: what β does, on the runs of one sweep."""

import streamlit as st

from dashboard.components.plot.plot import drawn, plot
from dashboard.figures import comparison
from dashboard.kinds.image_comparison import manifold_picture
from dashboard.shared import markdown, run_cache, run_picker
from dashboard.shared.comparable_runs import default_sweep
from dashboard.shared.comparison import comparison_columns
from dashboard.shared.comparison_grid import cells, grid
from vae_core.kinds.contents import Contents

st.title("What does the KL term do?")
st.markdown(
    "A variational autoencoder minimises **loss = distortion + β · rate**. A larger β pulls the "
    "latent space onto the prior, until z says nothing about the image. With a smaller β, images "
    "are told apart better, but the latent space spreads out and has gaps."
)

runs = default_sweep()
if not runs:
    raise run_picker.NothingToShowError("No runs yet: train the first one on the Train page.")

runs, columns = comparison_columns(runs)
st.subheader(f"{runs[0].config.dataset}: same network, first weights and batches; only β differs")
with grid(len(runs)):
    plot(
        drawn(
            lambda: comparison.latent_spaces(columns, half_width=4),
            "home",
            *map(run_cache.version, runs),
        ),
        key="home-latent",
        height=380,
        aspect=1 / comparison.width_of(len(columns)),
        alt="Held-out latent spaces of runs of several β, with the prior's 1 and 2 sigma circles",
    )
    for cell, run in zip(cells(len(runs)), runs, strict=True):
        with cell:
            manifold_picture(run, 8, f"β = {run.config.beta:g}")
            test = run_cache.last_test(run)
            if test and Contents(run.config).has_rate:
                st.markdown(
                    f"rate **{test['rate']:.1f}**  \ndistortion **{test['distortion']:.1f}**"
                )
st.caption(
    "Above: each point is a held-out image at its posterior mean, coloured by its label; at most "
    f"{comparison.MAX_POINTS:,} per run are drawn. The dotted circles show 1 and 2 standard "
    "deviations of the prior. Below: the decoded latent plane, then the held-out rate and "
    "distortion in nats per image."
)
markdown.explain(
    "The loss, term by term",
    r"""
$$
\text{loss} = \underbrace{\mathbb E_{q(z \mid x)}[-\log p(x \mid z)]}_{\text{distortion}} +
\beta\, \underbrace{\mathrm{KL}(q(z \mid x)\,\|\,p(z))}_{\text{rate}}, \qquad
\mathrm{KL} = \tfrac12 \sum_i \left(\mu_i^2 + \sigma_i^2 - 1 - \log \sigma_i^2\right)
$$

The encoder gives each image a posterior $q(z \mid x) = \mathcal N(\mu, \sigma^2)$. The *distortion*
is the cost, in nats, of reconstructing the image from a sample of the posterior. The *rate* is how
far the posterior is from the prior $p(z) = \mathcal N(0, I)$. With $\beta = 1$ the loss is the
negative ELBO (Kingma & Welling, 2014). A larger $\beta$ gives a lower rate at a higher distortion
(Higgins et al., 2017). The distortion is summed over pixels, the rate over latent dimensions.
""",
)

with st.container(horizontal=True):
    st.page_link("app_pages/learn/page.py", label="Learn what KL is", icon=":material/school:")
    st.page_link(
        "app_pages/train/page.py", label="Train with another β", icon=":material/play_circle:"
    )
    st.page_link("app_pages/compare/page.py", label="Compare runs", icon=":material/grid_view:")
    st.page_link(
        "app_pages/latent_space/page.py",
        label="Explore a latent space",
        icon=":material/scatter_plot:",
    )
    st.page_link("app_pages/manifold/page.py", label="Walk the manifold", icon=":material/apps:")

"""Autoencoder vs VAE: the same networks with and without noise and rate."""

import streamlit as st

from dashboard.access import actions, roles
from dashboard.app_pages.autoencoder import coverage, interpolations
from dashboard.app_pages.autoencoder import trios as autoencoder_trios
from dashboard.app_pages.autoencoder.trios import command
from dashboard.components.plot.plot import drawn, plot
from dashboard.figures import autoencoder as figures
from dashboard.shared import (
    markdown,
    name_box,
    png,
    run_cache,
    run_numbers,
    run_picker,
    run_queue,
    vanished,
)
from dashboard.shell import link, presentation
from vae_core.config import VaeLabError
from vae_core.kinds.contents import Contents
from vae_core.latent import samples

st.title("Autoencoder vs VAE")
st.markdown(
    "An autoencoder gives each image a **point** and decodes that point; a VAE gives it a "
    "**posterior**, decodes a sample of the posterior, and adds the rate to its loss. Here both "
    "have the same networks, first weights and batches. Only the noise and the rate differ."
)
trios = {trio.name: trio for trio in autoencoder_trios.trios()}
if not trios:
    raise run_picker.NothingToShowError(
        "There are no finished runs to set side by side yet: train an autoencoder, and VAEs of "
        "β = 0 and β = 1, on the Train page."
    )
NAMES = list(trios)
if "trio" not in st.session_state and (asked := link.take("trio", "run")):
    holding = [
        trio.name for trio in trios.values() if any(run and asked[0] in run.id for run in trio.runs)
    ]
    named = [name for name in NAMES if name == asked[0]] or holding
    if len(named) == 1:
        (st.session_state["trio"],) = named
    else:
        vanished.note("trio", asked[:1], run_picker.not_one_run(asked[0], named))
gone = vanished.empty_if_vanished("trio", NAMES, "The set of runs")
chosen = st.selectbox(
    "Runs of the same networks and seed",
    NAMES,
    None if gone else 0,
    placeholder="choose a set of runs",
    key="trio",
    bind="query-params",
    help="Sets of finished runs that differ in the model and β alone; complete sets first.",
)
if chosen is None:
    raise run_picker.NothingToShowError(gone or "Choose a set of runs.")
trio = trios[chosen] if chosen in trios else trios[NAMES[0]]
if st.session_state.get(presentation.PRESENTING):  # presentation mode hides the box
    st.caption(trio.name)

if trio.missing:
    kinds = ", ".join(config.model_label for config in trio.missing)
    st.info(
        f"Not trained yet in this set: {kinds}. Train it here or on the command line, to see it "
        "beside the others.",
        icon=":material/info:",
    )
    with st.container(key="form_missing"):
        st.code("\n".join(map(command, trio.missing)), language="bash", wrap_lines=True)
        if roles.role() == roles.TRAINER and st.button(
            "Train what is missing", icon=":material/play_arrow:", key="train_missing"
        ):
            try:
                started = actions.train(trio.missing)
            except VaeLabError as error:
                st.error(markdown.escape_markdown(str(error)), icon=":material/error:")
            else:
                if started:
                    run_queue.watch(started[0])
                st.switch_page("app_pages/train/page.py")

runs = [run for run in trio.runs if run is not None]
versions = tuple(map(run_cache.version, runs))
arrays = [run_cache.arrays(run) for run in runs]
label_names = [str(name) for name in arrays[0]["label_names"]]
shared_labels = [
    name for i, name in enumerate(label_names) if all((a["labels"] == i).any() for a in arrays)
]

with st.container(horizontal=True, vertical_alignment="bottom", key="form_walk"):
    ends = [("Walk from", "walk_from", 0), ("to", "walk_to", min(1, len(shared_labels) - 1))]
    for _, key, first in ends:
        run_picker.replace_missing_choice(key, shared_labels, shared_labels[first])
    start, end = (
        label_names.index(str(name_box.choose_name(title, shared_labels, key, first)))
        for title, key, first in ends
    )
    shared = st.toggle(
        "Same axes for all",
        key="same_axes",
        bind="query-params",
        help="At one scale, the wide latent space of an autoencoder dwarfs that of a VAE.",
    )
walks = interpolations.walks(runs, start, end)

st.subheader("Where the images are")
plot(
    drawn(
        lambda: figures.planes(
            [
                figures.Plane(
                    Contents(run.config).title,
                    a["posterior_mean"],
                    a["labels"],
                    label_names,
                    run_numbers.top_dims(run),
                    walk.latents,
                )
                for run, a, walk in zip(runs, arrays, walks, strict=True)
            ],
            shared,
        ),
        *("autoencoder-planes", start, end, shared, *versions),
    ),
    key="autoencoder-planes",
    height=500,
    aspect=1 / len(runs),
    alt="Held-out images in the latent spaces of the runs, with the circles of N(0, I)",
)
st.caption(
    "Each point is one held-out image at its posterior mean (for the autoencoder: its latents), "
    "coloured by its label. Each plane has its own scale, given in its title, unless all share "
    "one. Dotted: 1 and 2 standard deviations of N(0, I). An autoencoder is not trained towards "
    "N(0, I), so its latents can have any scale."
)

st.subheader("Pictures decoded from samples")
for column, run in zip(st.columns(3, gap="large"), runs, strict=False):
    with column:
        st.markdown(f"**{Contents(run.config).title}**")
        covered = coverage.coverage(run)
        st.metric(
            "coverage of N(0, I)",
            f"{covered.normal:.0%}",
            help="Share of samples of N(0, I) that lie near an encoded held-out image: nearer than "
            "to their 5th nearest other sample (Naeem et al., 2020). It would be "
            f"{covered.expected:.0%} if the encoded images were distributed as N(0, I).",
            border=True,
        )
        d = run.config.latent_dim
        png.show_png(
            run_cache.decoded(run, samples.prior_samples(coverage.SAMPLES, d), 6),
            f"z from {Contents(run.config).origin}",
            f"Decoded samples of N(0, I), {Contents(run.config).title}",
        )
        z = samples.fitted_normal_samples(coverage.SAMPLES, coverage.encoded(run))
        png.show_png(
            run_cache.decoded(run, z, 6),
            f"z from a normal fitted to the encoded images (coverage {covered.fitted:.0%})",
            f"Decoded samples of a fitted normal, {Contents(run.config).title}",
        )
st.caption(
    "The upper pictures decode the same samples of N(0, I) in every column. The VAE with β = 1 was "
    "trained to be sampled from this prior. At β = 0 nothing pulled the posteriors to it, and an "
    "autoencoder has no prior. The lower pictures therefore sample a normal with the mean and "
    "covariance of the encoded images. Where a sample falls between the images, the decoder was "
    "never trained."
)

st.subheader(
    f"A straight walk from {markdown.shown_name(label_names[start])} "
    f"to {markdown.shown_name(label_names[end])}"
)
GAPS = "latent<br>(gaps)"
PIXELS = "pixels<br>(rms)"
shown = [
    {GAPS: walk.gaps} | ({PIXELS: walk.pixels} if walk.pixels is not None else {}) for walk in walks
]
tops = {name: 1.1 * max(max(d[name].max() for d in shown if name in d), 1e-6) for name in shown[0]}
for run, walk, distances in zip(runs, walks, shown, strict=True):
    st.markdown(f"**{Contents(run.config).title}**")
    plot(
        drawn(
            lambda run=run, walk=walk, distances=distances: figures.walk(  # type: ignore[misc]
                run_cache.inference(run).decode(walk.latents), distances, tops
            ),
            *("autoencoder-walk", start, end, repr(tops), run_cache.version(run), *versions),
        ),
        key=f"autoencoder-walk-{run.config.model_label}",
        height=150 + 80 * len(distances),
        alt=f"Decoded steps of the walk, and the distance of each to the nearest held-out image, "
        f"{Contents(run.config).title}",
    )
st.caption(
    "The walk joins the most typical images of the two labels: those nearest to the mean of their "
    "label. *latent*: distance of the step to the nearest encoded held-out image. The unit, a gap, "
    "is the median distance of an encoded image to its nearest neighbour in the same run, so runs "
    "of any scale can be compared. *pixels*: root mean square difference of the decoded step and "
    "the nearest held-out image, in grey levels of 0 to 1. Both ends of a walk are encoded images, "
    "so *pixels* is at most the error of their reconstruction there."
)
if any(walk.pixels is None for walk in walks):
    st.caption("The images are not on this machine, so distances in pixels are left out.")
markdown.explain(
    "Why an autoencoder can't be sampled from",
    r"""
$$
\text{autoencoder: } -\log p\big(x \mid z = \mu(x)\big) \qquad\qquad
\text{VAE: } \mathbb E_{z \sim \mathcal N(\mu(x), \sigma^2(x))}[-\log p(x \mid z)]
+ \beta\, \mathrm{KL}\big(q(z \mid x) \,\|\, p(z)\big)
$$

The decoder of an autoencoder is trained only at the points $\mu(x)$ of training images
(Hinton & Salakhutdinov, 2006). The loss doesn't say where these points lie, so they spread out and
leave gaps, in which the decoder is untrained. With $\beta = 0$ there is noise, but $\sigma$ may
shrink to almost nothing while the means spread out. With $\beta > 0$, the rate makes this costly
(Kingma & Welling, 2014), so the posteriors come to fill the prior. An autoencoder has points in
place of posteriors. The KL of a point from the prior is infinite, so an autoencoder has no rate and
no elbo here.

**Coverage** (Naeem et al., 2020, eq. 4) with samples $z_i$ of $\mathcal N(0, I)$ and encoded images
$y_j$, equally many:

$$
\frac1n \sum_{i=1}^n \mathbf 1\big[\exists j : \lVert y_j - z_i \rVert \le
r_k(z_i)\big], \qquad r_k(z_i) \text{: distance to the } k\text{-th nearest other sample},\ k = 5.
$$

It is the share of the prior's mass that lies near encoded images. It is not symmetric: exchanging
samples and images changes it. If both are samples of one distribution, its mean is
$1 - \prod_{i=1}^{k} \frac{n-i}{2n-i} \approx 1 - 2^{-k} = 0.97$.

To sample an autoencoder, one can fit a density to its latents afterwards (Ghosh et al., 2020); the
normal used here is the simplest one.
""",
)

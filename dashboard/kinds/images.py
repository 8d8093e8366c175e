"""Show images: as pictures, alone or in rows."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import streamlit as st

from dashboard.components.decoder.decoder import decoder
from dashboard.components.plot.plot import drawn, plot
from dashboard.figures import dim_name, pictures
from dashboard.figures.picture_rows import picture_rows
from dashboard.kinds import image_comparison
from dashboard.kinds.base import Comparison
from dashboard.shared import markdown, png, run_cache, run_numbers
from dashboard.shared.posteriors import Posteriors, training_posteriors
from vae_core.data.dataset import DatasetError, with_channels
from vae_core.data.upload.reader import Upload
from vae_core.kinds.contents import Contents
from vae_core.latent import samples
from vae_core.runs.errors import RunError
from vae_core.runs.run import Run

PICTURES = 10  # in a row of the live view
PREVIEWED = 6  # images in the preview of a file
PREVIEW_SIDE = 96  # pixels per side of each


class Images:
    """See `dashboard.kinds.base.ShownKind`."""

    name = "images"
    shown_as = "pictures"
    shown_on = ""
    hover = "what it decodes to"
    can_be_drawn = True
    groups_help = "Groups are kept with your runs, for the Arithmetic page."
    most_members = 36
    collapsed = "shows one mean picture"
    training_note = ""
    runs_key = "runs"
    bounds = "only the binarised ones bound a likelihood, so never compare them with the others"
    decoded_notes = r"""
- **Reconstructions** blur as $\beta$ grows: z then carries fewer nats about which image it was.
- **Samples of the prior** look like samples of the aggregate posterior only if the posteriors fill
  the prior.
"""

    def counted(self, count: int, item_shape: tuple[int, ...]) -> str:
        height, width, _ = item_shape
        return f"{count:,} images of {width}x{height}"

    def browser_decoder(self, run: Run) -> str | None:
        return decoder(run)

    def encode_training(self, run: Run) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        return training_posteriors(run)

    def hover_texts(self, run: Run, q: Posteriors) -> list[str] | None:
        del run, q
        return None

    def show_point(self, run: Run, q: Posteriors, row: int) -> None:
        shown = Contents(run.config)
        mean, std = q.mean[row], np.exp(0.5 * q.log_var[row])
        png.show_png(
            run_cache.decoded(run, mean[None], 1, 224),
            f"{q.item_name(row)}, {markdown.shown_name(q.label_names[q.labels[row]])}: its "
            f"{shown.mean}, decoded",
            "What the picked image is decoded to",
            "content",
        )
        if row < q.held_out:
            with contextlib.suppress(DatasetError):  # not on this machine
                (image,) = run_cache.held_out(run.config.dataset, (row,))
                png.show_png(
                    pictures.png(pictures.enlarged(image, 112)),
                    "the image itself",
                    "The picked held-out image",
                    "content",
                )
        dims = sorted(run_numbers.dims_by_use(run)[:2])
        if not shown.has_spread:
            st.markdown("\n".join(f"- {dim_name(i)}: {mean[i]:.2f}" for i in dims))
            return
        st.markdown("\n".join(f"- {dim_name(i)}: mean {mean[i]:.2f}, σ {std[i]:.2f}" for i in dims))
        noise = np.random.default_rng(0).standard_normal((8, len(mean))).astype(np.float32)
        png.show_png(
            run_cache.decoded(run, mean + std * noise, 4, 224),
            "eight samples of its posterior, decoded",
            "Decoded samples of the posterior of the picked image",
            "content",
        )

    def show_centre(self, run: Run, centre: np.ndarray) -> None:
        png.show_png(
            run_cache.decoded(run, centre, 1, 224),
            "their mean, decoded",
            "The decoded mean of the selected posterior means",
        )

    def show_members(self, run: Run, q: Posteriors, chosen: np.ndarray, some: str) -> None:
        png.show_png(
            run_cache.decoded(run, q.mean[chosen], 9),
            f"{some}each decoded",
            "Decoded posterior means of selected images",
        )

    def show_links(self) -> None:
        """Show no links: all other pages show images."""

    def show_snapshot(self, run: Run, arrays: dict[str, np.ndarray], ended: bool) -> None:
        if not ended and "images" not in arrays:  # a snapshot of an older version
            return
        try:
            figure = drawn(
                lambda: picture_rows(
                    _decoded_rows(run, arrays["labels"]) if ended else _snapshot_rows(run, arrays)
                ),
                *("pictures", run_cache.version(run, "arrays" if ended else "snapshot")),
            )
        except (DatasetError, RunError) as error:
            st.caption(str(error))
            return
        plot(
            figure,
            key=f"pictures-{run.id}",
            height=236,
            alt="Held-out images, their reconstructions, and decoded samples of the prior",
        )
        shown = Contents(run.config)
        untrained = "" if shown.has_prior else ", which the autoencoder was not trained to decode"
        st.caption(
            f"Held-out images, their decoded {shown.points}, and decoded samples of "
            f"{shown.origin}{untrained}. Images and samples stay the same during training."
        )

    def show_comparison(self, compared: Comparison) -> None:
        image_comparison.show_comparison(compared)

    def preview_size(self, item_shape: tuple[int, ...]) -> str:
        height, width, _ = item_shape
        return f"images of **{width}x{height}** pixels"

    def show_preview(self, upload: Upload) -> None:
        s = upload.summary
        labelled = len(s.label_names) > 1
        shown = samples.spread_over_labels(upload.labels, PREVIEWED)
        with st.container(horizontal=True, key="own-preview"):
            for image, label in zip(upload.images[shown], upload.labels[shown], strict=True):
                name = s.label_names[label]
                png.show_png(
                    pictures.png(pictures.enlarged(image[..., None] / np.float32(255), 224)),
                    markdown.shown_name(name) if labelled else "no label",
                    f"A picture with the label {name}" if labelled else "A picture",
                    PREVIEW_SIDE,
                )
        with st.expander(f"Images of each label ({len(s.label_names)})"):
            st.table(
                [
                    {"label": markdown.quote(name), "images": f"{count:,}"}
                    for name, count in zip(s.label_names, s.counts, strict=True)
                ]
            )


def _snapshot_rows(run: Run, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the rows of pictures of a run in training: title -> (n, h, w, c) in [0, 1]."""
    return {
        "held out": with_channels(arrays["images"]) / 255,
        "reconstructed": with_channels(arrays["reconstructions"]) / 255,
        f"from {Contents(run.config).origin}": with_channels(arrays["prior_samples"]) / 255,
    }


def _decoded_rows(run: Run, labels: np.ndarray) -> dict[str, np.ndarray]:
    """Return the same rows for a trained run, decoded by its networks."""
    indices = samples.spread_over_labels(labels, PICTURES)
    images = run_cache.held_out(run.config.dataset, tuple(int(i) for i in indices))
    networks = run_cache.inference(run)
    posterior_mean, _ = networks.encode(images)
    shown = Contents(run.config)
    return {
        "held out": images,
        "reconstructed": networks.decode(posterior_mean),
        f"from {shown.origin}": networks.decode(
            samples.prior_samples(len(images), run.config.latent_dim, prior=networks.prior)
        ),
    }

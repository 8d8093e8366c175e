"""Show texts in tables, alone or beside their reconstructions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import streamlit as st

from dashboard.figures import dim_name
from dashboard.kinds import text_comparison
from dashboard.kinds.base import Comparison
from dashboard.kinds.text_tables import ROWS, decode, held_out_texts, table, texts_of_run
from dashboard.shared import run_cache, run_numbers
from dashboard.shared.posteriors import Posteriors
from vae_core.data import registry
from vae_core.data.dataset import DatasetError
from vae_core.data.upload.reader import Upload
from vae_core.kinds.contents import Contents
from vae_core.latent.samples import prior_samples, spread_over_labels
from vae_core.runs.run import Run


class Texts:
    """See `dashboard.kinds.base.ShownKind`."""

    name = "text"
    shown_as = "texts"
    shown_on = "Texts are on the pages Words and Latent space."
    hover = "its label"
    can_be_drawn = False
    groups_help = "Groups are kept with your runs."
    most_members = 16
    collapsed = "writes the same text"
    training_note = ", with characters hidden by word dropout"
    runs_key = "runs_text"
    bounds = "they are lower bounds on log p(x)"
    decoded_notes = r"""
- **Reconstructions** are exact if the rate is large enough to tell items apart. As $\beta$ grows,
  common items take their place, and at last one item for all.
- **Samples of the prior** are like the data only if the posteriors together cover the prior.
"""

    def display(self, texts: Sequence[str]) -> list[str]:
        """Return texts as they are shown."""
        return list(texts)

    def counted(self, count: int, item_shape: tuple[int, ...]) -> str:
        return f"{count:,} texts of up to {item_shape[0] - 1} characters"

    def browser_decoder(self, run: Run) -> str | None:
        del run
        return None

    def encode_training(self, run: Run) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        data = registry.stored(run.config.dataset)
        if data.sha256 != run_cache.dataset_sha256(run):
            raise DatasetError(f"{data.name} holds other texts than the run was trained on.")
        yield *run_cache.text_inference(run).encode(data.x_train), data.y_train

    def hover_texts(self, run: Run, q: Posteriors) -> list[str] | None:
        """Return the text of each posterior; None if the data set is not on this machine."""
        texts = texts_of_run(run, "test")
        if texts is not None and len(q.labels) > q.held_out:
            texts = texts + (texts_of_run(run, "train") or [])
        return None if texts is None else self.display(texts)

    def show_point(self, run: Run, q: Posteriors, row: int) -> None:
        mean, std = q.mean[row], np.exp(0.5 * q.log_var[row])
        noise = np.random.default_rng(0).standard_normal((8, len(mean))).astype(np.float32)
        decoded = decode(run, np.concatenate([mean[None], mean + std * noise]))
        decoded_mean, *decoded_samples = self.display(decoded)
        shown = Contents(run.config)
        lines = [[f"its {shown.mean}, decoded", decoded_mean]]
        if strings := self.hover_texts(run, q):
            lines.insert(0, [q.item_name(row), strings[row]])
        st.html(table(lines))
        dims = sorted(run_numbers.dims_by_use(run)[:2])
        if not shown.has_spread:
            st.markdown("\n".join(f"- {dim_name(i)}: {mean[i]:.2f}" for i in dims))
            return
        st.markdown("\n".join(f"- {dim_name(i)}: mean {mean[i]:.2f}, σ {std[i]:.2f}" for i in dims))
        st.html(table([[sample] for sample in decoded_samples]))
        st.caption("Eight samples of its posterior, each decoded with the likeliest tokens.")

    def show_centre(self, run: Run, centre: np.ndarray) -> None:
        st.html(table([decode(run, centre)], ["their mean, decoded"]))

    def show_members(self, run: Run, q: Posteriors, chosen: np.ndarray, some: str) -> None:
        strings, decoded = self.hover_texts(run, q), self.display(decode(run, q.mean[chosen]))
        lines = [[text] for text in decoded]
        if strings:
            lines = [[strings[row], text] for row, text in zip(chosen, decoded, strict=True)]
        half = -(-len(lines) // 2)
        for place, part in zip(st.columns(2), (lines[:half], lines[half:]), strict=True):
            if part:
                place.html(table(part, ("selected", "decoded")[-len(part[0]) :]))
        st.caption(f"{some}each decoded from its posterior mean.")

    def show_links(self) -> None:
        st.page_link(
            "app_pages/words/page.py", label="Words: walks and samples", icon=":material/abc:"
        )

    def show_snapshot(self, run: Run, arrays: dict[str, np.ndarray], ended: bool) -> None:
        if ended:
            chosen = spread_over_labels(arrays["labels"], ROWS)
            strings = held_out_texts(run)
            originals = [strings[i] for i in chosen] if strings else ["not on this machine"] * ROWS
            columns = [originals, decode(run, run_cache.arrays(run)["posterior_mean"][chosen])]
            prior = run_cache.text_inference(run).prior
            samples = decode(run, prior_samples(ROWS, run.config.latent_dim, prior=prior))
        else:
            columns = [list(map(str, arrays[k])) for k in ("texts", "reconstructions")]
            samples = list(map(str, arrays["prior_samples"]))
        columns = [self.display(column) for column in (*columns, samples)]
        shown = Contents(run.config)
        st.html(
            table(
                list(zip(*columns, strict=False)),
                ("held out", f"its {shown.point}, decoded", f"from {shown.origin}"),
            )
        )

    def show_comparison(self, compared: Comparison) -> None:
        text_comparison.show_comparison(compared.runs, compared.names, self.display)

    def preview_size(self, item_shape: tuple[int, ...]) -> str:
        return f"texts of at most **{item_shape[0] - 1}** characters"

    def show_preview(self, upload: Upload) -> None:
        st.html(table([list(upload.texts[i : i + 5]) for i in range(0, 20, 5)]))

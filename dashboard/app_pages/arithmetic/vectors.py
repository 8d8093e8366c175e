"""Add a vector to pictures, and check it on pictures that it was not made from."""

from __future__ import annotations

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard.app_pages.arithmetic.directions import Direction
from dashboard.components.decoder.decoder import decoder
from dashboard.components.vector.vector import Row, Still, Tile, vector
from dashboard.figures import pictures
from dashboard.shared import markdown, name_box, png, run_cache
from dashboard.shared.posteriors import Posteriors
from vae_core.bidirectional import isolated
from vae_core.data import registry
from vae_core.data.dataset import DatasetError
from vae_core.latent import attributes
from vae_core.runs.run import Run

MOST, STEP = 3.0, 0.05  # largest strength, and the slider's step
STRENGTH = "arithmetic_strength"
STRIP = 7  # pictures from strength 0 to the slider's
SHOWN = 8  # pictures shown of the half of a group that the vector was not made from
MOST_CHECKED = 100  # pictures of each group that are decoded and encoded for the check
FEW = 1000  # training images


def warn_of_small_data(run: Run) -> None:
    """Show how many images the run was trained on, if they are few."""
    source = registry.DATASETS.get(run.config.dataset)
    if source and source.train_images < FEW:
        st.caption(
            f"{run.config.dataset} is small: this run was trained on {source.train_images} "
            "pictures, so what it decodes between them is uncertain."
        )


def board(run: Run, q: Posteriors, direction: Direction, start: int, side: DeltaGenerator) -> float:
    """Show what the vector does to a picture and to pictures that it was not made from.

    Args:
        run: the run.
        q: posteriors of its held-out images.
        direction: the vector.
        start: row of the picture.
        side: the container of the other widgets.

    Returns:
        The chosen strength.
    """
    name = decoder(run)
    rows = _rows(run, q, direction, start)
    if name is None:
        strength = float(
            st.slider("Strength", -MOST, MOST, 1.0, STEP, key=STRENGTH, bind="query-params")
        )
        st.caption(
            "The browser can't decode this architecture; the server does, when you release the "
            "slider."
        )
        for row in rows:
            _show_decoded_row(run, row, direction.vector * strength)
    else:
        with side, st.container(key="form_strength"):
            strength = float(
                st.number_input(
                    "Strength", -MOST, MOST, 1.0, STEP, key=STRENGTH, bind="query-params"
                )
            )
        vector(
            rows,
            direction.vector,
            strength,
            key=f"arithmetic-{run.id}",
            decoder=name,
            says=direction.says,
            most=MOST,
            step=STEP,
            on_strength=_set_strength,
        )
    includes = "includes" if start in direction.made_from else "does not include"
    st.caption(
        "Each picture shows what its posterior mean plus s times the vector decodes to. The number "
        f"below it is s. The group of pictures that the vector was made from {includes} picture "
        f"{start}."
    )
    return strength


def _set_strength(value: float) -> None:
    st.session_state[STRENGTH] = round(value, 2)


def _rows(run: Run, q: Posteriors, direction: Direction, start: int) -> list[Row]:
    strip: list[Tile | Still] = [
        Tile(q.mean[start], step / (STRIP - 1), f"Picture {start}", focus=step == STRIP - 1)
        for step in range(STRIP)
    ]
    try:
        (image,) = run_cache.held_out(run.config.dataset, (start,))
        strip.insert(0, Still(pictures.data_uri(pictures.png(image)), "itself"))
    except DatasetError as error:
        st.caption(markdown.escape_markdown(str(error)))
    board_rows = [Row(f"Picture {start}, and the vector added to it", strip, len(strip))]
    if direction.halves is None:
        plus, minus = direction.made_from
        pair = [
            Tile(q.mean[plus], 0, f"Picture {plus}", f"plus {plus}"),
            Tile(q.mean[minus], 0, f"Picture {minus}", f"minus {minus}"),
        ]
        return [
            *board_rows,
            Row("The vector: first picture minus second picture", pair, len(strip)),
        ]
    for name, rows, sign in zip(direction.names, direction.halves.shown_on, (1, -1), strict=True):
        shown = _random_rows(rows, SHOWN)
        if not len(shown):
            continue
        does = "the vector added" if sign > 0 else "the vector subtracted"
        tiles = [
            *(Tile(q.mean[row], 0, f"Picture {row}", f"{row}") for row in shown),
            *(Tile(q.mean[row], sign, f"Picture {row} with {does}") for row in shown),
        ]
        group = isolated(name_box.in_box(name))
        title = f"Pictures of “{group}” that the vector was not made from: {does}"
        board_rows.append(Row(title, tiles, SHOWN))
    return board_rows


def _random_rows(rows: np.ndarray, most: int) -> np.ndarray:
    """Draw at most `most` rows by a fixed seed, so that the examples are not hand-picked."""
    return np.sort(np.random.default_rng(1).permutation(rows)[:most])


def _show_decoded_row(run: Run, row: Row, step: np.ndarray) -> None:
    """Show a row of pictures, decoded on the server.

    Args:
        run: whose decoder is used.
        row: the pictures.
        step: (d,), the vector times its strength.
    """
    tiles = [tile for tile in row.tiles if isinstance(tile, Tile)]
    z = np.stack([tile.z + tile.factor * step for tile in tiles]).astype(np.float32)
    columns = min(row.columns, len(tiles))
    png.show_png(run_cache.decoded(run, z, columns), markdown.escape_markdown(row.title), row.title)


def held_out_check(run: Run, q: Posteriors, direction: Direction, strength: float) -> None:
    """Show how many pictures of the other halves the vector moves to the target group."""
    halves = direction.halves
    if halves is None:
        return  # one pair of pictures has no other half
    if not all(map(len, halves.shown_on)):
        st.info(
            "A group of one picture can't be halved. With two or more pictures in each group, half "
            "of them show whether the vector works for pictures it was not made from.",
            icon=":material/info:",
        )
        return
    st.subheader("Does the vector work for the other half?")
    means = [q.mean[rows].mean(axis=0) for rows in halves.made_from]
    table = []
    for own, aim, sign in ((0, 1, 1), (1, 0, -1)):
        checked = _random_rows(halves.shown_on[own], MOST_CHECKED)
        moved = _transfer(
            run,
            run.decoder_path.stat().st_mtime_ns,
            q.mean[checked],
            (sign * strength * direction.vector).astype(np.float32),
            means[own],
            means[aim],
            q.mean,
        )
        table.append(
            {
                "pictures": f"{moved.images} of “{markdown.shown_name(direction.names[own])}”",
                "nearer to": f"“{markdown.shown_name(direction.names[aim])}”",
                "as they are": f"{moved.before:.0%}",
                "moved by the vector": f"{moved.after:.0%}",
                "moved as far at random": f"{moved.random:.0%}",
            }
        )
    st.table(table)
    cosine = attributes.cosine_similarity(
        direction.vector,
        attributes.attribute_vector(*(q.mean[rows] for rows in halves.shown_on)),
    )
    how = (
        "The labels were halved at random, so no label is in both halves: "
        if halves.by_label
        else "Each group was halved at random: "
    )
    st.caption(
        f"{how}the vector comes from one half, and the table is about pictures of the other half. "
        "Each picture was moved, decoded, and encoded again. The table counts how many are then "
        "nearer to the mean of the other group than to the mean of their own. *Moved as far at "
        "random*: moved by the same distance along the difference of two random pictures. The "
        "run's own encoder judges, so a person may not see the change. The vectors made from "
        "the two halves have a cosine of "
        f"{cosine:.2f} (1: the same direction, 0: orthogonal)."
    )


@st.cache_data(max_entries=50, show_spinner=False, hash_funcs={Run: lambda run: str(run.path)})
def _transfer(
    run: Run,
    written: int,
    z: np.ndarray,
    step: np.ndarray,
    own: np.ndarray,
    aim: np.ndarray,
    all_means: np.ndarray,
) -> attributes.Transfer:
    """Return `vae_core.latent.attributes.transfer` from the cache."""
    del written  # part of the cache's key: new weights give new numbers
    return attributes.transfer(run_cache.inference(run), z, step, own, aim, all_means)

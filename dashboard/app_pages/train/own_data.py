"""The Train page: upload data sets, and import runs that somebody exported.

Nothing is stored before the visitor has seen a preview and pressed a button. Until then the data
lie in a private folder, not in the session.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import kinds
from dashboard.access import actions
from dashboard.shared import markdown, run_queue
from dashboard.shared.choice import choose_one
from vae_core.config import VaeLabError
from vae_core.data import own, registry, text_items, tokens
from vae_core.data.upload.labels import ALL, FREQUENT, NONE
from vae_core.data.upload.limits import DEFAULT_SIZE, FEWEST_IMAGES, MOST_LABELS, SIZES
from vae_core.data.upload.reader import Upload
from vae_core.sandbox import RefusedError

UPLOAD = "own_upload"  # key in the session: (file and size, the upload or its error)
LABELS = {
    ALL: "All",
    FREQUENT: f"{MOST_LABELS - 1} most frequent",
    NONE: "None",
}
ROUND = "own_round"  # key in the session: a counter that empties the file boxes


def section() -> None:
    """Show a foldable section to upload and delete data sets and to import runs."""
    with st.expander("Your own data, and runs of others", icon=":material/upload_file:"):
        _upload()
        _stored_data_sets()
        _import()


def _upload() -> None:
    smallest, largest = SIZES
    limits = actions.upload_limits()
    file = st.file_uploader(
        "Images or texts to train on",
        max_upload_size=max(actions.upload_mb(), 1),
        key=f"own_file_{st.session_state.get(ROUND, 0)}",
        help="**Arrays** (npz, npy, IDX as MNIST has it, each also gzipped): x, or x_train and "
        "x_test, as (n, height, width); labels y, or y_train and y_test; label_names.  \n**zip** "
        "of pictures: the names of their folders are the labels.  \n**csv**: one image per row; "
        "labels in a column named label.  \n**txt**: one text per line, in UTF-8.",
    )
    st.caption(
        "Arrays, a zip of pictures, a table of pixels, or .txt with one text per line; "
        f"{FEWEST_IMAGES} to {limits.images:,} images or {text_items.FEWEST_ITEMS} to "
        f"{text_items.MOST_ITEMS:,} texts of up to {tokens.LONGEST} characters, "
        f"{actions.upload_mb()} MB, "
        f"{MOST_LABELS} labels at most. Colour becomes grey, and the middle square is "
        "kept. Everybody who uses this host can see a data set that you keep."
    )
    size = st.number_input(
        "Pixels per side",
        smallest,
        largest,
        value=None,
        placeholder=f"unchanged if {smallest} to {largest}, else {DEFAULT_SIZE}",
        key="own_size",
    )
    labels = choose_one(
        "Labels",
        list(LABELS),
        format_func=LABELS.__getitem__,
        key="own_labels",
        bind=False,
        help=f"A data set may have {MOST_LABELS} labels. If a file has more, leave the labels out, "
        f"or keep the {MOST_LABELS - 1} most frequent and join the others as “other”.",
    )
    if file is None:
        _discard()
        return
    try:
        upload = _read(file, None if size is None else int(size), labels)
    except (VaeLabError, OSError) as error:
        st.error(markdown.escape_markdown(str(error)), icon=":material/error:")
        return
    s = upload.summary
    kind = kinds.of_name(s.name, s.kind)
    st.markdown(
        f"**{s.train:,}** training and **{s.test:,}** held-out {kind.preview_size(s.item_shape)}"
    )
    for note in s.notes:
        st.caption(markdown.escape_markdown(note))
    kind.show_preview(upload)
    st.button(
        "Keep this data set",
        icon=":material/save:",
        type="primary",
        key="own_keep",
        on_click=_keep,
        args=(upload,),
    )


def _read(file: Any, size: int | None, labels: str) -> Upload:
    """Make a data set from the file; it is read again only for another size or other labels.

    Raises:
        RoleError: a viewer asked.
        RefusedError: the file holds no data set.
    """
    key = (file.file_id, size, labels, actions.upload_limits())
    cached = st.session_state.get(UPLOAD)
    if cached is None or cached[0] != key:
        _discard()
        result: Upload | str
        try:
            with st.spinner("Reading…"):
                result = actions.read_upload(file.getbuffer(), file.name, size, labels)
        except RefusedError as error:
            result = str(error)
        cached = st.session_state[UPLOAD] = key, result
    if isinstance(cached[1], str):
        raise RefusedError(cached[1])
    return cached[1]


def _discard() -> None:
    """Delete the upload that was not stored."""
    cached = st.session_state.pop(UPLOAD, None)
    if cached and isinstance(cached[1], Upload):
        cached[1].discard()


def _keep(upload: Upload) -> None:
    """Store the previewed data set, and choose it in the form."""
    try:
        name = actions.keep_data(upload)
    except (VaeLabError, OSError) as error:
        st.toast(
            markdown.escape_markdown(f"It could not be kept: {error}"), icon=":material/error:"
        )
        return
    st.session_state["train_dataset"] = name
    _empty_boxes()
    st.toast(f"Kept as {name}.", icon=":material/check:")


def _empty_boxes() -> None:
    """Empty the file boxes, which also frees the files that Streamlit holds in memory."""
    _discard()
    st.session_state[ROUND] = st.session_state.get(ROUND, 0) + 1


def _stored_data_sets() -> None:
    for name in own.own_names():
        with st.container(horizontal=True, vertical_alignment="center", key=f"own-{name}"):
            try:
                source = registry.source(name)
                shown = kinds.of_name(name, source.kind)
                content = shown.counted(source.train_images, source.item_shape)
            except VaeLabError:
                content = "damaged"
            st.caption(f"{name} · {content}", width="stretch")
            with st.popover(
                "", icon=":material/delete:", type="tertiary", key=f"own-ask-{name}", help="Delete"
            ):
                st.write(f"Delete {name}? Runs that were trained on it stay, without its pictures.")
                st.button(
                    "Delete for good",
                    icon=":material/delete:",
                    type="tertiary",
                    key=f"own-delete-{name}",
                    on_click=_delete,
                    args=(name,),
                )


def _delete(name: str) -> None:
    try:
        actions.delete_data(name)
    except (VaeLabError, OSError) as error:
        st.toast(markdown.escape_markdown(str(error)), icon=":material/error:")
        return
    if st.session_state.get("train_dataset") == name:
        st.session_state["train_dataset"] = None  # no other one stands in for it


def _import() -> None:
    file = st.file_uploader(
        "A run that somebody exported",
        type=[".zip"],
        max_upload_size=max(actions.upload_mb(), 1),
        key=f"own_run_{st.session_state.get(ROUND, 0)}",
        help="A zip that was downloaded on the pages Manifold or Words. Its weights are checked "
        "and loaded into the networks that its config describes; nothing in it is executed.",
    )
    if file is None:
        return
    if st.button("Check and import", icon=":material/move_to_inbox:", key="own_import"):
        try:
            with st.spinner("Checking its weights; this takes some seconds…"):
                run = actions.import_run(file.getbuffer(), file.name)
        except (VaeLabError, OSError) as error:
            st.error(markdown.escape_markdown(str(error)), icon=":material/error:")
            return
        run_queue.watch(run)
        _empty_boxes()
        st.rerun()

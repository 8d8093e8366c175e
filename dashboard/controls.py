"""Widgets and cached look-ups that several pages share."""

from __future__ import annotations

import contextlib
import functools
import math
import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st

from dashboard.figures import pictures
from vae_core import analysis, datasets
from vae_core.architectures import TEXT_ARCHITECTURES
from vae_core.inference import Inference, TextInference
from vae_core.metrics import METRICS, NO_FACTORS
from vae_core.runs import (
    LOSSES,
    Group,
    Run,
    RunError,
    RunStore,
    default_store,
    pretrained_store,
)
from vae_core.sweep import sweep_id

# Fine near 0, where the rate changes most, and up to where everything collapses.
BETAS = (
    *(0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75),
    *(1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 15.0, 20.0),
)
PRESENTING = "presenting"  # in the session: see `dashboard.link`
MOST_RUNS = 8  # side by side: more are too narrow to read
COLLAPSED_RATE = 0.1  # nats: with no active unit, the posterior is the prior
STATE_BADGES = {
    "queued": (":material/hourglass_empty:", "gray"),
    "running": (":material/play_arrow:", "blue"),
    "finished": (":material/check:", "green"),
    "failed": (":material/error:", "red"),
    "cancelled": (":material/stop:", "orange"),
    "interrupted": (":material/pause:", "orange"),
}
BETA_ZERO = (
    "β = 0: the rate is not part of the loss, so nothing holds the posteriors near the prior. "
    "This is an autoencoder with noise; its rate runs off and is not optimised."
)
AUTOENCODER = (
    "An autoencoder: each {item} has a point of the latent space, not a posterior, and nothing "
    "holds the points near a prior. It has no rate and no elbo; latents are sampled from N(0, I) "
    "only to see what comes of it."
)


IMAGES, ANY_KIND = ("images",), ("images", "text", "melodies")
ITEMS = {  # one, several, and what numbers are nats of
    "images": ("image", "images", "an image"),
    "text": ("text", "texts", "a text"),
    "melodies": ("melody", "melodies", "a melody"),
}
SHOWN_AS = {"images": "pictures", "text": "texts", "melodies": "melodies"}
SHOWN_ON = {
    "images": "",
    "text": "Texts are on the pages Words and Latent space.",
    "melodies": "Melodies are on the pages Melodies and Latent space.",
}


class NothingToShowError(Exception):
    """Ends a page early, with a hint. (`st.stop` would end what app.py does after it, too.)"""


def all_runs(viewable: bool = True, kinds: tuple[str, ...] = IMAGES) -> list[Run]:
    """Runs of the store, newest first, then the pretrained ones; damaged ones are left out.

    Args:
        viewable: only those that the pages can show, see `Run.viewable`.
        kinds: of the data that they were trained on; most pages show pictures.
    """
    found: dict[str, Run] = {}
    for store in (default_store(), pretrained_store()):
        runs = scanned(store)[0][::-1]
        if store == pretrained_store():
            runs.sort(key=_shown_first)
        for run in runs:
            found.setdefault(run.id, run)
    return [run for run in found.values() if kind(run) in kinds and (run.viewable or not viewable)]


def kind(run: Run) -> str:
    """Of the data that it was trained on: `images`, `text`, or `melodies`, texts that one hears."""
    if run.config.architecture not in TEXT_ARCHITECTURES:
        return "images"
    return "melodies" if run.config.dataset == "melodies" else "text"


def item(run: Run) -> str:
    """What its data set holds: an `image`, a `text` or a `melody`."""
    return ITEMS[kind(run)][0]


def items(run: Run) -> str:
    """Several of them."""
    return ITEMS[kind(run)][1]


def an_item(run: Run) -> str:
    """What its numbers are nats of."""
    return ITEMS[kind(run)][2]


@contextlib.contextmanager
def one_look() -> Iterator[None]:
    """While a page runs once: each store is scanned once, though several parts ask what is there.

    To look through the 87 folders that ship takes 4 ms, and pages asked up to eight times.
    """
    _look.found = {}
    try:
        yield
    finally:
        _look.found = None


def look_again() -> None:
    """There are other runs now than when the page began."""
    if getattr(_look, "found", None):
        _look.found = {}


def scanned(store: RunStore) -> tuple[list[Run], dict[str, str]]:
    """`RunStore.scan`, within `one_look` the same each time; not to be written to."""
    found: dict[RunStore, tuple[list[Run], dict[str, str]]] | None = getattr(_look, "found", None)
    if found is None:
        return store.scan()
    if store not in found:
        found[store] = store.scan()
    return found[store]


_look = threading.local()  # a page runs in a thread


def warn_of_damage() -> None:
    """Name the run folders that can't be read."""
    for store in (default_store(), pretrained_store()):
        for reason in store.scan()[1].values():  # with what the page has just found
            st.warning(f"Not shown: {plain(reason)}", icon=":material/warning:")


def _shown_first(run: Run) -> tuple[bool, float, int]:
    """Of those that ship: whole ones, β = 1, the VAE proper, and the largest data set."""
    source = datasets.DATASETS.get(run.config.dataset)
    return not run.viewable, from_beta_one(run), -source.train_images if source else 0


def from_beta_one(run: Run) -> float:
    """How far its β is from that of the VAE proper, as a ratio; an autoencoder is none."""
    if not run.config.has_rate:
        return math.inf
    return abs(math.log(max(run.config.beta, 1e-3)))


def pretrained(run: Run) -> bool:
    return run.path.parent == pretrained_store().root


def imported(run: Run) -> bool:
    """Did somebody else train it? Then nobody here has seen where its numbers come from."""
    try:
        return run.status().imported
    except RunError:  # damaged, or deleted meanwhile
        return False


def find(run_id: str) -> Run | None:
    """The run of that id, of the store or pretrained; None where there is none."""
    for store in (default_store(), pretrained_store()):
        if store.has(run_id):
            return store.get(run_id)
    return None


def run_label(run: Run) -> str:
    """What a run is, in one line; unique, as every field that can differ is in the id."""
    c = run.config
    parts = [c.dataset, c.architecture, c.model_label, f"d {c.latent_dim}", f"seed {c.seed}"]
    if c.schedule != "constant" and c.reads("schedule"):
        parts.append(c.schedule)
    parts.append(f"{c.epochs} epochs")
    tail = c.id.rsplit("-", 1)[-1]
    if pretrained(run):
        tail = f"pretrained {tail}"
    elif imported(run):
        tail = f"imported {tail}"
    return " · ".join([*parts, tail])


def pick_run(
    key: str = "run",
    viewable: bool = True,
    kinds: tuple[str, ...] = IMAGES,
    suits: Callable[[Run], bool] = lambda _: True,
    none: str = "There are no runs to look at yet: train one on the Train page.",
) -> Run:
    """A select box of runs, kept in the URL and over the pages; the newest at first.

    Args:
        key: pages with the same key share the choice.
        viewable: see `all_runs`.
        kinds: see `all_runs`; where a run of another kind was chosen, that is said.
        suits: only runs of which this is true.
        none: what is said where there is no such run.

    Raises:
        NothingToShowError: there is nothing to pick from.
    """
    runs = {run_label(run): run for run in all_runs(viewable, kinds) if suits(run)}
    if not runs:
        raise NothingToShowError(none)
    asked = st.session_state.get(key)
    others = {}
    if asked is not None and asked not in runs:  # labels ask each run for its status
        others = {run_label(run): run for run in all_runs(viewable, _others(kinds))}
    if asked in others:
        held = kind(others[asked])
        here = " and ".join(SHOWN_AS[kind] for kind in kinds)
        st.caption(
            f"{plain(asked)} holds {ITEMS[held][1]}, and this page shows {here}: here is another "
            f"run. {SHOWN_ON[held]}"
        )
    if key in st.session_state and st.session_state[key] not in runs:  # deleted meanwhile
        st.session_state[key] = next(iter(runs))
    choice = st.selectbox(
        "Run",
        list(runs),
        key=key,
        bind="query-params",
        help="Newest first, then the pretrained ones.",
    )
    run = runs[choice] if choice in runs else next(iter(runs.values()))
    if st.session_state.get(PRESENTING):  # which hides the box
        st.caption(run_label(run))
    return run


def _others(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(kind for kind in ANY_KIND if kind not in kinds)


def path(key: str) -> str:
    """How to go from A to B: one of `analysis.INTERPOLATIONS`."""
    return st.segmented_control(
        "Path",
        analysis.INTERPOLATIONS,
        default=analysis.INTERPOLATIONS[0],
        required=True,
        key=key,
        bind="query-params",
        help="spherical: along the arc around the origin, as samples of the prior of many "
        "dimensions lie on a shell.",
    )


def replace_gone(key: str, options: Collection[str], first: str) -> None:
    """Before a box is shown: a choice that is not there any more gives way to the first.

    It was deleted meanwhile, or is of another run.
    """
    if key in st.session_state and st.session_state[key] not in options:
        st.session_state[key] = first


def sweep_of(run: Run) -> list[Run]:
    """The run and finished ones that differ from it in β alone, by β; the `MOST_RUNS` around it."""
    sweep = sweep_id(run.config)
    others = (
        other
        for other in all_runs()
        if other.id != run.id
        and sweep_id(other.config) == sweep
        and other.status().state == "finished"
        and not imported(other)  # it may have been trained on anything
    )
    runs = sorted([run, *others], key=lambda sibling: sibling.config.beta)
    first = max(0, min(runs.index(run) - MOST_RUNS // 2, len(runs) - MOST_RUNS))
    return runs[first : first + MOST_RUNS]


def groups(run: Run) -> dict[str, Group]:
    """Groups of its held-out items, by name: those that ship, and those saved on the pages.

    Of two of the same name it is the saved one.

    Raises:
        RunError: a file of them is damaged.
    """
    return pretrained_store().groups(run.id) | default_store().groups(run.id)


def explain(title: str, text: str) -> None:
    """A foldable explanation beside the picture it explains; Markdown with formulas."""
    with st.expander(title, icon=":material/school:"):
        st.markdown(text)


def plain(text: str) -> str:
    """Text of a link or a visitor for where Streamlit takes Markdown, which could load pictures."""
    return re.sub(r"([!#$&()*+.:<>@\[-`{-~])", r"\\\1", text)


def numbers_in(text: str) -> list[float]:
    """Numbers with commas between them; none where the text is anything else."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        return []


def badge(state: str) -> None:
    icon, colour = STATE_BADGES[state]
    st.badge(state, icon=icon, color=colour)  # type: ignore[arg-type]


def opened(run: Run) -> Run:
    """The same Run for all visitors and at every tick, which reads new lines of metrics alone."""
    with _opening:
        found = _opened.pop(str(run.path), run)
        _opened[str(run.path)] = found
        while len(_opened) > MOST_OPENED:
            del _opened[next(iter(_opened))]
    return found


_opened: dict[str, Run] = {}  # the one used last is the last
_opening = threading.Lock()
MOST_OPENED = 24


def last_test(run: Run) -> dict[str, Any] | None:
    """Held-out numbers after the last epoch, see `vae_core.vae.Evaluation.record`."""
    return _summary(run)[0]


def numbers(run: Run) -> Mapping[str, float]:
    """`Run.metrics`, kept for the next viewer."""
    return _summary(run)[1]


def _summary(run: Run) -> tuple[dict[str, Any] | None, dict[str, float]]:
    if not run.status().active:
        with contextlib.suppress(FileNotFoundError):
            return _summary_of(str(run.path), *metrics_version(run))
    return _summarised(opened(run))


def metrics_version(run: Run) -> tuple[int, ...]:
    """What tells a run's records from others and from later ones: a part of keys of caches.

    Raises:
        FileNotFoundError: it has none yet.
    """
    found = run.metrics_path.stat()
    return found.st_ino, found.st_size, found.st_ctime_ns


@functools.lru_cache(maxsize=4096)
def _summary_of(path: str, *_version: int) -> tuple[dict[str, Any] | None, dict[str, float]]:
    return _summarised(Run(Path(path)))


def _summarised(run: Run) -> tuple[dict[str, Any] | None, dict[str, float]]:
    epochs = run.records("epoch")
    return epochs[-1]["test"] if epochs else None, run.metrics()


def version(run: Run, name: str = "arrays") -> tuple[str, int]:
    """What tells a run's arrays from others and from later ones: a part of keys of caches."""
    try:
        return str(run.path), (run.path / f"{name}.npz").stat().st_mtime_ns
    except FileNotFoundError:
        return str(run.path), 0


def arrays(run: Run, name: str = "arrays") -> dict[str, np.ndarray]:
    """`Run.arrays`, read once for all viewers; not to be written to."""
    path, written = version(run, name)
    # By name: for what comes by place Streamlit asks for the signature each time.
    return _arrays(path=path, written=written, name=name)


@st.cache_resource(max_entries=48, show_spinner=False)  # more than ship: half a megabyte each
def _arrays(path: str, written: int, name: str) -> dict[str, np.ndarray]:
    del written
    return Run(Path(path)).arrays(name)


def seconds_left(run: Run) -> float | None:
    """How long a running run will still take, from the speed of its last steps and epochs."""
    records = run.records("start", "step", "epoch")
    starts = [i for i, record in enumerate(records) if record["kind"] == "start"]
    this_time = records[starts[-1] + 1 :] if starts else []
    recent = [r for r in this_time if r["step"] > 0][-20:]  # not the wait for the compiler
    if len(recent) < 2 or recent[-1]["epoch"] <= recent[0]["epoch"]:
        return None
    pace = (recent[-1]["seconds"] - recent[0]["seconds"]) / (
        recent[-1]["epoch"] - recent[0]["epoch"]
    )
    return float(pace * (run.config.epochs - recent[-1]["epoch"]))


def rate_per_dim(run: Run) -> np.ndarray:
    """Held-out rate of each latent dimension (d,), nats an image or text; nan of an autoencoder."""
    if not run.config.has_rate:
        return np.full(run.config.latent_dim, np.nan)
    test = last_test(run)
    return np.array(test["rate_per_dim"] if test else np.zeros(run.config.latent_dim))


def dims_by_use(run: Run) -> list[int]:
    """The latent dimensions, that of the largest rate first; an autoencoder's by variance."""
    if run.config.has_rate:
        return analysis.dims_by_rate(rate_per_dim(run))
    return analysis.dims_by_rate(arrays(run)["posterior_mean"].var(axis=0))


def metrics_row(run: Run) -> None:
    """Loss, distortion, rate and elbo, held out, as far as the run has them."""
    test = last_test(run)
    if test is None:
        return
    with st.container(horizontal=True):
        for name in (name for name in LOSSES if name in test):
            st.metric(
                name,
                f"{test[name]:.2f}",
                help=f"{METRICS[name].text} Held-out {items(run)}, nats {an_item(run)}.",
                border=True,
            )


def measured(run: Run) -> None:
    """All numbers of a finished run, with units and what they say."""
    found = numbers(run)
    if not found:
        return
    with st.expander("All held-out numbers", icon=":material/table:"):
        rows = [
            {
                "metric": metric.title,
                "value": f"{found[name]:z.{metric.decimals}f}",
                "unit": metric.unit,
                "what it says": metric.text,
            }
            for name, metric in METRICS.items()
            if name in found
        ]
        st.table(rows)
        if kind(run) == "images" and not datasets.has_factors(run.config.dataset):
            st.caption(NO_FACTORS)


def notes(run: Run, at_present: Mapping[str, float] | None = None) -> None:
    """What to know before reading this run's pictures.

    Args:
        at_present: active_units and rate of a run that still trains; else those of its end.
    """
    if imported(run):
        st.caption(":material/move_to_inbox: imported: its numbers are its sender's.")
    if not run.config.has_rate:
        st.info(AUTOENCODER.format(item=item(run)), icon=":material/info:")
        return
    if run.config.beta == 0:
        st.info(BETA_ZERO, icon=":material/info:")
    measured = at_present or numbers(run)
    if measured.get("active_units") == 0 and measured["rate"] < COLLAPSED_RATE:
        st.warning(
            f"Collapsed: no latent dimension varies with the {item(run)} any more. The posterior "
            "is all but the prior, the rate near 0, and the decoder "
            + ("shows one mean picture" if kind(run) == "images" else "writes the same")
            + " whatever z is.",
            icon=":material/warning:",
        )


def inference(run: Run) -> Inference:
    """The run's networks, loaded once for all viewers and again when its files change."""
    return _inference(str(run.path), run.decoder_path.stat().st_mtime_ns)


@st.cache_resource(max_entries=32, show_spinner=False)
def _inference(path: str, written: int) -> Inference:
    del written  # a part of the key; Streamlit would leave out a name that starts with _
    return Inference(Run(Path(path)))


def text_inference(run: Run) -> TextInference:
    """`inference` of a run on texts."""
    return _text_inference(str(run.path), run.decoder_path.stat().st_mtime_ns)


@st.cache_resource(max_entries=16, show_spinner=False)
def _text_inference(path: str, written: int) -> TextInference:
    del written
    return TextInference(Run(Path(path)))


@st.cache_resource(max_entries=4, show_spinner=False)
def melody_sources(part: str) -> list[str]:
    """`vae_core.datasets.melody_sources`, kept for the next viewer; not to be written to."""
    return datasets.melody_sources(part)


@st.cache_resource(max_entries=8, show_spinner=False)
def texts(dataset: str, part: str, sha256: str) -> list[str]:
    """`vae_core.datasets.texts`, kept for the next viewer; not to be written to."""
    return datasets.texts(dataset, part, sha256)


def trained_on(run: Run) -> str:
    """SHA-256 of the content of its data set, as it was when training began."""
    starts = opened(run).records("start")
    return str(starts[-1]["dataset"]["sha256"]) if starts else ""


def top_dims(run: Run) -> tuple[int, int]:
    """The two latent dimensions to show first: of more than two, those of the largest rate."""
    d = run.config.latent_dim
    if d <= 2:
        return 0, d - 1
    first, second, *_ = dims_by_use(run)
    return first, second


def picture(
    png: bytes, caption: str, alt: str, width: int | Literal["stretch", "content"] = "stretch"
) -> None:
    """A PNG as it is: by default Streamlit would make a JPEG of it, which takes time and blurs.

    Args:
        width: as wide as there is room, as the picture is, or in pixels.
    """
    st.image(png, width=width, caption=caption, alt=alt, output_format="PNG")


def decoded(run: Run, z: np.ndarray, columns: int, side: int = 400) -> bytes:
    """What latents z (n, d) decode to, side by side, as PNG; kept for the next viewer.

    Args:
        columns: pictures a row.
        side: pixels across at least.
    """
    return _decoded(str(run.path), run.decoder_path.stat().st_mtime_ns, z, columns, side)


@st.cache_data(max_entries=200, show_spinner=False)
def _decoded(path: str, written: int, z: np.ndarray, columns: int, side: int) -> bytes:
    del written  # a part of the key: with other weights there are other pictures
    images = inference(Run(Path(path))).decode(z)
    return pictures.png(pictures.enlarged(analysis.sheet(images, columns, gap=1), side))


@st.cache_data(max_entries=16, show_spinner=False)
def held_out(dataset: str, indices: tuple[int, ...]) -> np.ndarray:
    """`vae_core.datasets.held_out`, kept for the next viewer."""
    return datasets.held_out(dataset, indices)

"""The boxes of the Train page's form: one for each field of a config, made from its metadata."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from dashboard.access import roles
from dashboard.components.plot.plot import plot
from dashboard.figures import curves
from dashboard.shared import markdown, vanished
from vae_core import kinds
from vae_core.config import FIELDS, OPTIMISER, RunConfig
from vae_core.data import registry
from vae_core.data.dataset import DatasetError
from vae_core.data.source import Family, Source
from vae_core.settings import Setting

MAX_SEEDS = 5  # most seeds of a sweep
# The default number of epochs for an uploaded data set: about OWN_STEPS steps, within OWN_EPOCHS.
OWN_STEPS, OWN_EPOCHS = 2500, (20, 500)
CHOSEN_FIRST = ("dataset", "model", "beta")  # other fields depend on them
FIRST_IN_ROW = ("architecture", "latent_dim", "epochs", "schedule", "batch_size")


def choose_config(beta: float, model: str) -> RunConfig:
    """Show the boxes, and return the chosen config. Its seed is the first one of a sweep.

    Args:
        beta: β of the run, or the largest β of a sweep. The plotted schedule ends at this value.
        model: a VAE or an autoencoder.
    """
    values: dict[str, Any] = {name: setting.default for name, setting in FIELDS.items()}
    values |= {"beta": beta, "model": model}
    row, conditional, optimiser = _fields_by_place()
    with st.container(horizontal=True):
        chosen = _choose_data_set()
        family = registry.source(chosen).family
        values["dataset"] = _choose_size(chosen, family) if family else chosen
        source = registry.source(values["dataset"])
        _choose_fields(row, values, source, chosen)
    _choose_fields(conditional, values, source, chosen)
    if sentence := source.missing():
        st.warning(f"Not here: {markdown.escape_markdown(sentence)}", icon=":material/folder_off:")
    curve = st.empty()
    with st.expander(OPTIMISER), st.container(horizontal=True):
        _choose_fields(optimiser, values, source, chosen)
    config = RunConfig(**values)
    if config.schedule != "constant":
        steps_per_epoch = source.train_images // config.batch_size
        with curve:
            plot(
                curves.schedule(config, max(steps_per_epoch, 1)),
                key="train-schedule",
                height=180,
                alt=f"The {config.schedule} schedule over the steps of the run",
            )
    return config


def _fields_by_place() -> tuple[list[str], list[str], list[str]]:
    """Return the names of the fields in the row of boxes, below it, and in the expander.

    Fields that only matter for some choices of other fields are below the row.
    """
    row, conditional, optimiser = list(FIRST_IN_ROW), [], []
    for name, setting in FIELDS.items():
        if setting.group == OPTIMISER:
            optimiser.append(name)
        elif set(setting.read_when) - {"model"}:
            conditional.append(name)
        elif name not in (*FIRST_IN_ROW, *CHOSEN_FIRST):
            row.append(name)
    return row, conditional, optimiser


def _choose_data_set() -> str:
    """Show the choice of the data set, and return its name.

    Raises:
        DatasetError: the chosen one was deleted; the message is Markdown.
    """
    names = registry.names()
    key = "train_dataset"
    vanished.note_unknown_of_link(key, names, "The data set")
    gone = vanished.empty_if_vanished(key, names, "The data set")
    name: str | None = st.selectbox(
        FIELDS["dataset"].title,
        names,
        None if gone else 0,
        key=key,
        bind="query-params",
        placeholder="choose a data set",
    )
    if name is None:
        raise DatasetError(gone or "Choose a data set.")
    return name


def _choose_size(name: str, family: Family) -> str:
    """Show the choice of number and size of the images, and return the data set's name.

    Args:
        name: of the family in the box of data sets.
        family: its range of numbers and sizes.
    """
    number = st.number_input(
        "Pictures",
        *family.numbers,
        key=f"train_{name}_number",
        bind="query-params",
        help="All are different, drawn from known factors. A fifth of them is held out.",
    )
    size = st.number_input(
        "Pixels per side", *family.sizes, key=f"train_{name}_size", bind="query-params"
    )
    return family.name(number, size)


def _choose_fields(names: list[str], values: dict[str, Any], source: Source, chosen: str) -> None:
    """Show a box for each field that has an effect, and store what is chosen in `values`.

    Args:
        names: of the fields.
        values: of all fields so far.
        source: of the chosen data set.
        chosen: the name chosen in the box of data sets. It is the same for all sizes of a family.
    """
    for name in names:
        setting, key = FIELDS[name], f"train_{name}"
        if not setting.read_by(values, source.kind):
            continue
        if setting.choices and len(setting.choices_for()) == 1:
            continue  # there is nothing to choose until a plug-in adds a second
        of_kind = kinds.KINDS[source.kind].usual_settings
        usual = of_kind.get(name, setting.default)
        offered: Any = setting.offered or (setting.low, setting.high)
        low, high = offered
        if name in of_kind:
            key += f"_{source.kind}"
        if name == "epochs":
            key += f"_{chosen}"
            high = min(high, max(roles.limits().epochs or high, 1))
            usual = min(_usual_epochs(source), high)
        elif name == "batch_size" and source.own:
            key += f"_{chosen}"
            high = min(high, source.train_images)
            usual = min(usual, high)
        elif name == "seed":
            high -= MAX_SEEDS  # the seeds of a sweep go up from this one
        values[name] = _choose_value(
            replace(setting, default=usual, offered=(low, high)), key, source.kind
        )


def _choose_value(setting: Setting, key: str, kind: str) -> Any:
    """Show the box of a field, and return what is chosen.

    Args:
        setting: of the field.
        key: of the box.
        kind: of the data.
    """
    if setting.choices:
        choices = setting.choices_for(kind)
        return st.selectbox(
            setting.title,
            choices,
            choices.index(setting.default),
            key=key,
            bind="query-params",
            help=setting.note or None,
        )
    offered: Any = setting.offered or (None, None)
    low, high = (x if x is None else setting.type(x) for x in offered)
    if (low, high) == (0.0, 1.0):
        return st.slider(
            setting.title,
            low,
            high,
            setting.default,
            key=key,
            bind="query-params",
            help=setting.note or None,
        )
    return st.number_input(
        setting.title,
        low,
        high,
        setting.default,
        setting.step,
        "%g" if setting.step else None,
        key=key,
        bind="query-params",
        help=setting.note or None,
    )


def _usual_epochs(source: Source) -> int:
    if not source.own:
        return source.usual_epochs
    steps = max(1, source.train_images // min(RunConfig.batch_size, source.train_images))
    least, most = OWN_EPOCHS
    return max(least, min(most, round(OWN_STEPS / steps)))

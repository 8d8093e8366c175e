"""python -m vae_core describe"""

from __future__ import annotations

from typing import Any

import click
import numpy as np
from rich.table import Table

from vae_core import kinds
from vae_core.cli.config_options import chosen, config_options
from vae_core.cli.options import Command, json_option, store_option
from vae_core.cli.printing import OUT, native_stderr_silenced, print_json
from vae_core.data import registry
from vae_core.data.dataset import Dataset, DatasetError
from vae_core.data.source import Source
from vae_core.data.upload.labels import UNLABELLED
from vae_core.data.upload.reader import Upload


@click.command(
    cls=Command,
    params=[
        *config_options("dataset", "architecture", "latent_dim"),
        store_option(),
        json_option(),
    ],
)
def command(as_json: bool, **values: Any) -> int:
    """Show a data set, and the layers of the networks and their parameter counts.

    A file of your own is read, but not stored.
    """
    options = chosen(values, lambda base: [base])
    (config,), upload = options
    source = options.source
    kind = kinds.of_name(config.dataset, source.kind)
    data = _loaded(config.dataset, upload)
    vocabulary = data.vocabulary if data else ""
    if kind.has_vocabulary and not vocabulary:
        vocabulary = registry.load(config.dataset).vocabulary
    with native_stderr_silenced():
        vae = kind.new_vae(config, source.item_shape, vocabulary)
    networks = [_described(network) for network in (vae.encoder, vae.decoder)]
    labelled = data is not None and data.label_names != UNLABELLED
    if as_json:
        print_json(
            {
                "dataset": config.dataset,
                "items": len(data.x_train) + len(data.x_test) if data else None,
                "training_items": source.train_images,
                "shape": list(source.item_shape),
                "label_names": list(data.label_names) if data and labelled else None,
                "notes": list(data.notes) if data else [],
                "image_size": source.size,
                "latent_dim": config.latent_dim,
                "networks": networks,
            }
        )
        return 0
    OUT.print(_data_in_words(config.dataset, source, data), markup=False)
    for network in networks:
        table = Table(title=f"{network['network']}: {network['parameters']:,} parameters")
        for title in ("layer", "kind", "output"):
            table.add_column(title)
        table.add_column("parameters", justify="right")
        for layer in network["layers"]:
            shapes = ", ".join("x".join(map(str, shape)) for shape in layer["output"])
            table.add_row(layer["name"], layer["kind"], shapes, f"{layer['parameters']:,}")
        OUT.print(table)
    return 0


def _loaded(name: str, upload: Upload | None) -> Dataset | None:
    """Return the data set; None if it is not on this machine."""
    try:
        return upload.source.load() if upload else registry.stored(name)
    except DatasetError:
        return None


def _data_in_words(name: str, source: Source, data: Dataset | None) -> str:
    """Describe a data set: its items, its labels, and how its file was read."""
    size = kinds.of_name(name, source.kind).size_in_words(source.item_shape)
    if data is None:
        return f"{name}: {source.train_images:,} training items, {size}; not on this machine"
    lines = [
        f"{name}: {len(data.x_train):,} training and {len(data.x_test):,} held-out items, {size}"
    ]
    if data.label_names == UNLABELLED:
        lines.append("no labels")
    else:
        counts = np.bincount(np.concatenate([data.y_train, data.y_test]))
        listed = [f"{n} ({c:,})" for n, c in zip(data.label_names, counts, strict=False)]
        lines.append(f"{len(listed)} labels: {', '.join(listed)}")
    return "\n".join([*lines, *data.notes])


def _described(network: Any) -> dict[str, Any]:
    """Describe a Keras model with values that JSON can hold."""
    return {
        "network": network.name,
        "parameters": network.count_params(),
        "layers": [
            {
                "name": layer.name,
                "kind": type(layer).__name__,
                "output": [list(output.shape[1:]) for output in _outputs(layer)],
                "parameters": layer.count_params(),
            }
            for layer in network.layers
        ],
    }


def _outputs(layer: Any) -> list[Any]:
    output = layer.output
    return output if isinstance(output, list) else [output]

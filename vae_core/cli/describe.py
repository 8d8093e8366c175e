"""python -m vae_core describe"""

from __future__ import annotations

from typing import Any

import click
from rich.table import Table

from vae_core import kinds
from vae_core.cli.config_options import config_of, config_options
from vae_core.cli.options import Command, json_option, store_option
from vae_core.cli.printing import OUT, native_stderr_silenced, print_json
from vae_core.data import registry


@click.command(
    cls=Command,
    params=[
        *config_options("dataset", "architecture", "latent_dim"),
        store_option(),
        json_option(),
    ],
)
def command(as_json: bool, **values: Any) -> int:
    """Show the layers of the networks and their parameter counts."""
    config = config_of(values)
    source = registry.source(config.dataset)
    kind = kinds.of_name(config.dataset, source.kind)
    vocabulary = registry.load(config.dataset).vocabulary if kind.has_vocabulary else ""
    with native_stderr_silenced():
        vae = kind.new_vae(config, source.item_shape, vocabulary)
    networks = [_described(network) for network in (vae.encoder, vae.decoder)]
    if as_json:
        print_json(
            {"image_size": source.size, "latent_dim": config.latent_dim, "networks": networks}
        )
        return 0
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

"""python -m vae_core datasets"""

from __future__ import annotations

import click
from rich import box
from rich.table import Table

from vae_core import kinds
from vae_core.cli.options import Command, json_option, store_option
from vae_core.cli.printing import OUT, print_json
from vae_core.data import registry


@click.command(cls=Command, params=[store_option(), json_option()])
def command(store: str | None, as_json: bool) -> int:  # noqa: ARG001
    """List the data sets that can be trained on."""
    sources = [(name, registry.source(name)) for name in registry.names()]
    if as_json:
        print_json(
            [
                {
                    "name": name,
                    "kind": source.kind,
                    "size": source.size,
                    "train": source.train_images,
                }
                for name, source in sources
            ]
        )
        return 0
    table = Table(box=box.SIMPLE)
    table.add_column("data set", no_wrap=True)
    for title in ("an item", "for training"):
        table.add_column(title, justify="right")
    for name, source in sources:
        size = kinds.of_name(name, source.kind).size_in_words(source.item_shape)
        table.add_row(name, size, f"{source.train_images:,}")
    OUT.print(table)
    for _, source in sources:
        if sentence := source.missing():
            OUT.print(f"Not here: {sentence}", markup=False, soft_wrap=True)
    return 0

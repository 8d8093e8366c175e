"""Train the runs of the gallery."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.gallery.recipes import RECIPES, Recipe
from vae_core.cli.app import main as command_line
from vae_core.runs.groups import Group
from vae_core.runs.store import RunStore
from vae_core.runs.strip import strip


def _save_groups(store: RunStore, recipe: Recipe) -> None:
    """Save the groups of a recipe with its run of the β nearest 1, in the format of the pages."""
    if recipe.groups is None:
        return
    config = min(recipe.configs, key=lambda c: (abs(c.beta - 1), c.seed))
    for name, images in recipe.groups().items():
        store.save_group(config.id, name, Group(tuple(images)))
    (store.root / ".groups" / "lock").unlink(missing_ok=True)


def train(store: RunStore, recipes: Iterable[Recipe] = RECIPES) -> int:
    """Train unfinished runs, remove the files that don't ship, and return the exit code."""
    for recipe in recipes:
        code = command_line(["--store", str(store.root), *recipe.arguments])
        if code:
            return code
        for config in recipe.configs:
            strip(store.get(config.id), numbers_only=not recipe.ships_whole(config))
        _save_groups(store, recipe)
    return 0

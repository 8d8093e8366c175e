"""Write the README of pretrained/ from the run folders."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.gallery.recipes import (
    BETAS,
    FACES,
    FASHION,
    MNIST_OURS,
    MNIST_PUBLISHED,
    PUBLISHED,
    RECIPES,
    SHAPES,
    SMALL,
    TEXTS,
    Recipe,
)
from vae_core.metrics.bounds import BOUND_IMAGES
from vae_core.metrics.catalogue import AUTOENCODER_METRICS, FACTOR_METRICS, METRICS
from vae_core.metrics.decomposition import PAIRED_IMAGES
from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore


def readme(store: RunStore) -> str:
    """Return the text of pretrained/README.md, with all numbers from the run folders.

    Raises:
        RunError: a run of a recipe is missing.
    """
    parts = [
        "# The gallery\n\n"
        "This folder holds trained runs that the pages open at once. Each is a run folder as "
        "training wrote it. `make pretrained` trains them and writes this page from their files. "
        "If it is interrupted, the next call goes on; it never trains a finished run again.\n\n"
        "All numbers are measured on held-out images, with z sampled, in nats per image unless a "
        "unit is given. ± is the standard deviation over the seeds. For each β, the run of seed 0 "
        "ships with its networks; the other seeds ship as config and metrics only. Of the "
        "published recipe, only the run of β = 1 and seed 0 ships with its networks. The folder "
        "holds no pictures of a data set.\n\n"
        f"Bounds are measured on up to {BOUND_IMAGES} held-out images, the parts of the rate on up "
        f"to {PAIRED_IMAGES:,}. So their numbers differ a little from those of all images. The "
        "mutual information is at most the log of the number of images "
        f"({math.log(PAIRED_IMAGES):.2f} nats for {PAIRED_IMAGES:,}). If it is within a nat of "
        "that limit, the other two parts are left out, because so few images can't resolve them. "
        "`docs/science.md` defines all metrics.\n\n"
        "    python -m vae_core --store pretrained list\n"
        "    python -m vae_core --store pretrained evaluate RUN_ID   # recomputed from the weights",
        _commands(),
        _mnist(store),
        _fashion(store),
        _others("digits, and an autoencoder on MNIST", store, SMALL),
        _shapes(store),
        _faces(store),
        _groups(store),
        _others("Texts, nats per text", store, TEXTS),
        _versions(store),
    ]
    return "\n\n".join(parts) + "\n"


def _commands() -> str:
    lines = ["## The runs, and the commands that train them"]
    for recipe in RECIPES:
        lines.append(
            f"**{recipe.title}.** {recipe.text}\n\n"
            f"    python -m vae_core --store pretrained {' '.join(recipe.arguments)}"
        )
    return "\n\n".join(lines)


def _mnist(store: RunStore) -> str:
    obtained, ours = (_by_beta(store, recipe) for recipe in (MNIST_PUBLISHED, MNIST_OURS))
    losses = _table(
        ("β", "published", "obtained", "best", "our recipe", "best", "ours - published"),
        [
            (
                f"{beta:g}",
                f"{PUBLISHED[beta][0]:.2f}",
                _spread(obtained[beta], "loss"),
                f"{min(_values(obtained[beta], 'loss')):.2f}",
                _spread(ours[beta], "loss"),
                f"{min(_values(ours[beta], 'loss')):.2f}",
                f"{statistics.mean(_values(ours[beta], 'loss')) - PUBLISHED[beta][0]:+.2f}",
            )
            for beta in BETAS
        ],
    )
    parts = _table(
        ("β", *(f"{name}, {who}" for name in ("distortion", "rate") for who in _WHO)),
        [
            (
                f"{beta:g}",
                *(
                    cell
                    for column, name in ((1, "distortion"), (2, "rate"))
                    for cell in (
                        f"{PUBLISHED[beta][column]:.2f}",
                        _spread(obtained[beta], name),
                        _spread(ours[beta], name),
                    )
                ),
            )
            for beta in BETAS
        ],
    )
    return (
        "## MNIST: published against obtained\n\n"
        f"Loss = distortion + β · rate, over seeds {_listed(MNIST_PUBLISHED.seeds)}:\n\n"
        f"{losses}\n\n{_compared_with_published(ours)}\n\n{parts}\n\n"
        f"{_largest_spread(obtained)} At β = 20 a nat of rate costs 20 nats of loss, so little "
        "rate is left, and small changes of it change the distortion a lot. At β = 0 the rate is "
        "not optimised and can grow without limit, so its spread is large.\n\n"
        "### Time to the published loss at β = 1\n\n"
        f"{_time_to_target(obtained[1.0], ours[1.0])}\n\n"
        "### Metrics, our recipe\n\n"
        f"{_measured(ours)}\n\n"
        "### Metrics, the published recipe\n\n"
        f"{_measured(obtained)}"
    )


_WHO = ("published", "obtained", "ours")


def _largest_spread(runs: dict[float, list[Run]]) -> str:
    spreads = {beta: statistics.stdev(_values(of_beta, "loss")) for beta, of_beta in runs.items()}
    most, least = max(spreads, key=spreads.__getitem__), min(spreads, key=spreads.__getitem__)
    return (
        f"With the published recipe, the loss differs most between seeds at β = {most:g} (± "
        f"{spreads[most]:.2f}), and least at β = {least:g} (± {spreads[least]:.2f})."
    )


def _compared_with_published(ours: dict[float, list[Run]]) -> str:
    """Say at which β the mean loss of our recipe is below the published loss, and at which not."""
    gaps = {
        beta: statistics.mean(_values(runs, "loss")) - PUBLISHED[beta][0]
        for beta, runs in ours.items()
    }
    above = [f"β = {beta:g} by {gap:.2f} nats" for beta, gap in gaps.items() if gap >= 0]
    below = sum(
        loss < PUBLISHED[beta][0] for beta, runs in ours.items() for loss in _values(runs, "loss")
    )
    single = f"{below} of its {sum(map(len, ours.values()))} runs are below it."
    if not above:
        return f"The mean loss of our recipe is below the published loss at every β. {single}"
    return (
        "The mean loss of our recipe is above the published loss at "
        f"{', '.join(above)}, and below it at the other β. {single}"
    )


def _time_to_target(obtained: list[Run], ours: list[Run]) -> str:
    target = PUBLISHED[1][0]
    rows = []
    for name, runs in (("published recipe", obtained), ("our recipe", ours)):
        for run in runs:
            epochs = run.records("epoch")
            # Computed with β = 1, because the recorded loss has a smaller β during the warm-up.
            losses = [e["test"]["distortion"] + e["test"]["rate"] for e in epochs]
            reached = [e for e, loss in zip(epochs, losses, strict=True) if loss <= target]
            rows.append(
                (
                    name,
                    str(run.config.seed),
                    str(reached[0]["epoch"]) if reached else f"not in {run.config.epochs}",
                    f"{reached[0]['seconds']:.0f} s" if reached else "",
                    f"{epochs[-1]['seconds']:.0f} s",
                    f"{losses[-1]:.2f}",
                )
            )
    table = _table(
        ("", "seed", f"epoch that reaches {target}", "after", "all epochs", "final loss"),
        rows,
    )
    return f"The times include the held-out evaluation of every epoch.\n\n{table}"


def _fashion(store: RunStore) -> str:
    runs = _by_beta(store, FASHION)
    d = FASHION.base.latent_dim
    rows = []
    for beta, (run, *_) in runs.items():
        numbers = run.metrics()
        rows.append(
            (
                f"{beta:g}",
                f"{beta * d:g}",
                *(f"{numbers[name]:.2f}" for name in ("loss", "distortion", "rate")),
                f"{numbers['rate'] / d:.2f}",
                f"{numbers['elbo']:.2f}",
            )
        )
    table = _table(
        ("β", "β as published", "loss", "distortion", "rate", "KL as published", "elbo"), rows
    )
    return (
        "## Fashion-MNIST: two conventions of β\n\n"
        f"The published script takes the *mean* of the KL over the {d} latent dimensions, so its "
        f"β is {d} times ours for the same loss. For example, its β = 10 is our β = 5. It trained "
        "for 100 epochs on training and test images together. Our runs trained for "
        f"{FASHION.base.epochs} epochs on the training images alone, so the numbers are held "
        "out.\n\n"
        f"{table}\n\n{_measured(runs)}"
    )


def _others(title: str, store: RunStore, recipes: Sequence[Recipe]) -> str:
    parts = [f"## {title}"]
    for recipe in recipes:
        runs = _by_beta(store, recipe)
        parts.append(f"### {recipe.title}\n\n{_trained(runs)}\n\n{_measured(runs)}")
    return "\n\n".join(parts)


def _shapes(store: RunStore) -> str:
    runs = _by_beta(store, SHAPES)
    best = []
    for name in FACTOR_METRICS:
        means = {beta: statistics.mean(_values(of_beta, name)) for beta, of_beta in runs.items()}
        at = max(means, key=means.__getitem__)
        best.append(f"{METRICS[name].title} at β = {at:g} ({_spread(runs[at], name, 3)})")
    return (
        "## shapes: does a larger β give each factor a dimension of its own?\n\n"
        f"The highest means over seeds {_listed(SHAPES.seeds)}: {'; '.join(best)}. The factors "
        "are shape, scale, rotation, x and y. A β has more effect here than the same β in the "
        "literature. Pictures there have 64 pixels per side; with fewer pixels the distortion is "
        "smaller, so the rate has more weight beside it.\n\n"
        f"{_trained(runs)}\n\n{_measured(runs)}"
    )


def _trained(runs: dict[float, list[Run]]) -> str:
    """Return a table of the numbers that training itself reports, one row per β."""
    config = next(iter(runs.values()))[0].config
    names = LOSSES if config.has_rate else AUTOENCODER_METRICS[:2]
    rows = [
        (
            f"{beta:g}" if config.has_rate else "none",
            str(len(of_beta)),
            *(_spread(of_beta, name) for name in names),
        )
        for beta, of_beta in runs.items()
    ]
    return _table(("β", "seeds", *names), rows)


def _faces(store: RunStore) -> str:
    runs = _by_beta(store, FACES)
    return (
        f"## Olivetti faces\n\n{FACES.text} The distortion is the cross-entropy of grey pixels. "
        "Most of it is the entropy of the grey pixels, which no decoder can avoid. By eye, about "
        "two of three samples of the prior are blurred faces; the others are smeared.\n\n"
        f"{_trained(runs)}\n\n{_measured(runs)}"
    )


def _groups(store: RunStore) -> str:
    lines = [
        "## Groups for the Arithmetic page\n\n"
        "`.groups/` holds groups of held-out images, as numbers of the images. *Thin 7* is the "
        "fifth of the sevens with the least ink (the sum of the pixels), *bold 7* the fifth with "
        "the most. *Glasses* and *no glasses* were labelled by eye; people with glasses "
        "are more often bearded, too.\n"
    ]
    for recipe in RECIPES:
        for config in recipe.configs:
            for name, group in sorted(store.groups(config.id).items()):
                lines.append(f"- `{config.id}`: {name}, {len(group.images)} images")
    return "\n".join(lines)


def _measured(runs: dict[float, list[Run]]) -> str:
    """Return a table of the measured metrics, one row per metric and one column per β."""
    rows = []
    for name, metric in METRICS.items():
        if name in LOSSES or not any(name in run.metrics() for r in runs.values() for run in r):
            continue
        title = f"{metric.title}, {metric.unit}" if metric.unit else metric.title
        rows.append((title, *(_spread(r, name, metric.decimals) for r in runs.values())))
    kinds = {
        beta: f"β = {beta:g}" if of_beta[0].config.has_rate else "autoencoder"
        for beta, of_beta in runs.items()
    }
    return _table(("", *kinds.values()), rows)


def _versions(store: RunStore) -> str:
    values_of: dict[str, set[str]] = {}
    for recipe in RECIPES:
        for config in recipe.configs:
            start = store.get(config.id).records("start")[-1]
            for name, version in start["versions"].items():
                values_of.setdefault(name, set()).add(version)
            values_of.setdefault("machine", set()).add(f"{start['machine']}, {start['cpus']} CPUs")
    items = [f"- {name}: {_listed(sorted(values))}" for name, values in values_of.items()]
    return "## Versions and machine\n\n" + "\n".join(items)


def _by_beta(store: RunStore, recipe: Recipe) -> dict[float, list[Run]]:
    """Return the runs of a recipe: β -> one run per seed."""
    runs: dict[float, list[Run]] = {}
    for config in recipe.configs:
        runs.setdefault(config.beta, []).append(store.get(config.id))
    return runs


def _values(runs: Iterable[Run], name: str) -> list[float]:
    """Return a metric of the runs that have it."""
    return [numbers[name] for run in runs if name in (numbers := run.metrics())]


def _spread(runs: Sequence[Run], name: str, decimals: int = 2) -> str:
    """Format mean ± standard deviation; just the value if all runs have the same."""
    values = _values(runs, name)
    if not values:
        return ""
    mean = f"{statistics.mean(values):z.{decimals}f}"
    if len(set(values)) == 1:
        return mean
    digits = max(decimals, 1)  # the mean of different counts is no whole number
    return f"{statistics.mean(values):z.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def _listed(values: Iterable[Any]) -> str:
    return ", ".join(map(str, values))


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_readme(store: RunStore) -> int:
    """Write pretrained/README.md, and return the exit code."""
    (store.root / "README.md").write_text(readme(store), encoding="utf-8")
    return 0

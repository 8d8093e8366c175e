"""The command line: python -m vae_core COMMAND.

describe, train, sweep, list, show, evaluate, import, datasets, export-mlflow
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from vae_core.config import (
    DECAYS,
    MODELS,
    OPTIMIZERS,
    SCHEDULES,
    TEXT_DEFAULTS,
    ConfigError,
    RunConfig,
    VaeLabError,
)
from vae_core.data import registry
from vae_core.data.dataset import TextDataset
from vae_core.data.upload import limits, reader
from vae_core.engines.base import Engine
from vae_core.engines.factory import new_engine
from vae_core.exchange import importing
from vae_core.metrics.catalogue import METRICS
from vae_core.model import architectures
from vae_core.runs.errors import NO_WEIGHTS, RunError
from vae_core.runs.records import LOSSES
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, default_store
from vae_core.runs.sweeps import sweep
from vae_core.training import sinks

# A pipe has no width: don't fold what a person or a program reads from it.
OUT = Console(width=None if sys.stdout.isatty() else 160)
ERR = Console(stderr=True, soft_wrap=True, highlight=False)
POLL_SECONDS = 0.2
HELP = {
    "dataset": f"one of {', '.join(registry.DATASETS)}, shapes_NUMBER_SIZE, or a file of your own "
    "(.npz, .zip of images, .csv of pixels, .txt with one text a line)",
    "architecture": f"one of {', '.join(architectures.ARCHITECTURES)}; for texts "
    f"{', '.join(architectures.TEXT_ARCHITECTURES)}",
    "latent_dim": "latent dimensions",
    "beta": "weight of the rate in the loss",
    "schedule": "how beta moves over the steps",
    "warmup": "share of the steps (of a cycle) over which beta, or the capacity, grows",
    "cycles": "of the cyclical schedule",
    "capacity": "nats that the capacity schedule grows to",
    "epochs": "passes over the training images",
    "batch_size": "images a step",
    "optimizer": "by name",
    "learning_rate": "of the optimiser",
    "decay": "how the learning rate falls over the steps",
    "seed": "of first weights, batches and noise",
    "model": "vae, or autoencoder: the same networks without noise and rate, so no beta",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 (a run failed), 2 (can't be done) or 130 (Ctrl-C)."""
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except VaeLabError as error:
        ERR.print(f"vae_core: {error}", style="red", markup=False)
        return 2
    except BrokenPipeError:
        return 0
    except OSError as error:
        ERR.print(f"vae_core: {error}", style="red", markup=False)
        return 2
    except KeyboardInterrupt:
        ERR.print("Stopped. The same command goes on from the last checkpoint.")
        return 130


# --- arguments ----------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vae_core",
        description="Train β-VAEs into run folders, and read what is in them.",
    )
    store = argparse.ArgumentParser(add_help=False)
    store.add_argument("--store", default=argparse.SUPPRESS, help="run store (default: runs/)")
    as_json = argparse.ArgumentParser(add_help=False)
    as_json.add_argument("--json", action="store_true", help="print JSON for a program to read")
    parser.add_argument("--store", default=None, help="run store (default: runs/)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: Any, text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, parents=[store, as_json])
        sub.set_defaults(command=function)
        return sub

    describe = command("describe", _describe, "layer table and parameter counts")
    _add_config(describe, "dataset", "architecture", "latent_dim")
    _add_size(describe)

    train = command("train", _train, "train one run, or open it if it is already finished")
    _add_config(train, *HELP)
    _add_size(train)

    sweep_ = command("sweep", _sweep, "train betas x seeds, all of a seed from the same weights")
    _add_config(sweep_, *(name for name in HELP if name not in ("beta", "seed")))
    _add_size(sweep_)
    for option, kind, default, text in (
        ("--betas", float, None, "; an autoencoder has none"),
        ("--seeds", int, [0], "; default: 0"),
    ):
        sweep_.add_argument(
            option,
            type=_numbers(kind),
            default=default,
            metavar="N,N,...",
            help="as in 0,1,4" + text,
        )

    command("list", _list, "the runs of the store, one a row")
    export = command(
        "export-mlflow", _export_mlflow, "finished runs, with their networks, to MLflow"
    )
    export.add_argument("run_ids", nargs="+", metavar="RUN_ID")
    for name, function, text in (
        ("show", _show, "config, status and last metrics of a run"),
        ("evaluate", _evaluate, "held-out numbers, recomputed from the weights"),
    ):
        command(name, function, text).add_argument("run_id", metavar="RUN_ID")
    command("datasets", _datasets, "the data sets that can be trained on, one a row")
    text = "take over a run that somebody exported: its zip or its folder"
    command("import", _import, text).add_argument("path", metavar="PATH", type=Path)
    return parser


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--size",
        type=int,
        help="pixels a side to resize a file of your own to; default: as its images are, or "
        f"{limits.DEFAULT_SIZE}",
    )


def _add_config(parser: argparse.ArgumentParser, *names: str) -> None:
    """An option for each of these fields of RunConfig."""
    choices: dict[str, Sequence[str]] = {
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
        "decay": DECAYS,
        "model": MODELS,
    }
    types = {"str": str, "int": int, "float": float}
    for field in dataclasses.fields(RunConfig):
        if field.name in names:
            default = f"{field.default}"
            if field.name in TEXT_DEFAULTS:
                default += f", for texts {TEXT_DEFAULTS[field.name]}"
            parser.add_argument(
                "--" + field.name.replace("_", "-"),
                type=types[str(field.type)],
                default=argparse.SUPPRESS if field.name in TEXT_DEFAULTS else field.default,
                choices=choices.get(field.name),
                help=f"{HELP[field.name]}; default: {default}",
            )


def _numbers(kind: type) -> Any:
    def parse(text: str) -> list[Any]:
        try:
            return [kind(part) for part in text.split(",")]
        except ValueError:
            raise argparse.ArgumentTypeError(
                f"expected numbers with commas between, as in 0,1,4; got {text!r}"
            ) from None

    return parse


def _config(options: argparse.Namespace, **fixed: Any) -> RunConfig:
    names = [field.name for field in dataclasses.fields(RunConfig)]
    given = {name: getattr(options, name) for name in names if hasattr(options, name)}
    if _is_file(given["dataset"]):
        # Else the file would be read before another mistake is found.
        kind = "text" if given["dataset"].lower().endswith(limits.TEXT_ENDING) else "images"
        tried = RunConfig(**_defaults(kind) | given | fixed | {"dataset": "own"})
        architectures.check_name(tried.architecture, kind)
        given["dataset"] = _kept(Path(given["dataset"]), options.size)
    elif options.size is not None:
        raise ConfigError("--size is for a file of your own: the others have their size.")
    RunConfig(dataset=given["dataset"])  # is it a name at all?
    kind = registry.source(given["dataset"]).kind
    config = RunConfig(**_defaults(kind) | given | fixed)
    architectures.check_name(config.architecture, kind)
    return config


def _defaults(kind: str) -> dict[str, Any]:
    return TEXT_DEFAULTS if kind == "text" else {}


def _is_file(dataset: str) -> bool:
    """Is this the path of a file, not the name of a data set?"""
    return Path(dataset).name != dataset or (
        Path(dataset).suffix.lower() in limits.ENDINGS and dataset not in registry.DATASETS
    )


def _kept(path: Path, size: int | None) -> str:
    """Make a data set of a file, say what it was made into, and return its name."""
    upload = reader.read(path, path.name, size)
    s = upload.summary
    if s.kind == "text":
        ERR.print(
            f"{s.name}: {s.train:,} training and {s.test:,} held-out texts of at most "
            f"{s.size - 1} characters. {' '.join(s.notes)}",
            markup=False,
        )
        return upload.keep()
    labels = "no labels" if len(s.label_names) == 1 else f"{len(s.label_names)} labels"
    ERR.print(
        f"{s.name}: {s.train:,} training and {s.test:,} held-out images of {s.size}x{s.size} "
        f"pixels, {labels}. {' '.join(s.notes)}",
        markup=False,
    )
    return upload.keep()


def _store(options: argparse.Namespace) -> RunStore:
    return RunStore(options.store) if options.store else default_store()


@contextmanager
def _without_native_noise() -> Iterator[None]:
    """TensorFlow's C++ side says at every start what it has not found: keep that off stderr."""
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)


# --- commands -----------------------------------------------------------------------------


def _describe(options: argparse.Namespace) -> int:
    config = _config(options)
    source = registry.source(config.dataset)
    size = source.size
    data = registry.load(config.dataset) if source.kind == "text" else None
    with _without_native_noise():
        from vae_core.model.text_vae import TextVAE  # TensorFlow, only where it is needed
        from vae_core.model.vae import VAE

        if isinstance(data, TextDataset):
            vae: VAE = TextVAE(config, size, data.vocabulary)
        else:
            vae = VAE(config, size)
    networks = [
        {
            "network": network.name,
            "parameters": network.count_params(),
            "layers": [
                {
                    "name": layer.name,
                    "kind": type(layer).__name__,
                    "output": [list(o.shape[1:]) for o in _outputs(layer)],
                    "parameters": layer.count_params(),
                }
                for layer in network.layers
            ],
        }
        for network in (vae.encoder, vae.decoder)
    ]
    if options.json:
        _print_json({"image_size": size, "latent_dim": config.latent_dim, "networks": networks})
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


def _outputs(layer: Any) -> list[Any]:
    output = layer.output
    return output if isinstance(output, list) else [output]


def _train(options: argparse.Namespace) -> int:
    return _train_all([_config(options)], options)


def _sweep(options: argparse.Namespace) -> int:
    if (options.betas is None) == (options.model == "vae"):
        raise ConfigError(
            "a sweep needs --betas, as in --betas 0,1,4."
            if options.model == "vae"
            else "an autoencoder has no beta: leave out --betas."
        )
    return _train_all(sweep(_config(options), options.betas or [], options.seeds), options)


def _train_all(configs: list[RunConfig], options: argparse.Namespace) -> int:
    """Train what is not finished, follow it, print the outcome."""
    store = _store(options)
    runs = [store.create(config) for config in configs]
    left = [run for run in runs if run.status().state != "finished"]
    if left:
        with _engine(store) as engine:
            for run in left:
                engine.submit(run)
            try:
                _follow(left, quiet=options.json)
            except KeyboardInterrupt:
                for run in left:
                    if run.status().state == "queued":
                        engine.cancel(run)
                raise
    results = [_summary(run) for run in runs]
    if options.json:
        _print_json(results if options.command is _sweep else results[0])
    else:
        _print_runs(results)
    for result in results:
        if result["error"]:
            ERR.print(f"{result['id']}: {result['error']}", style="red", markup=False)
    return 0 if all(result["state"] == "finished" for result in results) else 1


@contextmanager
def _engine(store: RunStore) -> Iterator[Engine]:
    engine = new_engine(store)
    try:
        yield engine
    finally:
        engine.close()


def _follow(runs: list[Run], quiet: bool) -> None:
    """Show the progress of runs until none is active: a bar to a person, lines to a file."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=12),
        TextColumn("{task.fields[epoch]:>7}  {task.fields[numbers]}"),
        TimeRemainingColumn(),
    )
    bars = ERR.is_terminal and not quiet
    printed: dict[str, int] = {}
    with Progress(*columns, console=ERR, disable=not bars) as progress:
        tasks: dict[str, TaskID] = {}
        while True:
            active = False
            for run in runs:
                status = run.status()
                active |= status.active
                if status.state == "queued" or (run.id in printed and printed[run.id] < 0):
                    continue
                if run.id not in tasks:
                    tasks[run.id] = progress.add_task(
                        f"{run.config.beta_or_model} seed {run.config.seed}",
                        total=run.config.epochs,
                        epoch="",
                        numbers="starting",
                    )
                records = run.records("step", "epoch")
                if records:
                    progress.update(
                        tasks[run.id],
                        completed=records[-1]["epoch"],
                        epoch=f"{int(records[-1]['epoch'])}/{run.config.epochs}",
                        numbers=_held_out(records),
                    )
                if not bars and not quiet:
                    _print_new_epoch(run, records, printed)
                if not status.active:
                    printed[run.id] = -1
            if not active:
                return
            time.sleep(POLL_SECONDS)


def _held_out(records: list[dict[str, Any]]) -> str:
    """The newest held-out numbers; there are some from before the first step on."""
    epochs = [record for record in records if record["kind"] == "epoch"]
    if not epochs:
        return ""
    test = epochs[-1]["test"]
    return "  ".join(f"{name} {test[name]:.2f}" for name in LOSSES[:3] if name in test)


def _print_new_epoch(run: Run, records: list[dict[str, Any]], printed: dict[str, int]) -> None:
    epoch = max((r["epoch"] for r in records if r["kind"] == "epoch"), default=0)
    if epoch > printed.get(run.id, 0):
        printed[run.id] = epoch
        ERR.print(
            f"{run.id}  epoch {epoch}/{run.config.epochs}  "
            f"{_held_out(records)}  (held out, nats an image or text)",
            markup=False,
        )


def _summary(run: Run) -> dict[str, Any]:
    """Status, config and last held-out metrics of a run, as JSON takes them."""
    status = run.status()
    epochs = run.records("epoch")
    return {
        "id": run.id,
        "path": str(run.path),
        "state": status.state,
        "imported": status.imported,  # then its numbers are its sender's
        "epoch": epochs[-1]["epoch"] if epochs else 0,
        "seconds": round(status.seconds, 3),
        "error": status.error,
        "config": dataclasses.asdict(run.config),
        "test": epochs[-1]["test"] if epochs else None,
        "metrics": run.metrics(),
    }


def _print_runs(results: list[dict[str, Any]]) -> None:
    table = Table(caption="held out, z sampled, nats an image (or text)", box=box.SIMPLE)
    table.add_column("run", no_wrap=True)  # to be copied whole
    table.add_column("state", no_wrap=True)
    for title in ("epochs", "loss", "distortion", "rate", "elbo", "active", "time"):
        table.add_column(title, justify="right", no_wrap=True)
    for result in results:
        test = result["test"] or {}
        table.add_row(
            result["id"],
            result["state"] + (", imported" if result["imported"] else ""),
            f"{result['epoch']}/{result['config']['epochs']}",
            *(f"{test[name]:.2f}" if name in test else "" for name in LOSSES),
            str(result["metrics"].get("active_units", "")),
            f"{result['seconds']:.0f} s",
        )
    OUT.print(table)


def _list(options: argparse.Namespace) -> int:
    runs, damaged = _store(options).scan()
    results = [_summary(run) for run in runs]
    if options.json:
        _print_json({"runs": results, "damaged": damaged})
        return 0
    if results:
        _print_runs(results)
    else:
        OUT.print(
            f"No runs in {_store(options).root} yet: train one, or see those that ship with "
            "--store pretrained.",
            soft_wrap=True,
        )
    for reason in damaged.values():
        ERR.print(reason, style="red", markup=False)
    return 0


def _datasets(options: argparse.Namespace) -> int:
    found = [(name, registry.source(name)) for name in registry.names()]
    if options.json:
        _print_json(
            [
                {
                    "name": name,
                    "kind": source.kind,
                    "size": source.size,
                    "train": source.train_images,
                }
                for name, source in found
            ]
        )
        return 0
    table = Table(box=box.SIMPLE)
    table.add_column("data set", no_wrap=True)
    for title in ("an item", "for training"):
        table.add_column(title, justify="right")
    for name, source in found:
        size = f"{source.size}x{source.size} pixels"
        if source.kind == "text":
            size = f"up to {source.size - 1} characters"
        table.add_row(name, size, f"{source.train_images:,}")
    OUT.print(table)
    for _, source in found:
        if sentence := source.missing():
            OUT.print(f"Not here: {sentence}", markup=False, soft_wrap=True)
    return 0


def _import(options: argparse.Namespace) -> int:
    result = _summary(importing.import_run(options.path, options.path.name, _store(options)))
    if options.json:
        _print_json(result)
    else:
        _print_runs([result])
    return 0


def _run(options: argparse.Namespace) -> Run:
    """The run of that id, or the only one whose id has that in it."""
    store = _store(options)
    matches = [run for run in store.scan()[0] if options.run_id and options.run_id in run.id]
    exact = [run for run in matches if run.id == options.run_id]
    if not exact and len(matches) > 1:
        raise RunError(f"{options.run_id!r} fits {len(matches)} runs in {store.root}; be exact.")
    return matches[0] if len(matches) == 1 else store.get(options.run_id)


def _show(options: argparse.Namespace) -> int:
    result = _summary(_run(options))
    if options.json:
        _print_json(result)
        return 0
    table = Table(show_header=False)
    config = RunConfig(**result["config"])
    for name, value in result["config"].items():
        if config.reads(name):
            table.add_row(name, str(value))
    table.add_section()
    for name in ("state", "epoch", "seconds", "error"):
        if result[name] is not None:
            table.add_row(name, str(result[name]))
    if result["imported"]:
        table.add_row("imported", "its numbers are its sender's; evaluate computes them again")
    table.add_section()
    _add_metrics(table, (result["test"] or {}) | result["metrics"])
    OUT.print(table)
    return 0


def _evaluate(options: argparse.Namespace) -> int:
    run = _run(options)
    if not (run.weights_path.is_file() or run.checkpoint_path.is_file()):
        # Said before the seconds that TensorFlow takes.
        raise RunError(NO_WEIGHTS.format(run.id))
    with _without_native_noise():
        from vae_core.training import evaluation  # TensorFlow, only where it is needed

        result = evaluation.evaluate(run)
    if options.json:
        _print_json({"id": run.id} | result)
        return 0
    table = Table(title=f"{run.id}, epoch {result['epoch']}")
    item = "a text" if run.config.architecture in architectures.TEXT_ARCHITECTURES else "an image"
    table.add_column(f"held out, {item}")
    table.add_column("recomputed", justify="right")
    table.add_column("stored", justify="right")
    _add_metrics(table, result["recomputed"], result["stored"])
    OUT.print(table)
    return 0


def _export_mlflow(options: argparse.Namespace) -> int:
    exported = {}
    for run_id in options.run_ids:
        run = _run(argparse.Namespace(**vars(options) | {"run_id": run_id}))
        exported[run.id] = sinks.export_mlflow(run)
        if not options.json:
            OUT.print(f"{run.id}  MLflow run {exported[run.id]}", soft_wrap=True)
    if options.json:
        _print_json(exported)
    return 0


def _add_metrics(table: Table, *columns: dict[str, Any]) -> None:
    """A row a metric that the first column has; what another lacks stays empty."""
    for name, metric in METRICS.items():
        if name in columns[0]:
            title = f"{metric.title} ({metric.unit})" if metric.unit else metric.title
            decimals = metric.decimals + 2 if metric.decimals else 0
            table.add_row(
                title, *(f"{c[name]:z.{decimals}f}" if name in c else "" for c in columns)
            )
    for i in range(len(columns[0].get("rate_per_dim", []))):
        table.add_row(
            f"rate of dimension {i + 1} (nats)",
            *(f"{c['rate_per_dim'][i]:.4f}" for c in columns),
        )


def _print_json(value: Any) -> None:
    json.dump(value, sys.stdout, indent=2)
    sys.stdout.write("\n")


if __name__ == "__main__":
    sys.exit(main())

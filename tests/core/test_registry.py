"""Registries of members, and a plug-in that adds one: real package metadata, a real run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE
from vae_core.config import ConfigError
from vae_core.model.architectures import ARCHITECTURES, TEXT_ARCHITECTURES
from vae_core.model.likelihoods import LIKELIHOODS
from vae_core.model.objectives import OBJECTIVES
from vae_core.model.priors import PRIORS
from vae_core.registry import Registry
from vae_core.runs.store import PROJECT

PLUG_IN = '''
"""Members that VAE Lab does not know."""

import numpy as np

from vae_core.data.dataset import Dataset
from vae_core.data.source import Source
from vae_core.model.architectures.mlp import JIT, build  # noqa
from vae_core.model.likelihoods.gaussian import Gaussian
from vae_core.model.objectives.beta import Beta
from vae_core.model.priors.standard_normal import StandardNormal


class Laplace(Gaussian):
    """Absolute error."""

    def log_prob(self, params, x, xp=np):
        return -xp.sum(xp.abs(x - params[..., 0]) / self.sigma + np.log(2 * self.sigma), axis=-1)


class Squared(Beta):
    def penalty(self, terms, xp=np):
        return xp.square(terms.rate)


class Wide(StandardNormal):
    """N(0, 4)."""

    def rate_per_dim(self, posterior_mean, posterior_log_var, xp=np):
        return super().rate_per_dim(posterior_mean / 2, posterior_log_var - np.log(4), xp)

    def log_prob(self, z, xp=np):
        return super().log_prob(z / 2, xp) - np.log(2) * z.shape[1]

    def sample(self, n, latent_dim, rng):
        return 2 * super().sample(n, latent_dim, rng)


def stripes():
    rng = np.random.default_rng(0)
    def some(n):
        y = rng.integers(0, 2, n)
        x = np.zeros((n, 8, 8, 1), np.float32)
        x[y == 0, ::2] = 1
        x[y == 1, :, ::2] = 1
        return x, y.astype(np.int64)
    return Dataset("stripes", *some(200), *some(60), ("across", "down"))


STRIPES = Source(stripes, (8, 8, 1), 200)
'''
METADATA = "Metadata-Version: 2.1\nName: stripes-plug-in\nVersion: 1.0\n"
ENTRY_POINTS = """
[vae_lab.likelihoods]
laplace = stripes_plug_in:Laplace

[vae_lab.objectives]
squared = stripes_plug_in:Squared

[vae_lab.priors]
wide = stripes_plug_in:Wide

[vae_lab.architectures]
small = stripes_plug_in

[vae_lab.datasets]
stripes = stripes_plug_in:STRIPES
"""
MEMBERS = {
    "likelihood": "laplace",
    "objective": "squared",
    "prior": "wide",
    "architecture": "small",
    "dataset": "stripes",
}


@pytest.fixture
def plug_in(tmp_path: Path) -> dict[str, str]:
    """The environment of a process that finds an installed plug-in."""
    site = tmp_path / "site"
    metadata = site / "stripes_plug_in-1.0.dist-info"
    metadata.mkdir(parents=True)
    (site / "stripes_plug_in.py").write_text(PLUG_IN)
    (metadata / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: stripes-plug-in\nVersion: 1.0\n"
    )
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)
    return dict(os.environ) | {"PYTHONPATH": str(site), "VAE_LAB_RUNS": str(tmp_path / "runs")}


# Three commands in one process, which imports TensorFlow once.
COMMANDS = """
import io, json, sys
from contextlib import redirect_stdout
from vae_core.cli.app import main

def command(*arguments):
    with redirect_stdout(io.StringIO()) as out:
        assert main([*arguments, "--json"]) == 0
    return json.loads(out.getvalue())

trained = command("train", "--epochs", "2", *sys.argv[1:])
print(json.dumps([trained, command("evaluate", trained["id"]), command("datasets")]))
"""


@pytest.mark.slow
def test_a_plug_in_trains_exports_and_is_measured(plug_in: dict[str, str]) -> None:
    """All of its members at once, by the command line alone; the package is not touched."""
    options = [part for name, value in MEMBERS.items() for part in (f"--{name}", value)]
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, *options],
        env=plug_in,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    trained, evaluated, datasets = json.loads(done.stdout)
    assert trained["state"] == "finished"
    assert {name: trained["config"][name] for name in MEMBERS} == MEMBERS
    folder = Path(plug_in["VAE_LAB_RUNS"]) / trained["id"]
    assert json.loads((folder / "decoder.json").read_text())["activation"] == "linear"
    stored = evaluated["stored"]
    assert evaluated["recomputed"]["loss"] == pytest.approx(stored["loss"], rel=1e-6)
    assert stored["loss"] == pytest.approx(stored["distortion"] + stored["rate"] ** 2)
    listed = {data["name"]: data for data in datasets}
    assert listed["stripes"] == {"name": "stripes", "kind": "images", "size": 8, "train": 200}


@pytest.mark.parametrize(
    "registry", [ARCHITECTURES, TEXT_ARCHITECTURES, LIKELIHOODS, OBJECTIVES, PRIORS]
)
def test_every_member_is_where_its_line_says(registry: Registry) -> None:
    assert len(registry) == len(set(registry)) > 0
    for name in registry:
        assert registry[name]
    with pytest.raises(ConfigError, match=f"unknown {registry.what} 'nothing': choose one of"):
        registry["nothing"]
    assert "nothing" not in registry


def test_a_plug_in_can_not_take_the_place_of_a_member_of_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from importlib.metadata import EntryPoint

    group = "vae_lab.tests"
    points = [
        EntryPoint("sqrt", "math:pow", group),
        EntryPoint("gone", "no_such_package:x", group),
        EntryPoint("pi", "math:pi", group),
    ]
    monkeypatch.setattr("vae_core.registry.entry_points", lambda group: points)  # noqa: ARG005
    registry = Registry("function", group, {"sqrt": "math:sqrt"})
    assert list(registry) == ["sqrt", "gone", "pi"]
    assert registry["sqrt"](4) == 2
    assert registry["pi"] == pytest.approx(3.14159, abs=1e-5)
    with pytest.raises(ConfigError, match="plug-in can't be imported"):
        registry["gone"]

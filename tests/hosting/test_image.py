"""The Dockerfile's own steps, taken in a clean environment, without Docker.

The base image is stood in for by this machine's Debian under an overlay that goes with the test:
what a step writes (packages, a user, folders) is seen by the later steps and by nobody else. The
files are those that .dockerignore lets through. Then the image's command is started as its user,
with another port and address, as `docker run -e` would, and asked by the image's health check.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from benchmarks.visitor import Visitor
from tests.browser.chromium import free_port
from tests.dashboard.pages import PATHS
from vae_core.runs.store import PROJECT

MAY_MOUNT = ["unshare", "--mount", "sh", "-c", "mount -t tmpfs none /tmp && chroot / true"]
NAMESPACES = ("unshare", "--mount", "--pid", "--fork", "--kill-child")
IGNORED = {"EXPOSE", "VOLUME", "ARG"}  # no effect on the files or the process


@dataclass
class Image:
    """The instructions of a target of the Dockerfile."""

    env: dict[str, str] = field(default_factory=dict)
    steps: list[tuple[str, str]] = field(default_factory=list)  # RUN and COPY with their folder
    workdir: str = "/"
    user: str = "root"
    health: str = ""
    cmd: list[str] = field(default_factory=list)


def read_dockerfile(text: str, target: str) -> Image:
    """Return the instructions of a target and of the targets it builds on.

    Raises:
        AssertionError: an instruction that this reader does not know.
    """
    stages: dict[str, Image] = {}
    image = Image()
    for line in re.sub(r"\\\n", " ", text).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, value = line.split(maxsplit=1)
        if name == "FROM":
            base, _, stage = value.split()
            old = stages.get(base, Image())
            image = Image(dict(old.env), list(old.steps), old.workdir, old.user, old.health)
            image.cmd = old.cmd
            stages[stage] = image
        elif name == "ENV":
            image.env |= dict(pair.split("=", 1) for pair in shlex.split(value))
        elif name == "WORKDIR":
            image.workdir = value
            image.steps.append(("RUN", f"mkdir -p {value}"))
        elif name == "RUN":
            image.steps.append(("RUN", f"cd {image.workdir} && {value}"))
        elif name == "COPY":
            source, to = value.split()
            image.steps.append(("RUN", f"cd {image.workdir} && cp -r /context/{source} {to}"))
        elif name == "USER":
            image.user = value
        elif name == "HEALTHCHECK":
            image.health = value.split("CMD ", 1)[1]
        elif name == "CMD":
            image.cmd = json.loads(value)
        else:
            assert name in IGNORED, line
    return stages[target]


def pattern(glob: str) -> re.Pattern[str]:
    """Turn a line of .dockerignore into a regular expression for the path or a folder above it."""
    parts = re.split(r"(\*\*/|\*)", glob)
    words = {"**/": "(?:.*/)?", "*": "[^/]*"}
    return re.compile("".join(words.get(part, re.escape(part)) for part in parts) + "(?:/.*)?")


def files_for_docker(root: Path) -> Iterator[Path]:
    """Return the files below a folder that Docker gets; the last matching line decides."""
    lines = [line.strip() for line in (root / ".dockerignore").read_text().splitlines()]
    rules = [
        (pattern(line.removeprefix("!")), line.startswith("!"))
        for line in lines
        if line and not line.startswith("#")
    ]
    for folder, folders, files in os.walk(root):
        here = Path(folder).relative_to(root)
        if here == Path():
            folders[:] = sorted(set(folders) - {".git", ".venv"})  # large, and tested below
        for name in files:
            path = here / name
            sent = True
            for expression, included in rules:
                if expression.fullmatch(path.as_posix()):
                    sent = included
            if sent:
                yield path


def test_docker_gets_no_secrets_and_no_runs(tmp_path: Path) -> None:
    """Docker gets neither secrets, runs nor the repository, whatever lies in the folder."""
    kept = ["pyproject.toml", "dashboard/app.py", "pretrained/x/config.json", "vae_core/runs.py"]
    kept += [".streamlit/config.toml", "requirements.txt", "requirements-viewer.txt"]
    left = [".streamlit/secrets.toml", "runs/x/config.json", "mnist.npz", ".env", "tests/t.py"]
    left += ["dashboard/__pycache__/app.pyc", "dashboard/static/plotly.js", ".gitignore"]
    for name in [*kept, *left]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    shutil.copy(PROJECT / ".dockerignore", tmp_path)
    assert sorted(map(str, files_for_docker(tmp_path))) == sorted(kept)
    rules = (tmp_path / ".dockerignore").read_text().split()
    assert "*" in rules
    assert not {"!.git", "!.venv", "!.", "!*"} & set(rules)


def system_python() -> str | None:
    """An interpreter that other users may run, too."""
    for path in ("/usr/local/bin/python3", "/usr/bin/python3"):
        check = "import sys, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
        if Path(path).exists() and subprocess.run([path, "-c", check], check=False).returncode == 0:
            return path
    return None


def script(image: Image, root: Path, python: str, port: int) -> str:
    """Return all steps in the overlay as one shell script; the overlay ends with its process."""
    base = str(root / "base")
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    path = "/base/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    def inside(command: str, user: str = "root", **env: str) -> str:
        home = "/root" if user == "root" else f"/home/{user}"
        values = {"PATH": path, "HOME": home} | image.env | env
        words = [f"{name}={value}" for name, value in values.items()]
        return shlex.join(
            ["chroot", f"--userspec={user}", base, "env", "-i", *words, "sh", "-ec", command]
        )

    run = {"STREAMLIT_SERVER_ADDRESS": "127.0.0.1", "STREAMLIT_SERVER_PORT": str(port)}
    go = f"cd {image.workdir} && "
    health = inside(go + image.health, image.user, **run)
    home = Path.home()
    return "\n".join(
        [
            "set -eu",
            f"mount -t tmpfs none {root}/layers",
            f"mkdir {root}/layers/new {root}/layers/work",
            f"mount -t overlay none {base} -o "
            f"lowerdir=/,upperdir={root}/layers/new,workdir={root}/layers/work",
            f"mount --rbind /dev {base}/dev",
            f"mount -t proc none {base}/proc",
            *(
                f"mkdir -p {base}{d} && mount -t tmpfs none {base}{d}"
                for d in ("/tmp", "/root", str(PROJECT.parent))
            ),
            f"chmod 1777 {base}/tmp",
            f"cp -r {root}/context {base}/context",
            # The settings by which this machine reaches the package index.
            f"for d in .config/pip .pip; do if [ -e {home}/$d ]; then "
            f"mkdir -p {base}/root/$d; cp -r {home}/$d/. {base}/root/$d; fi; done",
            inside(f"{python} -m venv /base"),
            *(inside(command, **pip) for _, command in image.steps),
            f"if {health} 2>/dev/null; then echo healthy without a server; exit 1; fi",
            inside(go + "exec " + shlex.join(image.cmd), image.user, **run) + " &",
            f"n=0; until {health} 2>/dev/null; do n=$((n + 1)); [ $n -lt 300 ]; sleep 0.2; done",
            f"du -sm --exclude=context {root}/layers/new | cut -f1 > {root}/size",
            f"touch {root}/healthy",
            "wait",
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize("target", ["viewer", "trainer"])
def test_the_steps_of_the_image_make_a_server(target: str, tmp_path: Path) -> None:
    if target == "trainer" and "VAE_LAB_TRAINER_IMAGE" not in os.environ:
        pytest.skip("installs TensorFlow, which takes minutes; VAE_LAB_TRAINER_IMAGE=1 runs it")
    if not shutil.which("unshare") or subprocess.run(MAY_MOUNT, check=False).returncode != 0:
        pytest.skip("needs root and the right to mount")
    python = system_python()
    if python is None:
        pytest.skip("needs a Python 3.11 to 3.13 of the system, with venv")
    for path in files_for_docker(PROJECT):
        (tmp_path / "context" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / path, tmp_path / "context" / path)
    for name in ("base", "layers"):
        (tmp_path / name).mkdir()
    image = read_dockerfile((PROJECT / "Dockerfile").read_text(), target)
    assert image.user != "root"
    port = free_port()
    with open(tmp_path / "log", "w+b") as log:
        process = subprocess.Popen(
            [*NAMESPACES, "sh", "-c", script(image, tmp_path, python, port)],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            while not (tmp_path / "healthy").exists():
                try:
                    process.wait(0.2)
                except subprocess.TimeoutExpired:
                    continue
                raise AssertionError((tmp_path / "log").read_text()[-5000:])
            server = next(
                child
                for child in psutil.Process(process.pid).children(recursive=True)
                if "streamlit" in " ".join(child.cmdline()) and child.uids().real != 0
            )
            with Visitor(f"http://127.0.0.1:{port}") as visitor:
                for page in PATHS:
                    visitor.open(page)
                    assert not visitor.exceptions, page
                    assert visitor.plots or page == "manifold"
                visitor.open("train")
                assert "train" not in visitor.buttons, "nobody is logged in"
            libraries = {Path(m.path).name for m in server.memory_maps()}
            assert not any("tensorflow" in name for name in libraries)
            print(
                f"{target}: {(tmp_path / 'size').read_text().strip()} MB installed (without "
                f"Python), {server.memory_info().rss / 2**20:.0f} MB with every page open",
                file=sys.stderr,
            )
        finally:
            process.kill()
            process.wait()
    assert "Traceback" not in (tmp_path / "log").read_text()

"""Every action for every kind of visitor."""

from __future__ import annotations

import ast
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import dashboard
from dashboard.access import actions, roles
from dashboard.access.actions import LimitError
from tests.conftest import SMALL
from tests.core.data.upload_files import IMAGES, LABELS, npz
from tests.dashboard.visitors import VISITORS, Host, act, contents, filled, visit
from tests.trained_runs import TrainedRuns
from vae_core.data import registry
from vae_core.data.own import own_names
from vae_core.data.upload import reader
from vae_core.data.upload.reader import Upload
from vae_core.engines.base import Engine
from vae_core.exchange import importing
from vae_core.exchange.bundle import bundle
from vae_core.runs.checked_files import CheckedFiles
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store

pytestmark = pytest.mark.usefixtures("nothing_trains")

TRAINED = replace(SMALL, epochs=1, seed=5)

ACTIONS = {
    "train": lambda runs, _: runs[9].status().state == "queued",
    "stop": lambda runs, _: runs[0].status().state == "cancelled",
    "resume": lambda runs, _: runs[1].status().state == "queued",
    "delete": lambda runs, _: 1 not in runs,
    "save_group": lambda runs, store: set(store.groups(runs[1].id)) == {"old", "new"},
    "delete_group": lambda runs, store: not store.groups(runs[1].id),
    "read_upload": lambda *_: own("old"),  # it stores nothing
    "keep_data": lambda *_: own("new", "old"),
    "delete_data": lambda *_: own(),
    "import_run": lambda runs, _: runs[TRAINED.seed].status().imported,
}


def own(*stems: str) -> bool:
    """Return whether exactly these data sets are stored."""
    return [name.split("_")[1] for name in own_names()] == list(stems)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, make_run: TrainedRuns) -> Run:
    return make_run(RunStore(tmp_path_factory.mktemp("elsewhere")), TRAINED)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, trained: Run) -> Path:
    """A folder to copy: a store with a data set, and files to upload."""
    folder = tmp_path_factory.mktemp("files")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VAE_LAB_RUNS", str(folder / "runs"))
        reader.read(npz(x=IMAGES), "old.npz").keep()
    (folder / "new.npz").write_bytes(npz(x=IMAGES, y=LABELS))
    (folder / "run.zip").write_bytes(bundle(trained))
    return folder


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("visitor", VISITORS)
@pytest.mark.usefixtures("no_child")
def test_every_action_for_every_visitor(
    host: Host, own_store: RunStore, files: Path, visitor: str, action: str
) -> None:
    secrets, env, user, may = VISITORS[visitor]
    host(secrets, **env)
    filled(own_store)
    shutil.copytree(files, own_store.root.parent, dirs_exist_ok=True)
    before = contents(own_store.root)
    page = visit(act, user, action, str(own_store.root))
    assert not page.exception, page.exception
    if may:
        assert not page.error
        runs = {run.config.seed: run for run in own_store.scan()[0]}
        assert ACTIONS[action](runs, own_store)
        assert (contents(own_store.root) == before) == (action == "read_upload")
        if action == "read_upload":
            assert page.text[0].value.startswith("own_new_")
        if action in ("train", "resume"):
            submitter = runs[9 if action == "train" else 1].status().submitted_by
            assert submitter == (user.get("email") if user else None)
    else:
        assert "Only trainers may" in page.error[0].value
        assert contents(own_store.root) == before


def test_every_public_action_is_listed_and_asks_for_the_role() -> None:
    """`ACTIONS` has every public function that changes something."""
    tree = ast.parse(Path(actions.__file__).read_text())
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    reads = ("_", "upload_", "limit_refusal")
    public = {name for name in functions if not name.startswith(reads)}
    assert public == set(ACTIONS)
    for name in public:
        first = functions[name].body[1]
        assert ast.unparse(first).startswith("roles.require_trainer("), name


WRITES = {
    **dict.fromkeys(("submit", "cancel", "close"), Engine),
    **dict.fromkeys(("create", "delete", "save_group", "delete_group"), RunStore),
    **dict.fromkeys(("keep",), Upload),
    **dict.fromkeys(("read",), reader),
    **dict.fromkeys(("delete_own",), registry),
    **dict.fromkeys(("import_run",), importing),
    **dict.fromkeys(("write_arrays",), Run),
    **dict.fromkeys(("seal", "remove_temporary"), CheckedFiles),
}

WRITING_PARTS = ("lifecycle", "metrics_file")  # attributes of a run that only write


def test_only_actions_write() -> None:
    """No other module calls a function that writes, or passes it as a callback."""
    for name, owner in WRITES.items():
        assert hasattr(owner, name), f"{name} was renamed: change this test"
    run = pretrained_store().scan()[0][0]
    assert all(hasattr(run, part) for part in WRITING_PARTS)
    root = Path(dashboard.__file__).parent
    writers: set[str] = set()
    for path in root.rglob("*.py"):
        if path.name == "actions.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in (*WRITES, *WRITING_PARTS):
                owner_text = ast.unparse(node.value)
                if owner_text not in ("actions", "run_queue"):
                    writers.add(f"{path.relative_to(root)}: {owner_text}.{node.attr}")
    assert not writers


def test_files_that_take_long_do_not_hold_up_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """One file of each person is read at a time, and two of all; others wait, and then are told."""
    persons = iter(["ada", "ada", "grace", "eve"])
    monkeypatch.setattr(roles, "user", lambda: next(persons))
    monkeypatch.setattr(actions, "READ_SECONDS", 0.05)
    with actions._turn():
        with pytest.raises(LimitError, match="Your last file is still being read"), actions._turn():
            pass
        with (
            actions._turn(),
            pytest.raises(LimitError, match="Another file is still being read"),
            actions._turn(),
        ):
            pass
    assert not actions._reading

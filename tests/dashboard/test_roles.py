"""Who may do what: every action for every kind of visitor, and what a broken set-up comes to."""

from __future__ import annotations

import ast
import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.runtime.secrets import Secrets
from streamlit.testing.v1 import AppTest

import dashboard
from dashboard.access import actions, roles
from dashboard.access.roles import HOSTED_LIMITS, Limits
from tests.conftest import SMALL
from tests.core.data.upload_files import IMAGES, LABELS, npz
from tests.dashboard.pages import PAGES, open_page, unopened
from tests.trained_runs import TrainedRuns
from tests.waiting import PATIENCE
from vae_core.config import RunConfig
from vae_core.data import registry
from vae_core.data.own import own_names
from vae_core.data.upload import reader
from vae_core.data.upload.reader import Upload
from vae_core.engines import factory
from vae_core.engines.base import Engine
from vae_core.engines.in_process import InProcessEngine
from vae_core.exchange import importing
from vae_core.exchange.bundle import bundle
from vae_core.runs.checked_files import CheckedFiles
from vae_core.runs.groups import Group
from vae_core.runs.run import Run
from vae_core.runs.store import RunStore, pretrained_store

AUTH = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "vae-lab"
client_secret = "secret"
server_metadata_url = "http://localhost/.well-known/openid-configuration"
"""
LISTED = '\n[vae_lab]\ntrainers = ["Ada@example.org", "grace@example.org"]\n'
ADA = {"is_logged_in": True, "email": "ada@example.org", "email_verified": True, "name": "Ada"}

Host = Callable[..., None]


class WaitingEngine(InProcessEngine):
    """Nothing that is submitted gets its turn."""

    def submit(self, run: Run) -> None:
        run.lifecycle.queue()


@pytest.fixture(autouse=True)
def _engine(own_store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ARG001
    engine = WaitingEngine()
    monkeypatch.setattr(factory, "shared_engine", lambda _store: engine)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Host]:
    """Sets up a host: its secrets as TOML, its environment."""
    before, shared = config.get_option("secrets.files"), st.secrets

    def set_up(secrets: str | bytes | None = None, **env: str) -> None:
        path = tmp_path / "secrets.toml"
        if secrets is not None:
            path.write_bytes(secrets if isinstance(secrets, bytes) else secrets.encode())
        config.set_option("secrets.files", [str(path)])
        monkeypatch.setattr(st, "secrets", Secrets())
        monkeypatch.setattr(roles, "_login_was_configured", False)
        roles._note.cache_clear()
        for name, value in env.items():
            monkeypatch.setenv(name, value)

    set_up()
    yield set_up
    config.set_option("secrets.files", before)
    shared._reset()  # Streamlit has it read the files, too, at its own time


def visit(script: Callable[..., None], user: dict[str, Any], *args: Any) -> AppTest:
    page = AppTest.from_function(script, args=args, default_timeout=PATIENCE)
    page.user = user
    return page.run()


def role_of(user: dict[str, Any]) -> str:
    """The role of such a visitor, with what is said to viewers."""

    def script() -> None:
        import streamlit as st

        from dashboard.access import roles

        st.text(roles.role())
        st.text(roles.viewer_reason())

    page = visit(script, user)
    assert not page.exception, page.exception
    role, reason = (text.value for text in page.text)
    assert (role == "trainer") == (reason == "None")
    return role if role == "trainer" else reason


# --- roles ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secrets", "env", "user", "expected"),
    [
        (None, {}, {}, "trainer"),  # a laptop
        ("[vae_lab.limits]\nepochs = 5", {}, {}, "trainer"),
        (None, {"VAE_LAB_ROLE": "trainer"}, {}, "trainer"),
        (None, {"VAE_LAB_ROLE": "viewer"}, {}, "looking only"),
        (AUTH + LISTED, {"VAE_LAB_ROLE": "viewer"}, ADA, "looking only"),
        (None, {"VAE_LAB_ROLE": "Trainer"}, {}, "looking only"),  # unknown
        (None, {"VAE_LAB_ROLE": ""}, {}, "looking only"),
        (None, {"VAE_LAB_ROLE": "login"}, {}, "not set up"),
        (LISTED, {"VAE_LAB_ROLE": "login"}, ADA, "not set up"),
        (LISTED, {}, ADA, "not set up"),
        (AUTH.replace("[auth]", "[Auth]"), {}, ADA, "not set up"),
        (AUTH + LISTED, {}, {}, "log in first"),
        (AUTH + LISTED, {"VAE_LAB_ROLE": "trainer"}, {}, "log in first"),
        (AUTH + LISTED, {}, ADA, "trainer"),
        (AUTH + LISTED, {"VAE_LAB_ROLE": "login"}, ADA, "trainer"),
        (AUTH + LISTED, {}, ADA | {"email": " ADA@Example.org "}, "trainer"),
        (AUTH + LISTED, {}, ADA | {"email_verified": "true"}, "trainer"),
        (AUTH + LISTED, {}, {k: v for k, v in ADA.items() if k != "email_verified"}, "trainer"),
        (AUTH + LISTED, {}, ADA | {"email_verified": False}, "not verified"),
        (AUTH + LISTED, {}, ADA | {"email_verified": "no"}, "not verified"),
        (AUTH + LISTED, {}, ADA | {"email": "eve@example.org"}, "not on the list"),
        (AUTH + LISTED, {}, ADA | {"email": "ada@example.org.evil.org"}, "not on the list"),
        # Letters of other alphabets that lower() would make Latin ones.
        (AUTH + LISTED.replace("Ada", "kay"), {}, ADA | {"email": "\u212aay@example.org"}, "list"),
        (AUTH + LISTED, {}, ADA | {"is_logged_in": False}, "log in first"),
        (AUTH + LISTED, {}, ADA | {"is_logged_in": "yes"}, "log in first"),
        (AUTH + LISTED, {}, ADA | {"email": ["ada@example.org"]}, "log in first"),
        (AUTH + LISTED, {}, {"email": "ada@example.org"}, "log in first"),
        (AUTH, {}, ADA, "not on the list"),
        (AUTH + "[vae_lab]\ntrainers = []", {}, ADA, "not on the list"),
        (AUTH + '[vae_lab]\ntrainers = [""]', {}, ADA | {"email": " "}, "log in first"),
        (AUTH + '[vae_lab]\ntrainers = "ada@example.org"', {}, ADA, "not on the list"),
        (AUTH + "[vae_lab]\ntrainers = [1]", {}, ADA, "not on the list"),
        ('vae_lab = "ada@example.org"\n' + AUTH, {}, ADA, "not on the list"),
        (AUTH.replace("client_id", "clientid") + LISTED, {}, ADA, "not set up"),
        (AUTH.replace("vae-lab", "") + LISTED, {}, ADA, "not set up"),
        (AUTH.replace("0123456789abcdef", "x") + LISTED, {}, ADA, "not set up"),
        ("auth = true\n" + LISTED, {}, ADA, "not set up"),
        ("[auth]\n" + LISTED, {}, ADA, "not set up"),
        ("this is no TOML", {}, {}, "not set up"),
        (AUTH + LISTED + "[", {}, ADA, "not set up"),
        (b"\xff\xfe", {}, {}, "not set up"),
    ],
)
def test_the_role(
    host: Host,
    caplog: pytest.LogCaptureFixture,
    secrets: str | bytes | None,
    env: dict[str, str],
    user: dict[str, Any],
    expected: str,
) -> None:
    host(secrets, **env)
    got = role_of(user)
    assert expected in got
    notes = [r.getMessage() for r in caplog.records if r.name == "vae_lab"]
    broken = "not set up" in got or env.get("VAE_LAB_ROLE") in ("", "Trainer")
    broken = broken or secrets in (AUTH,) or "trainers" not in str(secrets or "trainers")
    if broken and "vae_lab.limits" not in str(secrets):
        assert notes, "who runs the host learns what is wrong"
    assert not any("0123456789abcdef" in note for note in notes), "no secret in the log"


def test_a_folder_in_the_place_of_the_secrets_makes_viewers(host: Host, tmp_path: Path) -> None:
    (tmp_path / "secrets.toml").mkdir()
    host()
    assert "not set up" in role_of(ADA)


def test_secrets_that_can_not_be_looked_at_make_viewers(host: Host) -> None:
    host()
    assert role_of(ADA) == "trainer"
    config.set_option("secrets.files", ["x" * 5000])  # as a folder that may not be entered
    st.secrets._reset()
    assert "not set up" in role_of(ADA)


def test_a_login_that_was_there_does_not_go_away_with_its_file(host: Host, tmp_path: Path) -> None:
    host(AUTH + LISTED)
    assert role_of(ADA) == "trainer"
    (tmp_path / "secrets.toml").unlink()
    st.secrets._reset()
    assert "not set up" in role_of({})
    assert "not set up" in role_of(ADA)


def test_who_is_taken_off_the_list_is_a_viewer_at_once(host: Host, tmp_path: Path) -> None:
    host(AUTH + LISTED)
    assert role_of(ADA) == "trainer"
    (tmp_path / "secrets.toml").write_text(AUTH + '[vae_lab]\ntrainers = ["grace@example.org"]')
    st.secrets._on_secrets_changed("secrets.toml")
    assert "not on the list" in role_of(ADA)


def test_an_installation_without_tensorflow_shows(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    host(AUTH + LISTED)
    monkeypatch.setattr(roles, "_installed", lambda package: package != "tensorflow")
    assert "can't train" in role_of(ADA)
    assert not roles.trains_here()
    monkeypatch.setenv("VAE_LAB_SCHEDULER", "tcp://127.0.0.1:1")  # trains elsewhere
    assert role_of(ADA) == "trainer"


# --- every action for every visitor -----------------------------------------------------------

TRAINED = replace(SMALL, epochs=1, seed=5)
VISITORS: dict[str, tuple[str | None, dict[str, str], dict[str, Any], bool]] = {
    "laptop": (None, {}, {}, True),
    "look-only host": (None, {"VAE_LAB_ROLE": "viewer"}, {}, False),
    "not logged in": (AUTH + LISTED, {}, {}, False),
    "not listed": (AUTH + LISTED, {}, ADA | {"email": "eve@example.org"}, False),
    "listed": (AUTH + LISTED, {}, ADA, True),
}


def act(action: str, root: str) -> None:
    """Runs as a page of the dashboard."""
    from dataclasses import replace
    from pathlib import Path

    import streamlit as st

    from dashboard.access import actions
    from vae_core.config import RunConfig, VaeLabError
    from vae_core.data.own import own_names
    from vae_core.data.upload import reader
    from vae_core.runs.store import RunStore

    files = Path(root).parent
    runs = {run.config.seed: run for run in RunStore(root).scan()[0]}
    try:
        if action == "train":
            actions.train([replace(RunConfig(epochs=3), seed=9)])
        elif action == "save_group":
            actions.save_group(runs[1], "new", [1, 2])
        elif action == "delete_group":
            actions.delete_group(runs[1], "old")
        elif action == "read_upload":
            found = actions.read_upload((files / "new.npz").read_bytes(), "new.npz", None)
            st.text(found.summary.name)
        elif action == "keep_data":
            actions.keep_data(reader.read(files / "new.npz", "new.npz"))
        elif action == "delete_data":
            (name,) = own_names()
            actions.delete_data(name)
        elif action == "import_run":
            actions.import_run((files / "run.zip").read_bytes(), "run.zip")
        else:
            getattr(actions, action)(runs[{"stop": 0, "resume": 1, "delete": 1}[action]])
    except VaeLabError as error:
        st.error(str(error))


def contents(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "lock"
    }


def filled(store: RunStore) -> None:
    """A run that waits, and one that failed and has a group."""
    store.create(SMALL)
    failed = store.create(replace(SMALL, seed=1))
    failed.lifecycle.write(state="failed")
    store.save_group(failed.id, "old", Group((1,)))


ACTIONS = {
    "train": lambda runs, _: runs[9].status().state == "queued",
    "stop": lambda runs, _: runs[0].status().state == "cancelled",
    "resume": lambda runs, _: runs[1].status().state == "queued",
    "delete": lambda runs, _: 1 not in runs,
    "save_group": lambda runs, store: set(store.groups(runs[1].id)) == {"old", "new"},
    "delete_group": lambda runs, store: not store.groups(runs[1].id),
    "read_upload": lambda *_: own("old"),  # kept is another action
    "keep_data": lambda *_: own("new", "old"),
    "delete_data": lambda *_: own(),
    "import_run": lambda runs, _: runs[TRAINED.seed].status().imported,
}


def own(*stems: str) -> bool:
    """Are these the data sets that are kept?"""
    return [name.split("_")[1] for name in own_names()] == list(stems)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, make_run: TrainedRuns) -> Run:
    return make_run(RunStore(tmp_path_factory.mktemp("elsewhere")), TRAINED)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, trained: Run) -> Path:
    """A store with a data set, and beside it files to upload: to be copied."""
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
            asked = runs[9 if action == "train" else 1].status().submitted_by
            assert asked == (user.get("email") if user else None)
    else:
        assert "Only trainers may" in page.error[0].value
        assert contents(own_store.root) == before


def test_the_actions_are_all_there_are() -> None:
    """The table above has every public function that writes."""
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
WRITING_PARTS = ("lifecycle", "metrics_file")  # of a run: whatever they have changes it


def test_no_other_part_of_the_pages_writes() -> None:
    """So that the question for the role can't be forgotten: also not as a callback."""
    for name, owner in WRITES.items():
        assert hasattr(owner, name), f"{name} has another name now: change this test"
    run = pretrained_store().scan()[0][0]
    assert all(hasattr(run, part) for part in WRITING_PARTS)
    root = Path(dashboard.__file__).parent
    asked: set[str] = set()
    for path in root.rglob("*.py"):
        if path.name == "actions.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in (*WRITES, *WRITING_PARTS):
                owner_name = ast.unparse(node.value)
                if owner_name not in ("actions", "run_queue"):
                    asked.add(f"{path.relative_to(root)}: {owner_name}.{node.attr}")
    assert not asked


# --- the pages --------------------------------------------------------------------------------


def open_as(name: str, user: dict[str, Any]) -> AppTest:
    page = unopened(name)
    page.user = user
    page.run()
    assert not page.exception, page.exception
    return page


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


@pytest.mark.parametrize("visitor", VISITORS)
def test_what_a_visitor_sees(host: Host, own_store: RunStore, visitor: str) -> None:
    secrets, env, user, may = VISITORS[visitor]
    host(secrets, **env)
    filled(own_store)
    page = open_as("train", user)
    assert any(key.startswith("watch-") for key in keys(page)), "everybody sees the queue"
    changing = ("train", "stop", "resume", "delete")
    found = {key for key in keys(page) if key.split("-")[0] in changing}
    if may:
        waiting, failed = (run.id for run in own_store.scan()[0])
        assert {"train", f"stop-{waiting}", f"resume-{failed}", "delete-for-good"} <= found
    else:
        assert not found
        assert "train" in " ".join(info.value for info in page.info)
        assert not page.selectbox("watched").disabled
    offered = visitor == "not logged in"
    assert ("login" in keys(page)) == ("login-to-train" in keys(page)) == offered
    assert ("logout" in keys(page)) == (visitor in ("listed", "not listed"))
    if "logout" in keys(page):
        captions = " ".join(caption.value for caption in page.caption)
        assert f"Ada · {'trainer' if may else 'viewer'}" in captions


def test_a_button_that_was_there_does_nothing_for_who_is_a_viewer_by_now(
    host: Host, own_store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    host()
    filled(own_store)
    page = open_page("train")
    (waiting, failed) = (run.id for run in own_store.scan()[0])
    before = contents(own_store.root)
    monkeypatch.setenv("VAE_LAB_ROLE", "viewer")
    for key in (f"stop-{waiting}", f"resume-{failed}", "train"):
        page.button(key).click().run()
        assert not page.exception
        assert contents(own_store.root) == before
        monkeypatch.delenv("VAE_LAB_ROLE")
        page.run()
        monkeypatch.setenv("VAE_LAB_ROLE", "viewer")


def test_a_link_presses_no_button(host: Host, own_store: RunStore) -> None:
    host()
    filled(own_store)
    before = contents(own_store.root)
    page = unopened("train")
    for key in ("train", "stop", "resume", "stop-all", "delete", "login", "logout", "own_import"):
        page.query_params[key] = "true"
    for run in own_store.scan()[0]:
        for key in ("stop", "resume", "delete-for-good", "watch"):
            page.query_params[f"{key}-{run.id}"] = "true"
    page.run()
    assert not page.exception
    assert contents(own_store.root) == before


@pytest.mark.parametrize("visitor", ["look-only host", "laptop"])
def test_a_host_that_only_shows_starts_no_engine(
    host: Host, monkeypatch: pytest.MonkeyPatch, visitor: str
) -> None:
    started: list[object] = []
    monkeypatch.setattr(factory, "shared_engine", started.append)
    secrets, env, _, may = VISITORS[visitor]
    host(secrets, **env)
    for name in PAGES:
        open_page(name)
    assert bool(started) == may


# --- limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("secrets", "env", "expected"),
    [
        (None, {}, Limits()),
        (None, {"VAE_LAB_ROLE": "login"}, HOSTED_LIMITS),
        (AUTH, {}, HOSTED_LIMITS),
        ("no TOML", {}, HOSTED_LIMITS),
        (AUTH + "[vae_lab.limits]\nepochs = 7", {}, replace(HOSTED_LIMITS, epochs=7)),
        (AUTH + '[vae_lab.limits]\nepochs = "none"', {}, replace(HOSTED_LIMITS, epochs=None)),
        ("[vae_lab.limits]\nruns = 3", {"VAE_LAB_LIMIT_RUNS": "0"}, Limits(runs=0)),
        (None, {"VAE_LAB_LIMIT_UPLOAD_MB": "5"}, Limits(upload_mb=5)),
        # What can't be read is no reason for no limit.
        (None, {"VAE_LAB_LIMIT_EPOCHS": "many"}, Limits(epochs=HOSTED_LIMITS.epochs)),
        (None, {"VAE_LAB_LIMIT_EPOCHS": "-1"}, Limits(epochs=HOSTED_LIMITS.epochs)),
        ("[vae_lab.limits]\nimages = 1.5", {}, Limits(images=HOSTED_LIMITS.images)),
        ("[vae_lab.limits]\nimages = true", {}, Limits(images=HOSTED_LIMITS.images)),
        ("[vae_lab]\nlimits = 3", {}, Limits()),
    ],
)
def test_the_limits(host: Host, secrets: str | None, env: dict[str, str], expected: Limits) -> None:
    host(secrets, **env)
    assert roles.limits() == expected


def test_a_limit_of_another_name_is_said(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    host("[vae_lab.limits]\nepoch = 7")
    roles.limits()
    roles.limits()
    assert sum("'epoch'" in record.getMessage() for record in caplog.records) == 1


def ask(seeds: list[int], epochs: int, dataset: str) -> None:
    """Runs as a page: asks for runs, and says what came of it."""
    from dataclasses import replace

    import streamlit as st

    from dashboard.access import actions
    from vae_core.config import RunConfig, VaeLabError

    try:
        base = RunConfig(epochs=epochs, dataset=dataset)
        st.text(len(actions.train([replace(base, seed=seed) for seed in seeds])))
    except VaeLabError as error:
        st.text(str(error))


def asked_for(user: dict[str, Any], seeds: list[int], epochs: int = 3, data: str = "digits") -> str:
    page = visit(ask, user, seeds, epochs, data)
    assert not page.exception, page.exception
    return str(page.text[0].value)


def test_one_person_can_not_block_the_host(host: Host, own_store: RunStore) -> None:
    grace = ADA | {"email": "grace@example.org"}
    host(AUTH + LISTED + "[vae_lab.limits]\nruns_each = 2\nruns = 3\nepochs = 10\nimages = 2000")
    assert asked_for(ADA, [0], epochs=11) == "A run may have up to 10 epochs here, not 11."
    assert "up to 2,000 images here; mnist has 60,000" in asked_for(ADA, [0], data="mnist")
    assert "You may have up to 2 runs" in asked_for(ADA, [0, 1, 2])
    assert not own_store.scan()[0], "nothing was started"
    assert asked_for(ADA, [0, 1]) == "2"
    assert asked_for(ADA, [0, 1]) == "2", "those that wait already are no new ones"
    assert "with this it would be 3" in asked_for(ADA, [2])
    assert "takes up to 3 runs in training and in line, and has 2" in asked_for(grace, [2, 3])
    assert asked_for(grace, [2]) == "1"
    assert "takes up to 3" in asked_for(grace, [3])
    own_store.scan()[0][0].lifecycle.write(state="finished")
    assert asked_for(ADA, [4]) == "1", "what has ended counts no more"
    own_store.scan()[0][1].lifecycle.write(state="cancelled")
    asked_for(grace, [5])
    page = visit(act, ADA, "resume", str(own_store.root))
    assert "up to" in page.error[0].value, "going on is training, too"
    assert own_store.scan()[0][1].status().state == "cancelled"


def test_without_login_all_share_a_limit(host: Host) -> None:
    host(VAE_LAB_LIMIT_RUNS_EACH="1")
    assert asked_for({}, [0]) == "1"
    assert asked_for({}, [1]).startswith("All together may have up to 1 runs")


def test_the_form_says_the_limit_before_the_press(host: Host, own_store: RunStore) -> None:
    host(VAE_LAB_LIMIT_RUNS_EACH="3", VAE_LAB_LIMIT_EPOCHS="50")
    page = open_page("train")
    assert page.number_input("train_epochs_digits").max == 50
    assert not page.button("train").disabled
    page.button_group("train_mode").set_value("Sweep").run()
    assert page.button("train").disabled
    assert any("up to 3 runs" in caption.value for caption in page.caption)
    assert not own_store.scan()[0]


def test_a_laptop_has_no_limits(host: Host) -> None:
    host()
    many = [RunConfig(epochs=100_000, seed=seed) for seed in range(99)]
    assert actions.limit_refusal(many) is None

"""Kinds of visitors of a host, and actions that are tried as each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from tests.conftest import SMALL
from tests.waiting import PATIENCE
from vae_core.runs.groups import Group
from vae_core.runs.store import RunStore

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

VISITORS: dict[str, tuple[str | None, dict[str, str], dict[str, Any], bool]] = {
    "laptop": (None, {}, {}, True),
    "look-only host": (None, {"VAE_LAB_ROLE": "viewer"}, {}, False),
    "not logged in": (AUTH + LISTED, {}, {}, False),
    "not listed": (AUTH + LISTED, {}, ADA | {"email": "eve@example.org"}, False),
    "listed": (AUTH + LISTED, {}, ADA, True),
}

Host = Callable[..., None]


def visit(script: Callable[..., None], user: dict[str, Any], *args: Any) -> AppTest:
    page = AppTest.from_function(script, args=args, default_timeout=PATIENCE)
    page.user = user
    return page.run()


def act(action: str, root: str) -> None:
    """Do an action; AppTest runs this function as a page, so it imports what it needs."""
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
            upload = actions.read_upload((files / "new.npz").read_bytes(), "new.npz", None, "all")
            st.text(upload.summary.name)
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
    """Fill a store with a waiting run, and a failed run that has a group."""
    store.create(SMALL)
    failed = store.create(replace(SMALL, seed=1))
    failed.lifecycle.write(state="failed")
    store.save_group(failed.id, "old", Group((1,)))

"""Refuse files of visitors who may not train, before any of their bytes are read."""

from __future__ import annotations

import re
import threading

import streamlit as st
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.runtime.scriptrunner import get_script_run_ctx

UPLOAD = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+/?$")
MOST_SESSIONS = 10_000

_allowed: dict[str, None] = {}  # ids of sessions; the one that ran longest ago is the first
_lock = threading.Lock()


def allow(trains: bool) -> None:
    """Note whether the session of this page run may send files."""
    context = get_script_run_ctx()
    if context is None:
        return
    with _lock:
        _allowed.pop(context.session_id, None)
        if trains and st.get_option("server.maxUploadSize"):
            _allowed[context.session_id] = None
        if len(_allowed) > MOST_SESSIONS:
            del _allowed[next(iter(_allowed))]


class UploadGuard:
    """ASGI middleware that passes on an upload only if a page allowed it to the session."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        if scope["type"] == "http" and scope["method"] in ("PUT", "POST"):
            upload = UPLOAD.search(scope["path"])
            if upload and upload["session"] not in _allowed:
                app = PlainTextResponse("Only trainers may send files.\n", 403)
        await app(scope, receive, send)

"""Send the cookies of the login over encrypted connections only, and let them end after a day."""

from __future__ import annotations

import re

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.access.roles import LOGIN_HOURS

LOGIN_COOKIE = "_streamlit_user"  # also the start of the names of its parts
MAX_AGE = re.compile(r"max-age=\d{4,}", re.IGNORECASE)


class CookieGuard:
    """ASGI middleware that marks cookies as Secure if the host's address begins with https."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _guard(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_guarded if scope["type"] == "http" else send)


def _guard(headers: MutableHeaders) -> None:
    cookies = headers.getlist("set-cookie")
    if not cookies:
        return
    del headers["set-cookie"]
    encrypted = _is_encrypted()
    for cookie in cookies:
        if cookie.startswith(LOGIN_COOKIE):
            cookie = MAX_AGE.sub(f"Max-Age={LOGIN_HOURS * 3600}", cookie)
        if encrypted and not re.search(r";\s*secure\b", cookie, re.IGNORECASE):
            cookie += "; Secure"
        headers.append("set-cookie", cookie)


def _is_encrypted() -> bool:
    """Return whether visitors reach this host by https, as its login says."""
    try:
        address = st.secrets["auth"]["redirect_uri"]
    except (KeyError, OSError, ValueError, TypeError):  # no login, or secrets that can't be read
        return False
    return str(address).startswith("https://")

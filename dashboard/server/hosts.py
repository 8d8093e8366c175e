"""Refuse pages under a name that is not one of this host."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

HEALTH = "/_stcore/health"  # whoever watches the host may ask by its number
UNKNOWN = (
    "VAE Lab is not shown under this address. Who runs this host can allow its name: start the "
    "server with STREAMLIT_SERVER_ALLOWED_HOSTS=name.example.org\n"
)


class HostGuard:
    """ASGI middleware that answers only to the names in `server.allowedHosts`.

    Streamlit checks them only when a page opens its websocket, and a refused page says nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self.app
        is_page = scope["type"] == "http" and not scope["path"].endswith(HEALTH)
        if is_page and not is_host_allowed(Headers(scope=scope).get("host")):
            app = PlainTextResponse(UNKNOWN, 421)
        await app(scope, receive, send)

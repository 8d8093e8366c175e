"""What a stranger on the network tries against a host, in small."""

from __future__ import annotations

import http.client
import socket
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosed

from benchmarks.visitor import Visitor
from tests.browser.chromium import Server
from vae_core.runs.store import PROJECT

HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "streamlit, PLACEHOLDER",
}


def connects(server: Server, host: str | None = None, origin: str | None = None) -> bool:
    """Return whether the server opens a websocket for these headers."""
    port = urlsplit(server.url).port
    assert port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.putrequest("GET", "/_stcore/stream", skip_host=True)
    connection.putheader("Host", host or f"127.0.0.1:{port}")
    for name, value in (
        HANDSHAKE.items() if not origin else [*HANDSHAKE.items(), ("Origin", origin)]
    ):
        connection.putheader(name, value)
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    assert status in (101, 403)
    return status == 101


def test_a_foreign_name_that_leads_here_reaches_no_page(server: Server) -> None:
    port = urlsplit(server.url).port
    for host in ("localhost", "127.0.0.1", f"localhost:{port}", "[::1]"):
        assert connects(server, host), host
    for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example", "0.0.0.0", ""):
        assert not connects(server, host or " "), host
    for path, host, status in (
        ("/", "evil.example", 421),
        ("/", "localhost", 200),
        ("/_stcore/health", "10.0.0.7", 200),
    ):
        request = urllib.request.Request(server.url + path, headers={"Host": host})
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        assert answer.status == status
        assert (b"STREAMLIT_SERVER_ALLOWED_HOSTS" in answer.read()) == (status == 421)


def test_a_page_of_another_site_makes_the_server_ask_nobody(server: Server) -> None:
    assert not connects(server, origin="https://evil.example")
    assert connects(server, origin=f"http://localhost:{urlsplit(server.url).port}")
    log = Path(server.log.name).read_text()
    assert "external IP" not in log, "Streamlit says so after it has asked in vain"


def test_a_large_message_ends_its_own_session_only(server: Server) -> None:
    with Visitor(server.url) as stranger, Visitor(server.url) as other:
        stranger.open("learn")
        message = BackMsg()
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.string_value = "x", "x" * 2_000_000
        stranger._socket.send(message.SerializeToString())
        with pytest.raises(ConnectionClosed, match="1009"):
            list(stranger._socket)  # until the server closes the connection
        other.open("learn")
        assert not other.exceptions


APP = """
import streamlit as st
from dashboard.server import refusals
refusals.keep_caches()
app = st.App("page.py")
"""
PAGE = """
import itertools
import streamlit as st

@st.cache_resource
def count():
    return itertools.count()

@st.cache_data
def number():
    return next(count())

st.caption(f"made {number()}, cleared {st.session_state.setdefault('seen', 0)}")
"""


def test_a_visitor_clears_nobodys_cache(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "page.py").write_text(PAGE)
    server = Server(tmp_path, tmp_path / "app.py", PYTHONPATH=str(PROJECT))
    try:
        with Visitor(server.url) as visitor:
            visitor.open("")
            visitor._socket.send(BackMsg(clear_cache=True).SerializeToString())
            visitor.open("")
            assert visitor.texts == ["made 0, cleared 0"]
    finally:
        server.stop()


def test_a_viewer_can_send_no_byte_of_a_file(tmp_path: Path) -> None:
    server = Server(tmp_path, VAE_LAB_ROLE="viewer")
    try:
        with Visitor(server.url) as viewer:
            viewer.open("train")
            assert not viewer.exceptions
            url = urlsplit(server.url)
            with socket.create_connection((url.hostname, url.port), timeout=60) as connection:
                connection.sendall(
                    f"PUT /_stcore/upload_file/{viewer.session}/1 HTTP/1.1\r\n"
                    f"Host: {url.netloc}\r\nContent-Length: {100 << 20}\r\n\r\n".encode()
                )
                assert connection.recv(100).startswith(b"HTTP/1.1 403"), "before the file is sent"
    finally:
        server.stop()

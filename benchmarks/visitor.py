"""A session of the dashboard without a browser, by Streamlit's protocol over a websocket."""

from __future__ import annotations

import contextlib
import random
import socket
import time
import urllib.request
from typing import Any, Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Subprotocol

RUN_SECONDS = 60.0  # a page run that takes longer counts as an error

FINISHED = (
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)


class Visitor:
    """A session of the dashboard, with the state that a browser keeps.

    Args:
        url: the server's address, such as http://127.0.0.1:8501.
        headers: sent in the websocket's handshake, such as a cookie.
        token: the XSRF token that the server expects in the handshake.

    Attributes:
        widgets: key -> (kind, element), for the elements of the open page that have a key.
        buttons: keys of the buttons that can be pressed.
        plots: number of charts on the page.
        texts: the texts of its alerts, captions and Markdown.
        exceptions: all errors since the session began.
        session: the id that the server gave it.
        log: (what, page, seconds) of each run of a page ("page") or of a live part ("tick").
    """

    def __init__(
        self, url: str, headers: dict[str, str] | None = None, token: str = "PLACEHOLDER"
    ) -> None:
        self._url, self._headers, self._token = url, headers or {}, token
        self.session = ""
        self._cache: dict[str, ForwardMsg] = {}
        self._used_hashes: set[str] = set()
        self._hashes: dict[str, str] = {}
        # fragment -> (interval, time of the next run)
        self._ticks: dict[str, tuple[float, float]] = {}
        self._pictures: set[str] = set()
        self._states: dict[str, Any] = {}
        self._page_hash = ""
        self.page = ""
        self.query = ""
        self.widgets: dict[str, tuple[str, Any]] = {}
        self.buttons: set[str] = set()
        self.texts: list[str] = []
        self.plots = 0
        self.exceptions: list[str] = []
        self.log: list[tuple[str, str, float]] = []
        self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def _connect(self) -> None:
        protocols = ["streamlit", self._token, *([self.session] if self.session else [])]
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            connect(
                self._url.replace("http", "ws", 1) + "/_stcore/stream",
                additional_headers=self._headers,
                subprotocols=[Subprotocol(value) for value in protocols],
                max_size=None,
                compression=None,
                open_timeout=30,
            )
        )

    def cut(self) -> None:
        """Break the connection without closing the websocket."""
        with contextlib.suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)
        self._open.close()

    def reconnect(self, resume: bool) -> None:
        """Connect again.

        Args:
            resume: whether to go on with the old session; if not, start a new one.
        """
        if not resume:
            self.session, self._states, self._cache = "", {}, {}
        self._connect()
        self.open(self.page)

    def open(self, page: str, query: str = "") -> None:
        """Open a page, and wait until its script has finished."""
        self.page, self.query, self._states = page, query, {}
        self._page_hash = self._hashes.get(page, "")
        self._run("page")

    def set(self, key: str, **value: Any) -> None:
        """Set the value of a widget, by a field of WidgetState, and wait until the page has run."""
        kind, element = self.widgets[key]
        self._states[element.id] = (kind, value)
        self._run("page")

    def press(self, key: str) -> None:
        """Press a button, and wait until the page has run."""
        _, element = self.widgets[key]
        self._run("page", trigger=element.id)

    def rest(self, seconds: float) -> None:
        """Wait for some seconds while the live parts of the page refresh."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            due = [name for name, (_, at) in self._ticks.items() if at <= now]
            for name in due:
                every, _ = self._ticks[name]
                self._ticks[name] = (every, now + every)
                self._run("tick", fragment=name)
                if name not in self._ticks:
                    break
            until = min([end, *(at for _, at in self._ticks.values())])
            self._receive(max(until - time.monotonic(), 0.001))

    def change_something(self, rng: random.Random) -> bool:
        """Change a random slider, select box or checkbox; return False if the page has none."""
        choices = [
            (key, kind, element)
            for key, (kind, element) in sorted(self.widgets.items())
            if kind in ("slider", "selectbox", "checkbox") and not element.disabled
        ]
        if not choices:
            return False
        key, kind, element = rng.choice(choices)
        if kind == "slider":
            if element.options:
                self.set(key, string_array_value=[rng.choice(list(element.options))])
            else:
                steps = round((element.max - element.min) / element.step)
                value = element.min + element.step * rng.randint(0, steps)
                self.set(key, double_array_value=[value] * max(len(element.default), 1))
        elif kind == "selectbox":
            self.set(key, string_value=rng.choice(list(element.options)))
        else:
            self.set(key, bool_value=not element.default)
        return True

    def _run(self, what: str, fragment: str = "", trigger: str = "") -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.page_script_hash = self.query, self._page_hash
        state.page_name = "" if self._page_hash else self.page
        state.fragment_id, state.is_auto_rerun = fragment, bool(fragment)
        state.cached_message_hashes.extend(self._cache)
        for widget, (_, value) in self._states.items():
            widget_state = state.widget_states.widgets.add(id=widget)
            for name, content in value.items():
                if isinstance(content, list):
                    getattr(widget_state, name).data.extend(content)
                else:
                    setattr(widget_state, name, content)
        if trigger:
            state.widget_states.widgets.add(id=trigger, trigger_value=True)
        start = time.perf_counter()
        self._socket.send(message.SerializeToString())
        wanted = FINISHED if fragment else FINISHED[:1]
        while self._receive(RUN_SECONDS - (time.perf_counter() - start)) not in wanted:
            if time.perf_counter() - start >= RUN_SECONDS:
                self.exceptions.append(f"{self.page or 'home'}: no end within {RUN_SECONDS:g} s")
                return
        self.log.append((what, self.page or "home", time.perf_counter() - start))
        self._fetch_pictures()

    def _receive(self, seconds: float) -> int | None:
        """Receive one message; return the status if it says that a script has finished."""
        try:
            data = self._socket.recv(timeout=max(seconds, 0.001))
        except TimeoutError:
            return None
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "ref_hash":
            cached = ForwardMsg()
            cached.CopyFrom(self._cache[message.ref_hash])
            cached.metadata.CopyFrom(message.metadata)
            self._used_hashes.add(message.ref_hash)
            message = cached
        elif message.metadata.cacheable:
            self._cache[message.hash] = message
            self._used_hashes.add(message.hash)
        return self._handle(message)

    def _handle(self, message: ForwardMsg) -> int | None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.session = message.new_session.initialize.session_id
            self._page_hash = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self.widgets, self.buttons, self.texts, self.plots = {}, set(), [], 0
                self._ticks = {}
        elif kind == "navigation":
            self._hashes = {
                "" if page.is_default else page.url_pathname: page.page_script_hash
                for page in message.navigation.app_pages
            }
        elif kind == "auto_rerun":
            every = message.auto_rerun.interval
            fragment = message.auto_rerun.fragment_id
            self._ticks.setdefault(fragment, (every, time.monotonic() + every))
        elif kind == "delta":
            if message.delta.WhichOneof("type") == "new_element":
                self._add_element(message.delta.new_element)
        elif kind == "session_event":
            event = message.session_event
            if event.WhichOneof("type") == "script_compilation_exception":
                self.exceptions.append(event.script_compilation_exception.message)
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                # Like the browser, drop messages that the last run did not use.
                self._cache = {h: m for h, m in self._cache.items() if h in self._used_hashes}
                self._used_hashes = set()
            return message.script_finished
        return None

    def _add_element(self, element: Any) -> None:
        """Record an element of the page."""
        kind = element.WhichOneof("type")
        content = getattr(element, kind)
        if kind == "exception":
            message = [f"{self.page or 'home'}: {content.type}: {content.message}"]
            self.exceptions.append(" ".join([*message, *content.stack_trace]))
        elif kind == "bidi_component":
            self.plots += 1
        elif kind == "imgs":
            self._pictures |= {image.url for image in content.imgs if image.url.startswith("/")}
        elif kind in ("markdown", "alert"):
            self.texts.append(content.body)
        if "id" in content.DESCRIPTOR.fields_by_name and content.id.count("-") >= 2:
            key = content.id.split("-", 2)[2]
            self.widgets[key] = (kind, content)
            if kind == "button" and not content.disabled:
                self.buttons.add(key)

    def _fetch_pictures(self) -> None:
        """Download the pictures of the page, as a browser does."""
        for path in self._pictures:
            try:
                with urllib.request.urlopen(self._url + path, timeout=30) as answer:
                    answer.read()
            except OSError as error:
                self.exceptions.append(f"{path}: {error}")
        self._pictures = set()

"""Many viewers at once: real sessions that walk the pages while two runs train.

    python -m benchmarks.viewers [--sessions 20] [--minutes 3] [--think 5] [--seed 0]

Each session speaks Streamlit's own protocol over its websocket, as the browser does: it opens
pages, changes widgets, ticks with the pages that tick, fetches the pictures, is cut off at times
and comes back, half of the times to its old session. Between two acts it reads, for `think`
seconds on average. Prints how long a page run took (from the message until the script has
finished), what went wrong, how the web process grew after the warm-up, and what the training lost.
The sessions live in this process, on the same cores as the server.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import os
import random
import socket
import statistics
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.browser.chromium import Server
from tests.dashboard.pages import PAGES, PATHS
from vae_core.config import RunConfig
from vae_core.runs.run import Run

AIMS = {"p95": 1.0, "growth": 0.10}
# Seconds: Streamlit keeps a session that was cut off for 120, so only then are there as many of
# these as there will ever be.
WARM_UP = 150.0
CUT_SHARE = 0.05  # of the acts: the connection breaks
RUN_SECONDS = 60.0  # a page run that takes longer counts as an error
FINISHED = (
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)


class Visitor:
    """A session, as the browser has it.

    Args:
        url: of the server, as in http://127.0.0.1:8501.
        headers: of the websocket's handshake, such as a cookie.
        token: what proves that the page of the handshake is the server's own (XSRF).

    Attributes:
        widgets: key -> element of the page that is open, for those with a key.
        buttons: keys of the buttons that can be pressed.
        plots: how many charts it shows.
        texts: what its alerts, captions and Markdown say.
        exceptions: what went wrong, over the whole life.
        session: the id that the server gave it.
        log: (what, page, seconds) of each run of a page ("page") or of a part of it ("tick").
    """

    def __init__(
        self, url: str, headers: dict[str, str] | None = None, token: str = "PLACEHOLDER"
    ) -> None:
        self._url, self._headers, self._token = url, headers or {}, token
        self.session = ""
        self._cache: dict[str, ForwardMsg] = {}
        self._seen: set[str] = set()
        self._hashes: dict[str, str] = {}
        self._ticks: dict[str, tuple[float, float]] = {}  # fragment -> every so often, next at
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
        asked = ["streamlit", self._token, *([self.session] if self.session else [])]
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            connect(
                self._url.replace("http", "ws", 1) + "/_stcore/stream",
                additional_headers=self._headers,
                subprotocols=[Subprotocol(value) for value in asked],
                max_size=None,
                compression=None,
                open_timeout=30,
            )
        )

    def cut(self) -> None:
        """Break the connection without a word."""
        with contextlib.suppress(OSError):
            self._socket.socket.shutdown(socket.SHUT_RDWR)
        self._open.close()

    def come_back(self, resume: bool) -> None:
        """Connect again.

        Args:
            resume: to the old session; else as a page that is loaded anew.
        """
        if not resume:
            self.session, self._states, self._cache = "", {}, {}
        self._connect()
        self.open(self.page)

    def open(self, page: str, query: str = "") -> None:
        """Go to a page and wait until it is there."""
        self.page, self.query, self._states = page, query, {}
        self._page_hash = self._hashes.get(page, "")
        self._run("page")

    def set(self, key: str, **value: Any) -> None:
        """Give the widget of that key a value, in the terms of WidgetState, and wait."""
        kind, element = self.widgets[key]
        self._states[element.id] = (kind, value)
        self._run("page")

    def press(self, key: str) -> None:
        """Press the button of that key and wait."""
        _, element = self.widgets[key]
        self._run("page", trigger=element.id)

    def rest(self, seconds: float) -> None:
        """Read the page; it ticks meanwhile."""
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
        """Move a slider, choose from a box or switch a switch; False where there is nothing."""
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
        self._fetch()

    def _receive(self, seconds: float) -> int | None:
        """Take one message; the status, if it says that a script has finished."""
        try:
            data = self._socket.recv(timeout=max(seconds, 0.001))
        except TimeoutError:
            return None
        assert isinstance(data, bytes)
        message = ForwardMsg.FromString(data)
        if message.WhichOneof("type") == "ref_hash":
            known = ForwardMsg()
            known.CopyFrom(self._cache[message.ref_hash])
            known.metadata.CopyFrom(message.metadata)
            self._seen.add(message.ref_hash)
            message = known
        elif message.metadata.cacheable:
            self._cache[message.hash] = message
            self._seen.add(message.hash)
        return self._take(message)

    def _take(self, message: ForwardMsg) -> int | None:
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
                self._see(message.delta.new_element)
        elif kind == "session_event":
            event = message.session_event
            if event.WhichOneof("type") == "script_compilation_exception":
                self.exceptions.append(event.script_compilation_exception.message)
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                # The browser, too, forgets what two runs have not shown.
                self._cache = {h: m for h, m in self._cache.items() if h in self._seen}
                self._seen = set()
            return message.script_finished
        return None

    def _see(self, element: Any) -> None:
        kind = element.WhichOneof("type")
        content = getattr(element, kind)
        if kind == "exception":
            words = [f"{self.page or 'home'}: {content.type}: {content.message}"]
            self.exceptions.append(" ".join([*words, *content.stack_trace]))
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

    def _fetch(self) -> None:
        for path in self._pictures:
            try:
                with urllib.request.urlopen(self._url + path, timeout=30) as answer:
                    answer.read()
            except OSError as error:
                self.exceptions.append(f"{path}: {error}")
        self._pictures = set()


def walk(
    visitor: Visitor, seed: int, think: float, stop: Callable[[], bool], cuts: list[float]
) -> None:
    """Use the pages until told to stop.

    Args:
        cuts: gets the time of each broken connection.
    """
    rng = random.Random(seed)
    rest = rng.uniform(0, think)
    while True:
        for _ in range(20):  # stops in the middle of a long rest, too
            visitor.rest(rest / 20)
            if stop():
                return
        act = rng.random()
        if act < CUT_SHARE:
            cuts.append(time.monotonic())
            visitor.cut()
            time.sleep(rng.uniform(0, think))
            visitor.come_back(resume=rng.random() < 0.5)
        elif act < 0.5 or not visitor.change_something(rng):
            visitor.open(rng.choice(PATHS))
        rest = rng.expovariate(1 / think)


def percentile(values: Iterable[float], share: float) -> float:
    """nan of nothing."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


class Crowd:
    """Sessions in threads.

    Args:
        sessions: how many.
        think: mean seconds between two acts.
    """

    def __init__(self, url: str, sessions: int, think: float, seed: int = 0) -> None:
        self._stop = threading.Event()
        self.cuts: list[float] = []
        self.failures: list[str] = []
        self.visitors: list[Visitor] = []
        self._threads = [
            threading.Thread(target=self._live, args=(url, seed * 1000 + number, think))
            for number in range(sessions)
        ]
        for thread in self._threads:
            thread.start()
            time.sleep(min(think / sessions, 0.5))  # nobody comes at the same moment

    def _live(self, url: str, seed: int, think: float) -> None:
        try:
            with Visitor(url) as visitor:
                self.visitors.append(visitor)
                visitor.open(PATHS[seed % len(PATHS)])
                walk(visitor, seed, think, self._stop.is_set, self.cuts)
        except (ConnectionClosed, OSError, KeyError) as error:
            if not self._stop.is_set():
                self.failures.append(f"a session ended: {type(error).__name__} {error}")

    def forget(self) -> None:
        """What was measured until now; what went wrong stays."""
        for visitor in self.visitors:
            visitor.log.clear()

    def leave(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def seconds(self, what: str, page: str | None = None) -> list[float]:
        return [
            seconds
            for visitor in self.visitors
            for kind, of_page, seconds in list(visitor.log)
            if kind == what and page in (None, of_page)
        ]

    @property
    def errors(self) -> list[str]:
        return [*self.failures, *(e for v in self.visitors for e in v.exceptions)]


class Gauge:
    """What the server's process takes: sampled every second."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._samples: collections.deque[float] = collections.deque(maxlen=15)

    def sample(self) -> None:
        self._samples.append(self._process.memory_info().rss / 2**20)

    @property
    def megabytes(self) -> float:
        """Resident, the median of the last seconds."""
        return statistics.median(self._samples)

    def cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system


def watch(gauge: Gauge, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        gauge.sample()
        time.sleep(1)


def steps(runs: list[Run]) -> int:
    """Steps of training so far."""
    done = 0
    for run in runs:
        records = run.records("step", "epoch")
        done += records[-1]["step"] if records else 0
    return done


def look_at_every_run(url: str) -> None:
    """A visitor opens each run once.

    Its networks then stay in memory, as those of up to 32 runs do (46 MB of the 28 that ship). A
    crowd has found them all after three minutes; until then they would count as growth.
    """
    with Visitor(url) as visitor:
        visitor.open("")  # which tells what the pages are called
        visitor.open("manifold")
        for name in visitor.widgets["run"][1].options:
            visitor.set("run", string_value=name)


def measure(server: Server, sessions: int, think: float, minutes: float, seed: int) -> bool:
    """Print the figures of one crowd; were the aims reached?"""
    gauge = Gauge(server.process.pid)
    runs = server.store.scan()[0]
    alone = -steps(runs)
    watch(gauge, 20)
    alone += steps(runs)
    look_at_every_run(server.url)
    crowd = Crowd(server.url, sessions, think, seed)
    watch(gauge, WARM_UP)
    warm = gauge.megabytes
    crowd.forget()
    before, cpu, start = steps(runs), gauge.cpu_seconds(), time.monotonic()
    watch(gauge, 60 * minutes)
    took = time.monotonic() - start
    busy, trained = (gauge.cpu_seconds() - cpu) / took, (steps(runs) - before) / took
    crowd.leave()
    pages, ticks, growth = crowd.seconds("page"), crowd.seconds("tick"), gauge.megabytes / warm - 1
    print(f"{sessions} sessions, {took:.0f} s, {think:g} s between two acts of each", flush=True)
    for name, values in (("page runs", pages), ("ticks of live parts", ticks)):
        print(
            f"  {name:<28} {len(values):6}: p50 {percentile(values, 0.5):.2f} s, "
            f"p95 {percentile(values, 0.95):.2f} s, max {max(values, default=0):.2f} s"
        )
    for page in sorted(PAGES):
        values = crowd.seconds("page", page)
        print(
            f"    {page:<26} {len(values):6}: p50 {percentile(values, 0.5):.2f} s, "
            f"p95 {percentile(values, 0.95):.2f} s"
        )
    print(f"  {'connections cut':<28} {len(crowd.cuts):6}")
    print(f"  {'errors':<28} {len(crowd.errors):6} {sorted(set(crowd.errors))[:5] or ''}")
    print(
        f"  web process                  {warm:.0f} MB warm, {gauge.megabytes:.0f} MB at the end "
        f"({growth:+.1%}); {busy:.2f} cores"
    )
    print(
        f"  training                     {trained:.0f} steps a second, {alone / 20:.0f} without "
        f"visitors",
        flush=True,
    )
    return not crowd.errors and percentile(pages, 0.95) <= AIMS["p95"] and growth < AIMS["growth"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("--sessions", type=int, nargs="+", default=[20])
    parser.add_argument(
        "--minutes",
        type=float,
        default=3.0,
        help=f"after each run was opened once, and {WARM_UP:g} seconds of warm-up",
    )
    parser.add_argument("--think", type=float, default=5.0, help="seconds, the mean")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    reached = True
    for sessions in asked.sessions:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as root:
            server = Server(Path(root))
            try:
                for seed in (0, 1):  # there is one place: the second waits in line
                    server.store.create(RunConfig(dataset="shapes", epochs=1000, seed=seed))
                with Visitor(server.url) as first:  # starts the engine
                    first.open("")
                deadline = time.monotonic() + 60
                while steps(server.store.scan()[0]) == 0 and time.monotonic() < deadline:
                    time.sleep(0.5)
                reached &= measure(server, sessions, asked.think, asked.minutes, asked.seed)
            finally:
                server.stop()
    cores = f"{os.cpu_count()} cores"
    print(
        f"{'Reached' if reached else 'Missed'} on {cores}: p95 of a page run at most "
        f"{AIMS['p95']:g} s, no error, growth under {AIMS['growth']:.0%}."
    )
    sys.exit(not reached)


if __name__ == "__main__":
    main()

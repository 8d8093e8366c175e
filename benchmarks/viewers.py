"""Measure the dashboard with many viewers at once while a run trains.

    python -m benchmarks.viewers [--sessions 20] [--minutes 3] [--think 5] [--seed 0]

Each session opens pages, changes widgets, refreshes live parts and fetches pictures, as a browser
does. Sometimes its connection breaks. It then reconnects, in half of the cases to its old session.
Between two actions it waits for `think` seconds on average.

The benchmark prints the times of page runs (from the message until the script has finished), the
errors, the growth of the web process after the warm-up, and the speed of training with and without
sessions. The sessions run in this process, on the same cores as the server.
"""

from __future__ import annotations

import argparse
import collections
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
from websockets.exceptions import ConnectionClosed

from benchmarks.visitor import Visitor
from tests.browser.chromium import Server
from tests.dashboard.pages import PAGES, PATHS
from vae_core.config import RunConfig
from vae_core.runs.run import Run

AIMS = {"p95": 1.0, "growth": 0.10}
WARM_UP = 150.0  # seconds; cut-off sessions are kept for 120, so by then their number is steady
CUT_SHARE = 0.05  # share of the actions that break the connection


def walk(
    visitor: Visitor, seed: int, think: float, stop: Callable[[], bool], cuts: list[float]
) -> None:
    """Use the pages until `stop` returns True.

    Args:
        visitor: the session.
        seed: for the choice of actions.
        think: mean seconds between two actions.
        stop: whether to stop.
        cuts: the time of each broken connection is appended to it.
    """
    rng = random.Random(seed)
    rest = rng.uniform(0, think)
    while True:
        for _ in range(20):  # in parts, so that it can stop during a long rest
            visitor.rest(rest / 20)
            if stop():
                return
        act = rng.random()
        if act < CUT_SHARE:
            cuts.append(time.monotonic())
            visitor.cut()
            time.sleep(rng.uniform(0, think))
            visitor.reconnect(resume=rng.random() < 0.5)
        elif act < 0.5 or not visitor.change_something(rng):
            visitor.open(rng.choice(PATHS))
        rest = rng.expovariate(1 / think)


def percentile(values: Iterable[float], share: float) -> float:
    """Return a percentile; nan if there are no values."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")


class Crowd:
    """Sessions that use the pages, each in a thread.

    Args:
        url: the server's address.
        sessions: number of sessions.
        think: mean seconds between two actions.
        seed: for the choice of actions.
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
            time.sleep(min(think / sessions, 0.5))  # so that they don't all start at once

    def _live(self, url: str, seed: int, think: float) -> None:
        try:
            with Visitor(url) as visitor:
                self.visitors.append(visitor)
                visitor.open(PATHS[seed % len(PATHS)])
                walk(visitor, seed, think, self._stop.is_set, self.cuts)
        except (ConnectionClosed, OSError, KeyError) as error:
            if not self._stop.is_set():
                self.failures.append(f"a session ended: {type(error).__name__} {error}")

    def clear_timings(self) -> None:
        """Discard the times measured so far, and keep the errors."""
        for visitor in self.visitors:
            visitor.log.clear()

    def leave(self) -> None:
        """Stop all sessions, and wait until they have ended."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def seconds(self, what: str, page: str | None = None) -> list[float]:
        """Return the times of all page runs ("page") or refreshes ("tick"), of one page or all."""
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
    """Measures the memory and processor time of the server's process."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._samples: collections.deque[float] = collections.deque(maxlen=15)

    def sample(self) -> None:
        self._samples.append(self._process.memory_info().rss / 2**20)

    @property
    def megabytes(self) -> float:
        """Resident memory, the median of the last 15 samples."""
        return statistics.median(self._samples)

    def cpu_seconds(self) -> float:
        times = self._process.cpu_times()
        return times.user + times.system


def watch(gauge: Gauge, seconds: float) -> None:
    """Sample the gauge every second for some seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        gauge.sample()
        time.sleep(1)


def steps(runs: list[Run]) -> int:
    """Count the training steps of some runs so far."""
    done = 0
    for run in runs:
        records = run.records("step", "epoch")
        done += records[-1]["step"] if records else 0
    return done


def open_every_run(url: str) -> None:
    """Open each run once, so that its networks are in the cache before memory is measured.

    The cache holds the networks of up to 32 runs (46 MB for the 28 that ship). If the sessions
    filled it, that would count as growth.
    """
    with Visitor(url) as visitor:
        visitor.open("")  # the reply contains the names of the pages
        visitor.open("manifold")
        for name in visitor.widgets["run"][1].options:
            visitor.set("run", string_value=name)


def measure(server: Server, sessions: int, think: float, minutes: float, seed: int) -> bool:
    """Measure one crowd, print its numbers, and return whether the aims were reached."""
    gauge = Gauge(server.process.pid)
    runs = server.store.scan()[0]
    before = steps(runs)
    watch(gauge, 20)
    steps_alone = steps(runs) - before
    open_every_run(server.url)
    crowd = Crowd(server.url, sessions, think, seed)
    watch(gauge, WARM_UP)
    warm = gauge.megabytes
    crowd.clear_timings()
    before, cpu, start = steps(runs), gauge.cpu_seconds(), time.monotonic()
    watch(gauge, 60 * minutes)
    took = time.monotonic() - start
    busy, trained = (gauge.cpu_seconds() - cpu) / took, (steps(runs) - before) / took
    crowd.leave()
    pages, ticks, growth = crowd.seconds("page"), crowd.seconds("tick"), gauge.megabytes / warm - 1
    print(f"{sessions} sessions, {took:.0f} s, {think:g} s between two actions of each", flush=True)
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
        f"  training                     {trained:.0f} steps a second, "
        f"{steps_alone / 20:.0f} without visitors",
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
    arguments = parser.parse_args()
    reached = True
    for sessions in arguments.sessions:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as root:
            server = Server(Path(root))
            try:
                for seed in (0, 1):  # the first trains, the second waits in the queue
                    server.store.create(RunConfig(dataset="shapes", epochs=1000, seed=seed))
                with Visitor(server.url) as first:  # starts the engine
                    first.open("")
                deadline = time.monotonic() + 60
                while steps(server.store.scan()[0]) == 0 and time.monotonic() < deadline:
                    time.sleep(0.5)
                reached &= measure(
                    server, sessions, arguments.think, arguments.minutes, arguments.seed
                )
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

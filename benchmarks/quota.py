"""How close a backfill comes to the bound that Amazon's buckets give.

``python -m benchmarks.quota [case ...] [--short]``: on simulated time, against the
embedded simulator's exact buckets over real HTTP. The bound is that of createReport:
``(reports - burst) / rate``, whatever a client does. Reports are processed at once, so
that nothing but quota counts; every sleeper oversleeps by up to half a second.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import spreports as spr
from benchmarks.shared_time import JITTER, OwnedTime, SharedTime
from spreports.api.usage_plans import USAGE_PLANS
from spreports.client.client import Client
from spreports.client.connecting import connect_simulator
from spreports.client.settings import Settings
from spreports.facts import read_catalogue
from spreports.plan.windows import Window
from spreports.reports.queue import ReportQueue
from spreports.reports.request import ReportRequest
from spreports.simulator import Simulator
from spreports.simulator.jumping_clock import JumpingClock

CREATE = USAGE_PLANS["createReport"]
FIRST_DAY = datetime(2025, 6, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a case came to.

    Attributes
    ----------
    makespan, bound : float, simulated seconds
    reports : int
    refused : int
        Answers 429.
    created : int
        Reports that createReport has made.
    spread : float
        First and last process, or account, to finish: the ratio of their times.
    """

    makespan: float
    bound: float
    reports: int
    refused: int
    created: int
    spread: float = 1.0


def bound(reports: int, share: float = 1.0) -> float:
    """Return the least seconds in which createReport lets so many through."""
    return max(0, reports - CREATE.burst) / (CREATE.rate * share)


def requests_of(numbers: Sequence[int]) -> list[ReportRequest]:
    """Describe one report of a day for each number."""
    days = [FIRST_DAY + timedelta(days=number) for number in numbers]
    return [
        ReportRequest(
            entry=spr.report_type("orders"),
            marketplace_ids=("A1PA6795UKMFR9",),
            window=Window(day, day + timedelta(days=1)),
        )
        for day in days
    ]


def finish(client: Client, numbers: Sequence[int]) -> int:
    """Run the queue to its end; return how many reports came."""
    queue = ReportQueue(client._connection)  # noqa: SLF001 - the queue's own seam
    done = list(queue.run(requests_of(numbers)))
    errors = [each.error for each in done if each.error is not None]
    if errors:
        raise errors[0]
    return len(done)


def outcome(
    simulator: Simulator, least: float, reports: int, times: Sequence[float]
) -> Outcome:
    """Count what the simulator has seen."""
    answers = Counter((r.operation, r.status) for r in simulator.requests)
    return Outcome(
        makespan=max(times),
        bound=least,
        reports=reports,
        refused=sum(n for (_, status), n in answers.items() if status == 429),
        created=answers["createReport", 202],
        spread=max(times) / max(min(times), 1.0),
    )


def jumping(seed: int) -> JumpingClock:
    """Return a clock whose sleepers oversleep."""
    rng = random.Random(seed)
    return JumpingClock(jitter=lambda: rng.uniform(0.0, JITTER))


def one_account(reports: int, others: float = 0.0) -> Outcome:
    """One account, one process."""
    taken = dict.fromkeys(("createReport", "getReportDocument"), others)
    with (
        jumping(1) as clock,
        Simulator(clock=clock, rows=1, delays=(0, 0), others=taken) as simulator,
        simulator.client() as client,
    ):
        came = finish(client, range(reports))
        least = bound(reports, 1.0 - others)
        return outcome(simulator, least, came, [clock.monotonic()])


def many_accounts(accounts: int, reports: int) -> Outcome:
    """Many accounts, each a client in a thread of one process, on one store."""
    with (
        tempfile.TemporaryDirectory() as home,
        jumping(2) as clock,
        Simulator(clock=clock, rows=1, delays=(0, 0), accounts=True) as simulator,
        ExitStack() as stack,
    ):
        clients = [
            stack.enter_context(
                connect_simulator(simulator, home=home, seller=f"seller-{n}")
            )
            for n in range(accounts)
        ]
        came: list[int] = []
        times: list[float] = []

        def work(client: Client) -> None:
            came.append(finish(client, range(reports)))
            times.append(clock.monotonic())

        threads = [
            threading.Thread(target=work, args=(each,), name=f"spreports-{n}")
            for n, each in enumerate(clients)
        ]
        with clock.away():
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        return outcome(simulator, bound(reports), sum(came), times)


def _process(
    pipe: Connection, settings: dict[str, str], numbers: Sequence[int], seed: int
) -> None:
    """Run part of a backfill in a process of its own."""
    with SharedTime(pipe, seed) as clock:
        client = Client(
            Settings(
                credentials=spr.Credentials(
                    settings["refresh_token"],
                    settings["client_id"],
                    settings["client_secret"],
                ),
                endpoint=settings["endpoint"],
                token_url=settings["token_url"],
                home=Path(settings["home"]),
                catalogue=read_catalogue(os.environ),
            ),
            clock=clock,
        )
        with client:
            came = finish(client, numbers)
        pipe.send((seed, came, clock.monotonic()))


class Processes:
    """Starts processes that share one account, one store and one time."""

    def __init__(self, simulator: Simulator, clock: OwnedTime, home: str) -> None:
        self._clock = clock
        self._context = multiprocessing.get_context("spawn")
        self._settings = {
            "refresh_token": simulator.refresh_token,
            "client_id": simulator.client_id,
            "client_secret": simulator.client_secret,
            "endpoint": simulator.endpoint,
            "token_url": simulator.token_url,
            "home": home,
        }
        self.started = 0

    def start(self, numbers: Sequence[int]) -> BaseProcess:
        """Start one on its share of the reports."""
        self.started += 1
        ours, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_process, args=(theirs, self._settings, numbers, self.started)
        )
        process.start()
        theirs.close()
        self._clock.add(ours)
        return process


def processes(count: int, reports: int, *, kill: bool = False) -> Outcome:
    """Run processes on one account; with `kill`, end all in the middle, by SIGKILL."""
    shares = [range(n, reports, count) for n in range(count)]
    least = bound(reports)
    with (
        tempfile.TemporaryDirectory() as home,
        OwnedTime() as clock,
        Simulator(clock=clock, rows=1, delays=(0, 0)) as simulator,
    ):
        team = Processes(simulator, clock, home)
        running = [team.start(share) for share in shares]
        if kill:
            for moment in (least / 3, 2 * least / 3):
                clock.sleep(moment - clock.monotonic())
                for process in running:
                    process.kill()
                    process.join()
                running = [team.start(share) for share in shares]
        with clock.away():
            for process in running:
                process.join()
        last = team.started - count
        said = [each for each in clock.heard() if each[0] > last]
        if len(said) != count:
            raise SystemExit("a process has failed")
        times = [at for _, _, at in said]
        return outcome(simulator, least, sum(came for _, came, _ in said), times)


CASES: dict[str, tuple[Callable[[], Outcome], Callable[[], Outcome]]] = {
    "1 account x 500 reports": (
        lambda: one_account(500),
        lambda: one_account(60),
    ),
    "200 accounts x 20 reports": (
        lambda: many_accounts(200, 20),
        lambda: many_accounts(20, 20),
    ),
    "4 processes, 1 account x 500": (
        lambda: processes(4, 500),
        lambda: processes(4, 60),
    ),
    "2 processes killed twice, 200": (
        lambda: processes(2, 200, kill=True),
        lambda: processes(2, 60, kill=True),
    ),
    "half of the quota taken, 200": (
        lambda: one_account(200, 0.5),
        lambda: one_account(60, 0.5),
    ),
}


def run(names: Sequence[str], *, short: bool) -> None:
    """Run cases and print how close each came to its bound."""
    print(f"{'':32}{'simulated s':>12}{'bound s':>9}{'ratio':>7}", end="")
    print(f"{'429':>5}{'created':>9}{'spread':>8}{'wall s':>8}")
    for name, (whole, brief) in CASES.items():
        if names and name not in names:
            continue
        began = time.perf_counter()
        got = (brief if short else whole)()
        wall = time.perf_counter() - began
        ratio = got.makespan / got.bound
        print(f"{name:32}{got.makespan:12.0f}{got.bound:9.0f}{ratio:7.3f}", end="")
        print(f"{got.refused:5}{got.created:9}{got.spread:8.3f}{wall:8.0f}", flush=True)
        figures = {"case": name, "short": short, "ratio": round(ratio, 4)}
        print(json.dumps({**figures, "refused": got.refused, "created": got.created}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quota")
    parser.add_argument("names", nargs="*", choices=[[], *CASES], metavar="case")
    parser.add_argument("--short", action="store_true", help="a tenth of the reports")
    arguments = parser.parse_args()
    run(arguments.names, short=arguments.short)

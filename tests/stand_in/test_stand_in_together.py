"""Threads and clients that want the same at the same moment: one asks, all get it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from tests.stand_in.amazon import CLIENT_ID, CLIENT_SECRET, Amazon
from tests.stand_in.conftest import Connect
from tests.stand_in.document_host import Held
from tests.stand_in.kept import Plot
from tests.stand_in.serving import Asked
from tests.stand_in.texts import ORDERS, many_orders, packed


def side_by_side(calls: Sequence[Callable[[], object]]) -> list[object]:
    """Run calls at once; return what they returned or raised."""
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> object:
        start.wait(600)
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
        return [future.exception() or future.result() for future in futures]


def test_one_login_serves_all_threads(client: spr.Client, amazon: Amazon) -> None:
    amazon.add_report(reportId="r1", reportType=ORDERS)
    calls = [lambda: client.api.get_report("r1").report_id] * 8
    assert side_by_side(calls) == ["r1"] * 8
    assert amazon.logins == 1


def test_threads_that_read_one_document_fetch_it_once(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.hold(Held("d1", packed(many_orders(3000))))
    calls = [lambda: client.document("d1", report_type=ORDERS).read().height] * 8

    assert side_by_side(calls) == [3000] * 8
    assert amazon.count("getReportDocument") == 1


@pytest.mark.slow
def test_clients_of_one_store_read_one_document_without_harm(
    connect: Connect, amazon: Amazon
) -> None:
    amazon.hold(Held("d1", packed(many_orders(30_000))))
    clients = [connect() for _ in range(3)]
    calls = [
        (lambda c=client: c.document("d1", report_type=ORDERS).read().height)
        for client in clients
    ]
    assert side_by_side(calls) == [30_000] * 3


class SlowAmazon(Amazon):
    """Takes a moment to make a report, by the machine's clock."""

    def create_report(self, asked: Asked, body: Any, known_as: str) -> Any:
        threading.Event().wait(0.5)
        return super().create_report(asked, body, known_as)


@pytest.mark.slow
@pytest.mark.parametrize("clients", [1, 2])
def test_the_same_request_made_at_once_creates_one_report(
    tmp_path: Path, clients: int
) -> None:
    """The intent of a live neighbour is not what a dead process has left behind."""
    with SlowAmazon() as amazon:
        held = [Held(f"d{n}", packed(many_orders(9))) for n in range(2)]
        amazon.plot(ORDERS, *(Plot(("DONE",), each) for each in held))
        made = [
            spr.connect(
                endpoint=amazon.endpoint,
                token_url=amazon.token_url,
                credentials=spr.Credentials("Atzr|made up", CLIENT_ID, CLIENT_SECRET),
                home=tmp_path,
            )
            for _ in range(clients)
        ]
        end = amazon.time.now()

        def ask(client: spr.Client) -> list[str]:
            reports = client.reports(
                ORDERS, start=end - timedelta(days=3), end=end, marketplaces=["DE"]
            )
            return [report.report_id for report in reports]

        first, second = made[0], made[-1]
        results = side_by_side([lambda: ask(first), lambda: ask(second)])
        for client in made:
            client.close()
        assert amazon.breaches == []
        assert results == [[next(iter(amazon.reports))]] * 2
        assert amazon.count("createReport") == 1


class LateListing(Amazon):
    """Lists its reports once one has been made, to the first who asks."""

    def __init__(self, made: threading.Event) -> None:
        super().__init__()
        self._made = made
        self._asked = threading.Lock()

    def get_reports(self, asked: Asked, body: Any, known_as: str) -> Any:
        answer = super().get_reports(asked, body, known_as)
        if self._asked.acquire(blocking=False):
            self._made.wait(60)
        return answer


@pytest.mark.slow
def test_a_report_that_was_made_while_others_were_listed_is_taken(
    tmp_path: Path,
) -> None:
    """Who finds none and is slow to ask for one looks again before it asks."""
    made = threading.Event()
    with LateListing(made) as amazon:
        held = [Held(f"d{n}", packed(many_orders(9))) for n in range(2)]
        amazon.plot(ORDERS, *(Plot(("DONE",), each) for each in held))
        end = amazon.time.now() - timedelta(days=30)  # others may have asked as well
        with spr.connect(
            endpoint=amazon.endpoint,
            token_url=amazon.token_url,
            credentials=spr.Credentials("Atzr|made up", CLIENT_ID, CLIENT_SECRET),
            home=tmp_path,
        ) as client:

            def ask() -> Sequence[str]:
                reports = client.reports(
                    ORDERS, start=end - timedelta(days=3), end=end, marketplaces=["DE"]
                )
                found = [report.report_id for report in reports]
                made.set()
                return found

            calls: list[Callable[[], object]] = [ask, ask]
            results = side_by_side(calls)

        assert amazon.breaches == []
        assert amazon.count("createReport") == 1
        (one,) = amazon.reports
        assert results == [[one], [one]]

"""Waiting by notifications: an embedded Amazon tells a queue of an SQS server."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import spreports as spr
from spreports.simulator import Notifier, Simulator
from tests.notifications.queues import REGION, Queue, SQSServer

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
# Within createReport's burst: more would wait for quota, not for the queue.
REPORTS = 12
START = datetime(2026, 10, 1, tzinfo=UTC)


class Amazon:
    """A simulator that has yet to be asked for reports, and its counts."""

    def __init__(self, simulator: Simulator, stack: ExitStack) -> None:
        self.simulator = simulator
        self._stack = stack

    def tell(self, queue: Queue) -> Notifier:
        """Put a notification into the queue for every report that ends."""

        def put(notification: dict[str, Any]) -> None:
            queue.put([json.dumps(notification)])

        return self._stack.enter_context(Notifier(self.simulator, put))

    def wait_for_reports(self, notifications: spr.SQSQueue | None) -> int:
        """Wait for reports; return how many polls it took."""
        with self.simulator.client(notifications=notifications) as client:
            reports = client.reports(
                "orders", start=f"{30 * REPORTS}d", marketplaces=["DE"]
            )
            reports.wait(36_000)
            statuses = [report.processing_status for report in reports]
        assert statuses == ["DONE"] * REPORTS
        return sum(r.operation == "getReport" for r in self.simulator.requests)


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Amazon]:
    # Of real time, while the simulated runs thirty times as fast.
    monkeypatch.setattr("spreports.reports.notices.LISTENING", 2.0)
    with ExitStack() as stack:
        simulator = Simulator(speed=30.0, rows=1, usage_plans=False)
        stack.enter_context(simulator)
        yield Amazon(simulator, stack)
        assert simulator.failures == []


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages travel in real time: hurried, they would all seem to be late.

    So however long a machine takes for them, none is, and no poll is due before it.
    """
    notices = "spreports.reports.notices"
    monkeypatch.setattr(f"{notices}.LATE_BY", timedelta(days=1))
    monkeypatch.setattr(f"{notices}.PATIENCE", 36_000.0)


@pytest.mark.slow
def test_one_look_at_each_report_when_it_is_told_of_instead_of_many(
    amazon: Amazon, queue: Queue, reader: spr.SQSQueue, unhurried: None
) -> None:
    told = amazon.tell(queue)

    polls = amazon.wait_for_reports(reader)

    # Polls alone take eleven looks at each report, or more.
    assert REPORTS <= polls <= 3 * REPORTS
    assert told.failures == []


def flood(amazon: Amazon, queue: Queue, foreign: int) -> None:
    """Put in what is not ours: other reports, no notifications, and old ones twice."""
    placed = amazon.simulator.place_report(ORDERS, ["DE"], START, START)
    other = '{"notificationType": "ANY_OFFER_CHANGED"}'
    queue.put(["no notification", "{", other])
    queue.tell(placed, placed, *map(str, range(foreign)))


@pytest.mark.slow
def test_foreign_doubled_and_malformed_messages_are_harmless(
    amazon: Amazon, queue: Queue, aws: None, unhurried: None
) -> None:
    told = amazon.tell(queue)
    flood(amazon, queue, foreign=50)
    reader = spr.SQSQueue(queue.url, region=REGION, hidden_for=600)

    polls = amazon.wait_for_reports(reader)
    reader.close()

    assert REPORTS <= polls <= 3 * REPORTS
    assert reader.counts["foreign"] >= 1
    assert reader.counts["malformed"] >= 2
    assert queue.left() >= 55
    assert told.failures == []


class Mortal(Queue):
    """A queue whose server goes down once the first message is in."""

    def __init__(self) -> None:
        self._server = SQSServer()
        super().__init__(self._server, "reports")
        self._is_up = True

    def put(self, bodies: Iterable[str]) -> None:
        if self._is_up:
            super().put(bodies)
            self._is_up = False
            self._server.kill()


@pytest.mark.slow
def test_a_queue_that_goes_down_on_the_way_is_polled_instead(
    amazon: Amazon, aws: None, unhurried: None, caplog: pytest.LogCaptureFixture
) -> None:
    queue = Mortal()
    reader = spr.SQSQueue(queue.url, region=REGION)
    amazon.tell(queue)

    with caplog.at_level(logging.WARNING, "spreports"):
        polls = amazon.wait_for_reports(reader)
    reader.close()

    assert caplog.text.count("polling instead") == 1
    assert polls >= REPORTS


@pytest.mark.slow
def test_a_queue_into_which_nothing_is_put_is_found_out_and_polled(
    amazon: Amazon, reader: spr.SQSQueue, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "spreports"):
        amazon.wait_for_reports(reader)

    assert caplog.text.count("polling until another one comes") == 1

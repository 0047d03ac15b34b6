"""The simulator tells of every report of its seller that ends, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from spreports.notifications.message import finished_report
from spreports.simulator import Fault, Notifier, Simulator
from tests.clocks import ManualClock
from tests.notifications.queues import notification as of_the_schema
from tests.simulator.asking import Caller

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
START = datetime(2026, 10, 1, tzinfo=UTC)


def names(value: object) -> object:
    """Return the names of a JSON value, without what stands behind them."""
    if isinstance(value, dict):
        return {name: names(each) for name, each in value.items()}
    return None


def told_of(told: list[dict[str, Any]]) -> list[tuple[str, str]]:
    payloads = [t["payload"]["reportProcessingFinishedNotification"] for t in told]
    return [(p["reportId"], p["processingStatus"]) for p in payloads]


def test_each_end_is_told_once_whoever_asked_for_the_report(caller: Caller) -> None:
    told: list[dict[str, Any]] = []
    notifier = Notifier(caller.simulator, told.append)
    caller.simulator.faults.add(Fault(operation="report", kind="fatal", nth=2))
    body = {"reportType": ORDERS, "marketplaceIds": ["A1PA6795UKMFR9"]}
    made = [
        caller.call("POST", "/reports/2021-06-30/reports", json=body).json()["reportId"]
        for _ in range(2)
    ]
    assert notifier.look() == 0

    caller.clock.advance(600)
    foreign = caller.simulator.place_report(
        ORDERS, ["DE"], START, START + timedelta(days=1)
    )

    assert notifier.look() == 3
    assert notifier.look() == 0
    assert sorted(told_of(told)) == sorted(
        [(made[0], "DONE"), (made[1], "FATAL"), (foreign, "DONE")]
    )


def test_the_notification_has_the_form_of_the_schema() -> None:
    told: list[dict[str, Any]] = []
    with Simulator(clock=ManualClock(), rows=1) as simulator:
        notifier = Notifier(simulator, told.append)
        placed = simulator.place_report(ORDERS, ["DE"], START, START)
        notifier.look()

    assert names(told[0]) == names(json.loads(of_the_schema(placed)))
    assert finished_report(json.dumps(told[0])) == placed


def test_reports_that_ended_before_are_not_told_of() -> None:
    told: list[dict[str, Any]] = []
    with Simulator(clock=ManualClock(), rows=1) as simulator:
        assert Notifier(simulator, told.append).look() == 0

    assert told == []


def test_what_the_callback_raises_is_kept_and_the_rest_is_told() -> None:
    told: list[dict[str, Any]] = []

    def on_finished(notification: dict[str, Any]) -> None:
        told.append(notification)
        if len(told) == 1:
            raise OSError("the queue is down")

    with Simulator(clock=ManualClock(), rows=1) as simulator:
        notifier = Notifier(simulator, on_finished)
        for _ in range(2):
            simulator.place_report(ORDERS, ["DE"], START, START)
        notifier.look()

    assert len(told) == 2
    assert [str(failure) for failure in notifier.failures] == ["the queue is down"]

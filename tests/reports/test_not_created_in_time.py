"""Time that was up before the report was created: what was waited for, what to do."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest

import spreports as spr
from spreports.reports.queue import ReportQueue
from spreports.simulator import Fault, Simulator
from tests.reports.conftest import calls

WEEK: dict[str, Any] = {
    "start": "2026-10-01",
    "end": "2026-10-08",
    "marketplaces": ["DE"],
}
OF_THE_WEEK = 'start="2026-10-01T00:00:00Z", end="2026-10-08T00:00:00Z"'


def late(reports: spr.Reports) -> spr.WaitTimeoutError:
    with pytest.raises(spr.WaitTimeoutError) as caught:
        reports.wait(timeout=20)
    assert caught.value.report_id is None
    return caught.value


def test_quota_that_does_not_come_in_time_is_told_with_its_seconds(
    simulator: Simulator, client: spr.Client
) -> None:
    client._connection.throttle.exhausted("createReport")

    error = late(client.reports("orders", **WEEK))

    said = str(error)
    assert "no report of GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE" in said
    assert "created in the 20 s allowed" in said
    assert "createReport's quota" in said
    assert "allow more time" in said
    assert "at Amazon: the same call" not in said
    assert error.outcome is not None
    assert "goes on at Amazon" not in error.outcome.next_step
    assert "quota" in str(error.outcome.evidence["held_up_by"])
    assert calls(simulator, "createReport") == 0


def test_less_time_than_none_is_none(client: spr.Client) -> None:
    with pytest.raises(spr.WaitTimeoutError, match="in the 0 s allowed"):
        client.reports("orders", **WEEK).wait(timeout=-1)


def test_of_a_report_that_is_there_it_is_said_that_it_was_not_asked_after(
    simulator: Simulator, client: spr.Client
) -> None:
    (made,) = client.reports("orders", **WEEK).wait()
    asked = len(simulator.requests)

    with pytest.raises(spr.WaitTimeoutError, match="last seen DONE") as caught:
        client.reports("orders", **WEEK).wait(timeout=0)
    (outcome,) = client.reports("orders", **WEEK).outcomes(timeout=0)

    assert caught.value.report_id == outcome.report_id == made.report_id
    assert "no report" not in str(caught.value)
    assert "goes on at Amazon" not in str(caught.value)
    assert OF_THE_WEEK in str(caught.value)
    assert "last seen DONE" in str(outcome.evidence["held_up_by"])
    assert outcome.evidence["processing_status"] == "DONE"
    assert outcome.next_step == "a request with the same dates takes it up"
    assert len(simulator.requests) == asked
    with pytest.raises(spr.WaitTimeoutError, match="no report of"):
        client.reports("orders", **WEEK, reuse=False).wait(timeout=0)


@pytest.mark.parametrize("timeout", [1e300, 10**400, float("inf")])
def test_more_time_than_any_clock_counts_is_time_enough(
    client: spr.Client, timeout: float
) -> None:
    client.reports("orders", **WEEK).wait(timeout=timeout)


def test_the_seconds_count_those_that_are_before_it_in_the_line(
    client: spr.Client,
) -> None:
    client._connection.throttle.exhausted("createReport")
    asked = client.reports("orders", start="90d", marketplaces=["DE"])

    queue = ReportQueue(client._connection)
    said = [str(done.error) for done in queue.run(asked._requests, timeout=20)]

    # The slot after a minute was booked for the first, and goes with this run
    waits = [int(*re.findall("in about ([0-9]+) s", each)) for each in said]
    assert waits == [pytest.approx(wait, abs=5) for wait in (100, 160, 220)]


def test_somebody_else_who_asks_for_the_same_is_named(
    simulator: Simulator, client: spr.Client
) -> None:
    connection = client._connection
    asked = client.reports("orders", **WEEK)
    (request,) = asked._requests
    connection.ledger.intend(connection.account, request.key, simulator.clock.now())

    said = str(late(asked))

    assert f"process {os.getpid()}" in said
    assert "the very same" in said
    assert "2026-11-01T00:00:00Z" in said
    assert OF_THE_WEEK in said
    assert calls(simulator, "createReport") == 0


def test_an_answer_that_does_not_come_in_time_may_have_made_a_report(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="createReport", kind="reset", acts=True))
    client._connection.throttle.exhausted("getReports")

    said = str(late(client.reports("orders", **WEEK)))

    assert "createReport" in said
    assert "may have been made" in said
    assert OF_THE_WEEK in said
    client.reports("orders", **WEEK).wait()
    assert calls(simulator, "createReport") == 1

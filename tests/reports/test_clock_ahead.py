"""A clock that is ahead of Amazon's: a window up to now ends in Amazon's future."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import spreports as spr
from spreports.cli.exits import FAILED, exit_code
from spreports.reports.early import Early
from spreports.reports.listing import serves
from spreports.reports.request import ReportRequest
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from spreports.sync.failing import tells_nothing
from tests.clocks import ManualClock
from tests.reports.conftest import calls
from tests.reports.test_creating import Ahead

MONTH: dict[str, Any] = {"start": "30d", "marketplaces": ["DE"]}


@contextmanager
def ahead_of_amazon(seconds: float) -> Iterator[tuple[Simulator, spr.Client]]:
    with JumpingClock() as clock, Simulator(clock=clock) as simulator:
        with simulator.client(clock=Ahead(clock, seconds)) as client:
            yield simulator, client
        assert simulator.failures == []


@pytest.mark.parametrize("seconds", [2, 10, 40, 300, 3600])
def test_a_window_up_to_now_is_asked_for_when_amazons_clock_is_there_too(
    seconds: float, caplog: pytest.LogCaptureFixture
) -> None:
    with ahead_of_amazon(seconds) as (simulator, client):
        began = simulator.clock.monotonic()
        asked = client.reports("orders", **MONTH)
        planned = asked.plan().windows[-1].end

        (report,) = asked

        assert report.data_end_time == planned
        assert simulator.clock.monotonic() - began < seconds + 120
        assert calls(simulator, "createReport") == 2
    assert f"clock is {seconds} s ahead of Amazon's" in caplog.text
    assert "spreports doctor" in caplog.text


def test_windows_that_are_described_later_end_at_amazons_now() -> None:
    with ahead_of_amazon(300) as (simulator, client):
        client.api.get_reports(report_types=["GET_X"])
        began = simulator.clock.monotonic()
        amazons = simulator.clock.now().replace(microsecond=0)

        (report,) = client.reports("orders", **MONTH)

        assert report.data_end_time == amazons
        assert report.data_start_time == amazons - timedelta(days=30)
        assert simulator.clock.monotonic() - began < 120
        assert calls(simulator, "createReport") == 1


@pytest.mark.parametrize(("ahead", "counts"), [(59, True), (61, False)])
def test_a_report_that_was_asked_for_by_a_clock_of_the_future_serves_no_renewal(
    ahead: int, *, counts: bool
) -> None:
    clock = ManualClock()
    first = ReportRequest(entry=spr.report_type("listings"), marketplace_ids=("A1",))
    again = replace(first, newer_than=clock.now() - timedelta(days=1))
    made = clock.now() + timedelta(minutes=ahead)

    assert serves("DONE", made, again, clock) is counts
    assert serves("DONE", made, first, clock)


@pytest.mark.parametrize(("seconds", "newer"), [(-1, False), (0.9, False), (1, True)])
def test_a_report_of_the_very_second_that_somebody_has_already_is_no_newer_one(
    seconds: float, *, newer: bool
) -> None:
    clock = ManualClock()
    has = clock.now().replace(microsecond=0) - timedelta(days=1)
    request = ReportRequest(
        entry=spr.report_type("listings"), marketplace_ids=("A1",), newer_than=has
    )

    made = has + timedelta(seconds=seconds)
    assert serves("DONE", made, request, clock) is newer


def test_an_end_that_our_clock_has_passed_is_waited_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with ahead_of_amazon(300) as (simulator, client):
        client.api.get_reports(report_types=["GET_X"])
        end = simulator.clock.now() + timedelta(seconds=200)

        (report,) = client.reports("orders", end=end, **MONTH)

        assert report.data_end_time == end
        assert calls(simulator, "createReport") == 1
    assert caplog.text.count("clock is 300 s ahead of Amazon's") == 1


def test_a_request_is_sent_again_once_though_amazons_time_stands_still() -> None:
    with ahead_of_amazon(300) as (_, client):
        connection = client._connection
        early = Early(connection)
        (request,) = client.reports("orders", **MONTH)._requests
        client.api.get_reports(report_types=["GET_X"])
        refusal = spr.BadRequestError("createReport: HTTP 400", status=400)
        deadline = connection.clock.monotonic() + 3600

        assert early.wait_after(refusal, request, deadline) > 0
        with pytest.raises(spr.BadRequestError):
            early.wait_after(refusal, request, deadline)


def test_one_refusal_is_enough_for_many_reports() -> None:
    with ahead_of_amazon(40) as (simulator, client):
        asked = client.reports(
            "orders",
            start="30d",
            marketplaces=["DE", "FR", "IT"],
            per_marketplace=True,
        )

        assert [report.processing_status for report in asked] == ["DONE"] * 3
        assert calls(simulator, "createReport") == 4


@pytest.mark.parametrize(("seconds", "timeout"), [(86400, None), (300, 20)])
def test_a_clock_that_cannot_be_waited_for_is_named(
    seconds: float, timeout: float | None
) -> None:
    with ahead_of_amazon(seconds) as (simulator, client):
        asked = client.reports("orders", **MONTH)

        with pytest.raises(spr.BadRequestError) as caught:
            asked.wait(timeout)

        assert f"clock is {seconds} s ahead of Amazon's" in str(caught.value)
        assert "spreports doctor" in str(caught.value)
        assert tells_nothing(caught.value)
        assert exit_code(caught.value) == FAILED
        assert calls(simulator, "createReport") == 1


@pytest.mark.parametrize("seconds", [0, 300])
def test_another_refusal_is_asked_for_no_second_time(seconds: float) -> None:
    with ahead_of_amazon(seconds) as (simulator, client):
        simulator.faults.add(
            Fault(operation="createReport", kind="status", status=400, times=0)
        )
        asked = client.reports("orders", start="30d", end="2d", marketplaces=["DE"])

        with pytest.raises(spr.BadRequestError) as caught:
            asked.wait()

        assert "clock" not in str(caught.value)
        assert calls(simulator, "createReport") == 1

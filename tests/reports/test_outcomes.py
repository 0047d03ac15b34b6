"""Every kind of outcome, as the simulator makes it, with its evidence."""

from __future__ import annotations

import math
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

import spreports as spr
from spreports.reports.lanes import QUIET
from spreports.simulator import Fault, Simulator
from tests.clocks import ManualClock
from tests.reports.conftest import calls

INVENTORY = "GET_AFN_INVENTORY_DATA"
VENDOR = "GET_VENDOR_SALES_REPORT"
VENDOR_OPTIONS = {
    "reportPeriod": "DAY",
    "distributorView": "SOURCING",
    "sellingProgram": "RETAIL",
}
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


@contextmanager
def amazon(**more: object) -> Iterator[tuple[Simulator, spr.Client]]:
    """A simulator whose time passes only by sleeping, and a client of it."""
    with (
        Simulator(clock=ManualClock(NOW), **more) as running,  # type: ignore[arg-type] # whatever a test says of it
        running.client() as client,
    ):
        yield running, client
        assert running.failures == []
        assert running.breaches == []


def orders(client: spr.Client, days: int = 7) -> spr.Reports:
    return client.reports("orders", start=f"{days}d", marketplaces=["DE"])


def inventory(client: spr.Client) -> spr.Reports:
    return client.reports(INVENTORY, marketplaces=["DE"], reuse=False)


def forget_cooldown(client: spr.Client) -> None:
    """Leave the ledger as all that knows of it, as where another store asked."""
    client._connection.cooldowns.release(INVENTORY, ["A1PA6795UKMFR9"], math.inf)


def only(reports: spr.Reports, timeout: float | None = None) -> spr.Outcome:
    (outcome,) = reports.outcomes(timeout)
    return outcome


def test_done() -> None:
    with amazon() as (_, client):
        outcome = only(orders(client))

    assert outcome.kind == "done"
    assert not outcome.heuristic
    assert outcome.report is not None
    assert outcome.report.report_document_id


def test_empty() -> None:
    with amazon() as (simulator, client):
        simulator.faults.add(Fault(operation="report", kind="cancelled"))
        reports = orders(client)
        outcome = only(reports)

        assert reports.read().height == 0
    assert outcome.kind == "empty"
    assert outcome.heuristic
    assert outcome.evidence["processing_status"] == "CANCELLED"
    assert "processing_start_time" in outcome.evidence


def test_asked_too_soon_is_asked_again_after_the_cool_down() -> None:
    with amazon(cooldowns={INVENTORY: 1800.0}) as (simulator, client):
        assert inventory(client).read().height == 200
        forget_cooldown(client)
        asked = simulator.clock.now()

        reports = inventory(client)
        assert reports.read().height == 200

        waited = simulator.clock.now() - asked
        assert timedelta(minutes=29) < waited < timedelta(minutes=35)
        assert only(reports).kind == "done"


def test_progress_is_told_twice_a_minute_of_a_cool_down() -> None:
    seen: list[tuple[datetime, spr.Progress]] = []
    with amazon(cooldowns={INVENTORY: 1800.0}) as (simulator, client):
        inventory(client).wait()
        forget_cooldown(client)

        inventory(client).wait(
            on_progress=lambda each: seen.append((simulator.clock.now(), each))
        )

    waiting = [now for now, each in seen if "COOL-DOWN" in str(each)]
    assert waiting[-1] - waiting[0] > timedelta(minutes=25)
    assert max(b - a for a, b in pairwise(waiting)) <= timedelta(seconds=QUIET)


def test_asked_too_soon_without_time_to_ask_again_is_an_error_that_says_when() -> None:
    with amazon(cooldowns={INVENTORY: 1800.0}) as (simulator, client):
        (first,) = inventory(client)
        forget_cooldown(client)
        reports = inventory(client).wait(timeout=600)

        with pytest.raises(spr.ReportCancelledError, match="cool-down") as caught:
            reports.read()
        outcome = caught.value.outcome

    assert outcome is not None
    assert outcome.kind == "too_soon"
    assert outcome.evidence["previous_report_id"] == first.report_id
    assert outcome.evidence["previous_known_by"] == "ledger"
    assert outcome.evidence["cooldown_seconds"] == 1800
    assert outcome.again_time is not None
    assert timedelta(minutes=29) < outcome.again_time - first.created_time
    assert calls(simulator, "getReports") == 0


def test_a_cool_down_that_another_application_spent_is_seen_by_one_look() -> None:
    with amazon(cooldowns={INVENTORY: 1800.0}) as (simulator, client):
        foreign = simulator.place_report(INVENTORY, ["DE"], NOW, NOW)
        simulator.clock.sleep(300)
        reports = inventory(client).wait(timeout=600)
        outcome = only(reports)

        assert outcome.kind == "too_soon"
        assert outcome.evidence["previous_report_id"] == foreign
        assert outcome.evidence["previous_known_by"] == "getReports"
        assert calls(simulator, "getReports") == 1


def test_no_data_of_a_type_with_a_cool_down_is_empty_where_nobody_asked_before() -> (
    None
):
    with amazon() as (simulator, client):
        simulator.faults.add(Fault(operation="report", kind="cancelled"))

        outcome = only(inventory(client))

    assert outcome.kind == "empty"
    assert outcome.evidence["cooldown_seconds"] == 1800


def test_what_stays_cancelled_after_the_cool_down_had_no_data() -> None:
    with amazon() as (simulator, client):
        assert inventory(client).read().height == 200
        forget_cooldown(client)
        simulator.faults.add(Fault(operation="report", kind="cancelled", times=2))

        outcome = only(inventory(client))

        assert outcome.kind == "empty"
        assert calls(simulator, "createReport") == 3


def test_not_ready_yet() -> None:
    with amazon(strict_requests=True) as (_, client):
        reports = client.reports(
            VENDOR,
            start="2026-11-16",
            end="2026-11-17",
            marketplaces=["DE"],
            options=VENDOR_OPTIONS,
            strict=False,
        )
        outcome = only(reports)
        with pytest.raises(spr.ReportFatalError, match="not yet available") as caught:
            reports.read()

    assert outcome.kind == "not_ready"
    assert outcome.evidence["hold_back_days"] == 3
    assert outcome.again_time == datetime(2026, 11, 20, tzinfo=UTC)
    assert "not yet available" in str(outcome.evidence["document_text"])
    assert caught.value.outcome == outcome


def test_wrong_options_by_the_words_of_a_fatal_document() -> None:
    with amazon(strict_requests=True) as (_, client):
        outcome = only(
            client.reports(
                VENDOR,
                start="2026-10-01",
                end="2026-10-02",
                marketplaces=["DE"],
                options={"reportPeriod": "DAY"},
                strict=False,
            )
        )

    assert outcome.kind == "wrong_options"
    assert "distributorView" in (outcome.reason or "")


def test_a_refused_request_is_an_outcome_and_does_not_keep_the_others() -> None:
    with amazon() as (simulator, client):
        simulator.faults.add(
            Fault(
                operation="createReport",
                kind="status",
                status=400,
                code="InvalidInput",
                message="dataStartTime is too long ago.",
                nth=2,
            )
        )
        kinds = [outcome.kind for outcome in orders(client, 90).outcomes()]

    assert kinds == ["done", "wrong_options", "done"]


def test_a_refused_request_raises_with_its_outcome() -> None:
    with amazon() as (simulator, client):
        simulator.faults.add(
            Fault(operation="createReport", kind="status", status=400, times=0)
        )
        with pytest.raises(spr.BadRequestError) as caught:
            orders(client).read()

    assert caught.value.outcome is not None
    assert caught.value.outcome.kind == "wrong_options"
    assert caught.value.outcome.evidence["status"] == 400


def test_cancelled_by_the_user() -> None:
    with amazon() as (_, client):
        with pytest.raises(spr.WaitTimeoutError) as late:
            orders(client).wait(timeout=2)
        assert late.value.report_id is not None
        client.api.cancel_report(late.value.report_id)
        report = client.api.get_report(late.value.report_id)
        found = spr.Reports(
            client._connection, spr.report_type("orders"), found=[report]
        )
        outcome = only(found)
        with pytest.raises(spr.ReportCancelledError) as caught:
            found.read()

    assert outcome.kind == "cancelled"
    assert outcome.heuristic
    assert "processing_start_time" not in outcome.evidence
    assert caught.value.outcome == outcome


def test_fatal_with_the_text_of_its_document() -> None:
    with amazon() as (simulator, client):
        simulator.faults.add(
            Fault(operation="report", kind="fatal", message="It broke.")
        )
        reports = orders(client)
        outcome = only(reports)
        with pytest.raises(spr.ReportFatalError) as caught:
            reports.read()

        assert calls(simulator, "getReportDocument") == 1
    assert outcome.kind == "fatal"
    assert outcome.evidence["document_text"] == "It broke."
    assert caught.value.outcome == outcome
    assert pickle.loads(pickle.dumps(caught.value)).outcome == outcome  # noqa: S301 - our own object


def test_fatal_that_says_there_is_no_data_is_an_empty_frame() -> None:
    with amazon() as (simulator, client):
        simulator.faults.add(
            Fault(operation="report", kind="fatal", message="There is no data.")
        )
        reports = orders(client)

        assert only(reports).kind == "empty"
        assert reports.read().height == 0


@pytest.mark.parametrize(("timeout", "kind"), [(7200.0, "stuck"), (600.0, "waiting")])
def test_stuck_and_merely_unfinished(timeout: float, kind: str) -> None:
    with amazon() as (simulator, client):
        simulator.faults.add(Fault(operation="report", kind="stuck"))
        reports = orders(client)
        outcome = only(reports, timeout)
        with pytest.raises(spr.WaitTimeoutError) as caught:
            reports.wait(timeout=1)

    assert outcome.kind == kind
    assert outcome.report is not None
    assert outcome.report.processing_status == "IN_PROGRESS"
    assert caught.value.outcome is not None
    assert caught.value.outcome.kind == kind
    assert caught.value.report_id == outcome.report_id


def test_a_report_that_was_never_seen_is_waiting() -> None:
    with amazon() as (_, client):
        outcome = only(orders(client), timeout=0)

    assert outcome.kind == "waiting"
    assert outcome.report_id is None


@pytest.mark.parametrize("way", ["read", "batches", "sink"])
def test_no_rows_raise_where_that_was_asked_for(way: str, tmp_path: Path) -> None:
    with amazon() as (simulator, client):
        simulator.faults.add(Fault(operation="report", kind="cancelled"))
        reports = client.reports(
            "orders", start="7d", marketplaces=["DE"], on_empty="raise"
        )
        with pytest.raises(spr.ReportEmptyError, match="1 empty") as caught:
            reports.sink(tmp_path) if way == "sink" else getattr(reports, way)()

    assert caught.value.outcome is not None
    assert caught.value.outcome.kind == "empty"


@pytest.mark.parametrize("way", ["read", "batches", "sink"])
def test_a_document_without_rows_is_as_empty_as_none(way: str, tmp_path: Path) -> None:
    with amazon(rows=0) as (_, client):
        reports = client.reports(
            "orders", start="7d", marketplaces=["DE"], on_empty="raise"
        )
        with pytest.raises(spr.ReportEmptyError, match="1 done"):
            reports.sink(tmp_path) if way == "sink" else getattr(reports, way)()


def test_one_window_with_rows_is_enough(tmp_path: Path) -> None:
    with amazon() as (simulator, client):
        simulator.faults.add(Fault(operation="report", kind="cancelled"))
        reports = client.reports(
            "orders", start="45d", marketplaces=["DE"], on_empty="raise"
        )

        assert reports.read().height == 200
        assert reports.batches().read_all().num_rows == 200
        assert reports.sink(tmp_path).rows == 200


def test_nothing_listed_raises_where_that_was_asked_for() -> None:
    with amazon(settlements=False) as (_, client):
        assert client.existing("settlement").read().height == 0
        with pytest.raises(spr.ReportEmptyError, match="no reports"):
            client.existing("settlement", on_empty="raise").read()


def test_on_empty_is_one_of_two_words() -> None:
    with amazon() as (_, client), pytest.raises(ValueError, match="on_empty"):
        client.reports(
            "orders",
            start="7d",
            marketplaces=["DE"],
            on_empty="ignore",  # type: ignore[arg-type] # what the test is about
        )

"""Time that was up: the call that the error names takes the reports up again."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.reports.conftest import calls

SPELLED_OUT = re.compile(r'start="([^"]+)", end="([^"]+)"')
ASKED = {
    "a duration": ("20d", None),
    "of several reports": ("65d", None),
    "fixed dates": ("2026-10-01", "2026-10-05"),
}


def late(reports: spr.Reports) -> str:
    with pytest.raises(spr.WaitTimeoutError) as caught:
        reports.wait(timeout=300)
    return str(caught.value)


@pytest.mark.parametrize(
    ("report_type", "reuse"),
    [("orders", True), ("orders", False), ("GET_SALES_AND_TRAFFIC_REPORT", True)],
)
@pytest.mark.parametrize("dates", ASKED.values(), ids=ASKED)
def test_the_call_that_the_error_names_takes_the_reports_up(
    dates: tuple[str, str | None],
    reuse: bool,
    report_type: str,
    simulator: Simulator,
    client: spr.Client,
) -> None:
    simulator.faults.add(Fault(operation="report", kind="stuck", times=0))
    start, end = dates
    asked = client.reports(
        report_type, start=start, end=end, marketplaces=["DE"], reuse=reuse
    )
    said = late(asked)
    created = calls(simulator, "createReport")
    simulator.clock.sleep(700)

    spelled_out = SPELLED_OUT.search(said)
    assert spelled_out is not None
    start, end = spelled_out.groups()
    late(client.reports(report_type, start=start, end=end, marketplaces=["DE"]))

    assert calls(simulator, "createReport") == created
    assert ("without reuse=False" in said) is not reuse


def test_the_same_object_takes_its_reports_up(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="report", kind="stuck", times=0))
    reports = client.reports("orders", start="20d", marketplaces=["DE"])
    said = late(reports)
    simulator.clock.sleep(700)

    late(reports)

    assert "so does the same object" in said
    assert calls(simulator, "createReport") == 1


def test_a_type_without_dates_needs_but_the_same_call(
    simulator: Simulator, client: spr.Client
) -> None:
    simulator.faults.add(Fault(operation="report", kind="stuck", times=0))
    first, again = (client.reports("listings", marketplaces=["DE"]) for _ in range(2))
    said = late(first)

    late(again)

    assert "the same call later takes it up again" in said
    assert calls(simulator, "createReport") == 1


@pytest.mark.parametrize("hours", [0.9, 5, 23])
def test_an_unfinished_report_without_dates_is_taken_up_for_a_day(
    simulator: Simulator, client: spr.Client, hours: float
) -> None:
    simulator.faults.add(Fault(operation="report", kind="stuck", times=0))
    late(client.reports("listings", marketplaces=["DE"]))
    simulator.clock.sleep(hours * 3600)

    again = client.reports("listings", marketplaces=["DE"])
    plan = again.plan()
    late(again)

    assert calls(simulator, "createReport") == plan.adopted == 1
    simulator.clock.sleep((24 - hours) * 3600)
    late(client.reports("listings", marketplaces=["DE"]))
    assert calls(simulator, "createReport") == 2


@pytest.fixture
def slow() -> Iterator[Simulator]:
    """Run an Amazon that takes three quarters of an hour for a report."""
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, delays=(1200.0, 1200.0)) as running,
    ):
        yield running
        assert running.breaches == []


@pytest.mark.parametrize(("minutes", "created"), [(55, 1), (360, 2)])
def test_one_that_was_finished_since_is_used_while_it_shows_the_present(
    slow: Simulator, minutes: int, created: int
) -> None:
    with slow.client() as client:
        late(client.reports("listings", marketplaces=["DE"]))
        slow.clock.sleep(minutes * 60)

        (report,) = client.reports("listings", marketplaces=["DE"])

    ended = report.processing_end_time
    assert ended is not None
    assert (slow.clock.now() - ended).total_seconds() < 30 * 60
    assert calls(slow, "createReport") == created


def test_documents_that_were_deleted_from_the_store_come_again(
    simulator: Simulator, tmp_path: Path
) -> None:
    def read() -> list[dict[str, Any]]:
        with simulator.client(home=tmp_path) as client:
            asked = client.reports(
                "orders", start="2026-10-01", end="2026-10-05", marketplaces=["DE"]
            )
            return asked.scan().collect().to_dicts()

    before = read()
    created = calls(simulator, "createReport")
    for folder in ("documents", "staged"):
        assert list((tmp_path / folder).glob("*/*"))
        shutil.rmtree(tmp_path / folder)

    assert read() == before
    assert calls(simulator, "createReport") == created
    assert calls(simulator, "getReportDocument") == 2

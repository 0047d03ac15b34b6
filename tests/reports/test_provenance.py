"""What a file says of a report that was found: whether it was asked for by dates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import spreports as spr
from spreports.api.models import ProcessingStatus, Report, ReportId
from spreports.lake.contents import LakeReport, newest, report_of
from spreports.reports.provenance import provenance
from spreports.simulator import Simulator
from tests.clocks import ManualClock

NOW = datetime(2026, 11, 10, 0, 0, 20, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
SNAPSHOT = replace(spr.report_type("listings"), period="none")


def found(entry: spr.ReportType, start: datetime, end: datetime) -> LakeReport:
    """A report that was made now, as a lake has it."""
    report = Report(
        report_id=ReportId("1"),
        report_type=entry.report_type,
        data_start_time=start,
        data_end_time=end,
        created_time=NOW,
        processing_status=ProcessingStatus.DONE,
    )
    said = provenance(report, entry, {}, account="a", key=None)
    said |= {"data_start_time": start.isoformat(), "data_end_time": end.isoformat()}
    note = {f"spreports.{name}": text for name, text in said.items()}
    return report_of(note, rows=1, root="lake", stem="1")


@pytest.mark.parametrize(
    ("entry", "start", "end"),
    [
        (spr.report_type("listings"), NOW, NOW),
        (spr.report_type("listings"), NOW - 9 * SECOND, NOW - 9 * SECOND),
        (SNAPSHOT, NOW - DAY, NOW),
    ],
    ids=["as Amazon writes it", "made some seconds later", "of a schedule"],
)
def test_what_shows_the_present_has_no_dates(
    entry: spr.ReportType, start: datetime, end: datetime
) -> None:
    assert found(entry, start, end).dates == (None, None)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("listings", NOW - DAY, NOW),
        ("listings", NOW - DAY, NOW - DAY),
        ("sales_and_traffic", NOW.replace(second=0), NOW.replace(second=0)),
    ],
    ids=["a schedule's, of no known kind", "a past moment", "today so far"],
)
def test_what_may_have_been_asked_for_by_dates_keeps_them(
    name: str, start: datetime, end: datetime
) -> None:
    assert found(spr.report_type(name), start, end).dates == (start, end)


@pytest.mark.slow
def test_snapshots_that_were_found_are_versions_of_one_another(tmp_path: Path) -> None:
    clock = ManualClock(NOW)
    with Simulator(clock=clock) as simulator, simulator.client() as client:
        for _ in range(2):
            client.reports("listings", marketplaces=["DE"], reuse=False).wait()
            clock.advance(DAY.total_seconds())
        client.existing("listings").sink(tmp_path / "lake")

    reports = spr.Lake(tmp_path / "lake").reports()
    assert (len(list(reports)), len(newest(reports))) == (2, 1)

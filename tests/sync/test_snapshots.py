"""Snapshots of runs that were killed: the report that was asked for is taken up."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.simulator import Fault, Simulator
from spreports.sync.run import run
from tests.clocks import ManualClock
from tests.sync.conftest import NIGHT, calls
from tests.sync.lake import LISTINGS

DAY = 86_400.0
FEED = spr.Feed("listings", marketplaces=["DE"])


def killed_at(step: str, home: Path, simulator: Simulator, lake: str, how: str) -> None:
    def at(reached: str) -> None:
        if reached == step:
            raise KeyboardInterrupt

    with simulator.client(home=home) as client, pytest.raises(KeyboardInterrupt):
        run(client._connection, [client._stream(FEED)], lake, format=how, at=at)


@pytest.mark.parametrize("how", ["parquet", "delta"])
@pytest.mark.parametrize("step", ["done", "downloaded", "landed"])
def test_a_snapshot_that_was_begun_is_brought_on_the_next_day(
    simulator: Simulator,
    clock: ManualClock,
    tmp_path: Path,
    step: str,
    how: str,
) -> None:
    lake, home = str(tmp_path / "lake"), tmp_path / "store"
    killed_at(step, home, simulator, lake, how)
    clock.advance(DAY)

    with simulator.client(home=home) as client:
        due = client.sync(FEED, lake, format=how, dry_run=True).plan.windows
        result = client.sync(FEED, lake, format=how)
        again = client.sync(FEED, lake, format=how)

    in_lake = step == "landed"
    assert len(due) == result.windows == (1 if in_lake else 2)
    assert (result.created, result.failed, result.gaps) == (1, (), ())
    assert again.windows == 0
    if how == "parquet":
        days = sorted(str(r.created_time)[:10] for r in spr.Lake(lake).reports())
        assert days == ["2026-11-10", "2026-11-11"]


@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_a_snapshot_that_is_made_past_midnight_is_known_to_other_hosts(
    simulator: Simulator,
    clock: ManualClock,
    client: spr.Client,
    other_host: spr.Client,
    lake: str,
    *,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    clock.advance(21 * 3600 - 2)
    create = type(client.api).create_report

    def late(*args: Any, **named: Any) -> str:
        clock.advance(5)
        return create(*args, **named)

    with monkeypatch.context() as slow:
        slow.setattr(type(client.api), "create_report", late)
        assert client.sync(FEED, lake, format=how).rows == 20
    (report,) = client.api.get_reports(report_types=[LISTINGS]).reports
    assert report.created_time.date().day == 11

    assert other_host.sync(FEED, lake, format=how).windows == 0
    assert client.sync(FEED, lake, format=how).created == 0
    assert calls(simulator)["createReport"] == 1


def test_a_snapshot_that_was_asked_for_today_is_taken_up_by_a_later_run_of_the_day(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    with simulator.client(home=home) as client:
        assert client.sync(FEED, lake, timeout=1).failed
        clock.advance(2 * 3600)
        result = client.sync(FEED, lake)

    assert (result.windows, result.created) == (1, 0)
    assert calls(simulator)["createReport"] == 1


def test_a_snapshot_that_is_not_finished_yet_is_waited_for(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    simulator.faults.add(Fault(operation="report", kind="stuck"))
    with simulator.client(home=home) as client:
        client.sync(FEED, lake, timeout=60)
        clock.advance(DAY)

        result = client.sync(FEED, lake)

    assert [missing.name for missing in result.failed] == ["2026-11-10"]
    assert (result.windows, result.gaps) == (1, ())


@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_a_snapshot_that_is_not_finished_on_the_second_day_is_a_gap_until_it_is(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path, how: str
) -> None:
    nights = []
    with simulator.client(home=home) as client:
        client.sync(FEED, lake, format=how, timeout=0.1)
        (report,) = client.api.get_reports(report_types=[LISTINGS]).reports
        made = simulator._book.find(report.report_id)
        assert made is not None
        made.progress = 2.5 * DAY
        for retry_gaps in (False, False, True, True):
            clock.advance(DAY)
            night = client.sync(FEED, lake, format=how, retry_gaps=retry_gaps)
            nights.append((len(night.failed), len(night.gaps), night.windows))

    assert nights == [(1, 0, 1), (0, 1, 1), (0, 0, 2), (0, 0, 1)]


def test_a_snapshot_that_never_ends_is_told_no_more_once_gaps_are_tried_again(
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    simulator.faults.add(Fault(operation="report", kind="stuck"))
    with simulator.client(home=home) as client:
        client.sync(FEED, lake, timeout=60)
        clock.advance(2 * DAY)
        (gap,) = client.sync(FEED, lake).gaps
        again = client.sync(FEED, lake, retry_gaps=True)
        clock.advance(95 * DAY)  # longer than Amazon keeps a report
        gone = client.sync(FEED, lake, retry_gaps=True)

    assert "is not finished yet; retry_gaps asks after it" in gap.reason
    assert (again.failed, again.gaps) == ((), ())
    assert (gone.failed, gone.gaps) == ((), ())
    assert caplog.text.count("told as a gap no more") == 1


def test_a_snapshot_with_a_status_that_is_not_known_yet_is_waited_for(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    simulator.faults.add(Fault(operation="report", kind="stuck"))
    with simulator.client(home=home) as client:
        client.sync(FEED, lake, timeout=60)
        (report,) = client.api.get_reports(report_types=[LISTINGS]).reports
        clock.advance(DAY)
        made = simulator._book.find(report.report_id)
        assert made is not None
        made.progress, made.outcome = 0, "PAUSED"

        result = client.sync(FEED, lake)

    (missing,) = result.failed
    assert (missing.name, missing.kind) == ("2026-11-10", "WaitTimeoutError")
    assert (result.windows, result.gaps) == (1, ())


def test_a_snapshot_whose_report_amazon_made_not_is_a_gap(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    simulator.faults.add(Fault(operation="report", kind="fatal"))
    with simulator.client(home=home) as client:
        assert len(client.sync(FEED, lake).failed) == 1
        clock.advance(DAY)

        result = client.sync(FEED, lake)

    assert [missing.name for missing in result.gaps] == ["2026-11-10"]
    assert result.windows == 1


@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_a_snapshot_that_amazon_made_not_is_told_until_gaps_are_tried_again(
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
    caplog: pytest.LogCaptureFixture,
    *,
    how: str,
) -> None:
    simulator.faults.add(Fault(operation="report", kind="fatal"))
    nights = []
    with simulator.client(home=home) as client:
        for retry_gaps in (False, False, False, True, False):
            dry = client.sync(FEED, lake, format=how, retry_gaps=True, dry_run=True)
            night = client.sync(FEED, lake, format=how, retry_gaps=retry_gaps)
            nights.append((len(dry.gaps), len(night.gaps)))
            clock.advance(DAY)

    assert nights == [(0, 0), (0, 1), (1, 1), (1, 0), (0, 0)]
    assert "listings 2026-11-10 cannot be had (a report shows the" in caplog.text
    assert caplog.text.count("told as a gap no more") == 1


def test_a_night_without_a_network_is_no_gap_between_two_snapshots(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    with simulator.client(home=home) as client:
        simulator.faults.add(Fault(operation="*", kind="reset", times=0))
        cut_off = client.sync(FEED, lake, timeout=60)
        simulator.faults.clear()
        clock.advance(DAY)

        result = client.sync(FEED, lake)

    assert [missing.kind for missing in cut_off.failed] == ["TransportError"]
    assert (result.windows, result.failed, result.gaps) == (1, (), ())


@pytest.mark.slow
def test_a_nightly_run_brings_a_snapshot_with_a_cool_down_of_a_day_each_night(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    feed = spr.Feed("referral_fee_preview", marketplaces=["DE"])
    nights = []
    for night in range(2):
        clock.advance((NIGHT + timedelta(days=night) - clock.now()).total_seconds())
        with simulator.client(home=home) as client:
            due = client.sync(feed, lake, dry_run=True).plan.windows
            result = client.sync(feed, lake)
        nights.append((len(due), result.created, result.windows))

    assert nights == [(1, 1, 1)] * 2
    assert len(list(spr.Lake(lake).reports())) == 2


def test_runs_before_and_after_midnight_bring_two_snapshots(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    clock.advance(20 * 3600 + 50 * 60)
    with simulator.client(home=home) as client:
        client.sync(FEED, lake)
        clock.advance(20 * 60)
        client.sync(FEED, lake)

    days = sorted(str(r.created_time)[:10] for r in spr.Lake(lake).reports())
    assert days == ["2026-11-10", "2026-11-11"]


def test_a_snapshot_that_takes_hours_is_asked_for_once(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    simulator.faults.add(Fault(operation="report", kind="stuck"))
    with simulator.client(home=home) as client:
        for _ in range(4):
            client.sync(FEED, lake, timeout=60)
            clock.advance(3600)

    assert calls(simulator)["createReport"] == 1


def test_the_unfinished_report_of_yesterday_is_no_snapshot_of_today(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    simulator.faults.add(Fault(operation="report", kind="stuck"))
    clock.advance(20 * 3600)
    with simulator.client(home=home) as client:
        client.sync(FEED, lake, timeout=60)
        clock.advance(2 * 3600)

        result = client.sync(FEED, lake)

    assert [missing.name for missing in result.failed] == ["2026-11-10"]
    assert (result.created, result.windows) == (1, 1)

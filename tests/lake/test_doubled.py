"""Windows that overlap and are not the same hold rows twice, and that is told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

import spreports as spr
from spreports.cli import main
from spreports.simulator import Simulator, World
from tests.clocks import ManualClock
from tests.lake.lakes import DAY, ORDERS, Lakeside, orders
from tests.lake.test_care import fill, lake_of

LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
ADVICE = (
    "ask for the dates anew in fixed windows (start= and end= as dates, or client.sync)"
    " into a new folder, and drop this one once everything is there; delete no single "
    "report, since its rows that no other has would be lost"
)

PRESENT = (
    "if reports of this type show the present, let client.sync without since keep a new"
    " folder; else "
)


def until(day: int, seconds: int = 0) -> str:
    """The start of a day as a marker has it."""
    return (DAY + timedelta(days=day, seconds=seconds)).isoformat()


def test_windows_that_overlap_are_warned_of_once_a_scan(
    shore: Lakeside, caplog: pytest.LogCaptureFixture
) -> None:
    fill(shore)
    for number in (3, 4, 5):
        end = until(number + 30)
        shore.put(str(number), orders(number), day=number, data_end_time=end)

    frame = shore.scan(latest=True)
    assert frame.collect().height == frame.collect().height == 36

    (warning,) = caplog.records
    assert (warning.name, warning.levelname) == ("spreports.lake", "WARNING")
    assert warning.getMessage() == (
        f"{shore.url}: 3 reports of {ORDERS} are of windows that overlap and are not "
        "the same (2026-10-04 to 2026-11-03, 2026-10-05 to 2026-11-04, 2026-10-06 to "
        "2026-11-05), so that rows may be there twice: latest=True tells versions of "
        f"the same window alone; {ADVICE}"
    )
    caplog.clear()
    shore.scan().collect()
    assert caplog.records == []


def test_of_many_windows_that_overlap_the_first_ones_are_named(
    shore: Lakeside, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(9):
        end = until(number + 30)
        shore.put(str(number), orders(number), day=number, data_end_time=end)
    lake_of(shore).compact()

    lake_of(shore).scan("orders", latest=True)

    (warning,) = caplog.records
    assert ": 9 reports of" in warning.getMessage()
    assert "2026-10-04 to 2026-11-03 and 5 more), so that" in warning.getMessage()


def restated(shore: Lakeside) -> None:
    fill(shore)
    shore.put("9", orders(0), day=0, created=5)


def compacted(shore: Lakeside) -> None:
    restated(shore)
    lake_of(shore).compact()


def touching(shore: Lakeside) -> None:
    """As schedules make them: their steps come some seconds late."""
    shore.put("1", orders(0), day=0, data_end_time=until(1, seconds=20))
    shore.put("2", orders(1), day=1)


def last_days(shore: Lakeside) -> None:
    """As Amazon writes windows of whole days: the last one counts in."""
    for day in (0, 7):
        shore.put(
            str(day),
            orders(day),
            day=day,
            report_type=TRAFFIC,
            table="salesAndTrafficByAsin",
            data_end_time=until(day + 6),
        )


def midnights(shore: Lakeside) -> None:
    """As a schedule makes them at midnight: dates up to a day that only began then."""
    for day in (0, 1):
        shore.put(
            str(day),
            orders(day),
            day=day,
            report_type=TRAFFIC,
            table="salesAndTrafficByAsin",
            data_end_time=until(day + 1),
        )


def others(shore: Lakeside) -> None:
    """Reports that are not of the same rows."""
    shore.put("1", orders(0), data_end_time=until(30))
    shore.put("2", orders(0), day=1, marketplace_ids="A13V1IB3VIYZZH")
    shore.put("3", orders(0), day=1, account="account-2")
    shore.put("4", orders(0), day=1, options='{"custom": "true"}')
    shore.put("5", orders(0)[:0], day=1)


def snapshot(shore: Lakeside, number: int, *, rows: int = 6) -> None:
    shore.put(
        str(number),
        orders(0)[:rows],
        day=number,
        report_type=LISTINGS,
        request_key=json.dumps({"dataStartTime": None, "dataEndTime": None}),
    )


def snapshots(shore: Lakeside) -> None:
    """The last one has no rows beside those of dates."""
    shore.put("1", orders(0), report_type=LISTINGS)
    snapshot(shore, 2)
    snapshot(shore, 3, rows=0)


def settlements(shore: Lakeside) -> None:
    for number in (1, 2):
        shore.put(
            str(number),
            orders(0),
            day=number,
            report_type=SETTLEMENT,
            data_end_time=until(14),
            version_of=f"settlement {number}",
        )


def unknown(shore: Lakeside) -> None:
    """One window twice, and one beside it."""
    for number, day in ((1, 0), (2, 0), (3, 9)):
        end = until(day + 9)
        shore.put(
            str(number), orders(0), day=day, report_type="GET_X", data_end_time=end
        )


@pytest.mark.parametrize(
    ("fill_it", "name"),
    [
        (restated, "orders"),
        (compacted, "orders"),
        (touching, "orders"),
        (others, "orders"),
        (last_days, "sales_and_traffic"),
        (midnights, "sales_and_traffic"),
        (snapshots, "listings"),
        (settlements, "settlement"),
        (unknown, "GET_X"),
    ],
)
def test_nothing_is_said_where_no_row_can_be_there_twice(
    shore: Lakeside,
    caplog: pytest.LogCaptureFixture,
    *,
    fill_it: Callable[[Lakeside], None],
    name: str,
) -> None:
    fill_it(shore)

    shore.scan(name, latest=True).collect()

    assert caplog.records == []
    assert lake_of(shore).check()


def test_windows_of_a_type_of_which_nothing_is_known_overlap_as_well(
    shore: Lakeside, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever its rows go by: of one that shows the present all are there twice."""
    for number in (0, 2):
        end = until(number + 10)
        shore.put(
            str(number), orders(0), day=number, report_type="GET_X", data_end_time=end
        )

    shore.scan("GET_X", latest=True)

    (warning,) = caplog.records
    assert "2 reports of GET_X are of windows that overlap" in warning.getMessage()
    (problem,) = lake_of(shore).check().problems
    assert problem.told.endswith(f" twice; {PRESENT}{ADVICE}")


def test_a_snapshot_beside_reports_with_dates_may_have_their_rows(
    shore: Lakeside, caplog: pytest.LogCaptureFixture
) -> None:
    """As sync and a schedule bring them."""
    snapshot(shore, 1)
    snapshot(shore, 2)
    for day in (0, 1):
        shore.put(f"{day}7", orders(day), day=day, report_type=LISTINGS)

    shore.scan("listings", latest=True)

    (warning,) = caplog.records
    told = "(no dates, 2026-10-01 to 2026-10-02, 2026-10-02 to 2026-10-03)"
    assert told in warning.getMessage()
    assert [problem.told for problem in lake_of(shore).check().problems] == [
        f"report {day}7 of 2026-10-0{day + 1} to 2026-10-0{day + 2} overlaps report 2 "
        f"of no dates: rows may be there twice; {PRESENT}{ADVICE}"
        for day in (0, 1)
    ]


def test_weeks_that_share_their_last_day_overlap(
    shore: Lakeside, caplog: pytest.LogCaptureFixture
) -> None:
    for day in (0, 6):
        shore.put(
            str(day),
            orders(0),
            day=day,
            report_type=TRAFFIC,
            data_end_time=until(day + 6),
        )

    shore.scan("sales_and_traffic", latest=True)

    (warning,) = caplog.records
    assert "2026-10-01 to 2026-10-08, 2026-10-07 to 2026-10-14" in warning.getMessage()


def test_a_check_names_what_overlaps_until_it_is_there_no_more(
    shore: Lakeside, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (0, 2, 4):
        end = until(number + 10)
        shore.put(str(number), orders(number), day=number, data_end_time=end)

    problems = lake_of(shore).check().problems

    assert [(problem.kind, problem.told) for problem in problems] == [
        (
            "overlap",
            "report 2 of 2026-10-03 to 2026-10-13 overlaps report 0 of 2026-10-01 to "
            f"2026-10-11: rows may be there twice; {ADVICE}",
        ),
        (
            "overlap",
            "report 4 of 2026-10-05 to 2026-10-15 overlaps report 0 of 2026-10-01 to "
            f"2026-10-11 and 1 more: rows may be there twice; {ADVICE}",
        ),
    ]
    assert problems[0].path.endswith(f"_spreports/{ORDERS}/2.json")
    assert main(["lake", "check", shore.url]) == 1
    assert "overlap" in capsys.readouterr().out
    lake_of(shore).purge(date(2026, 10, 11))
    shore.remove(f"_spreports/{ORDERS}/4.json")
    shore.remove(f"{ORDERS}/4-0.parquet")
    assert main(["lake", "check", shore.url]) == 0
    assert shore.scan(latest=True).collect().height == 6


def test_after_a_compaction_a_check_says_that_the_files_hold_more_reports(
    shore: Lakeside,
) -> None:
    for number in (0, 2, 20):
        end = until(number + 10)
        shore.put(str(number), orders(number), day=number, data_end_time=end)
    lake_of(shore).compact()

    (problem,) = lake_of(shore).check().problems

    assert "/compact-" in problem.path
    assert problem.told.startswith("report 2 of 2026-10-03 to 2026-10-13 overlaps ")
    assert " report 0 of 2026-10-01 to 2026-10-11: rows may" in problem.told
    assert problem.told.endswith("lost (this marker's files hold 3 reports)")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def client(clock: ManualClock) -> Iterator[spr.Client]:
    with (
        Simulator(
            clock=clock,
            world=World(seed=1),
            usage_plans=False,
            token_lifetime=1e9,
            url_lifetime=1e9,
        ) as simulator,
        simulator.client() as connected,
    ):
        yield connected


@pytest.mark.slow
def test_a_duration_back_from_now_is_another_window_at_each_run(
    client: spr.Client,
    clock: ManualClock,
    shore: Lakeside,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        client.reports("orders", start="3d", marketplaces=["DE"]).sink(shore.url)
        clock.advance(86_400.0)

    rows = shore.scan(latest=True).collect()

    assert rows.height > rows.select("amazon-order-id", "sku").n_unique()
    assert [r.name for r in caplog.records].count("spreports.lake") == 1
    assert [p.kind for p in lake_of(shore).check().problems] == ["overlap"]


@pytest.mark.slow
def test_dates_asked_for_anew_in_a_new_folder_bring_every_row_once(
    client: spr.Client, clock: ManualClock, shore: Lakeside, tmp_path: Path
) -> None:
    """So that the old folder can go, as the warning and the check tell."""
    for _ in range(2):
        client.reports("orders", start="3d", marketplaces=["DE"]).sink(shore.url)
        clock.advance(86_400.0)
    start, end = (clock.now().date() - timedelta(days=days) for days in (5, 0))
    key, folder = ("amazon-order-id", "sku"), str(tmp_path / "new")

    anew = client.reports("orders", start=start, end=end, marketplaces=["DE"])
    anew.sink(folder)

    new = spr.scan_lake(folder, "orders", latest=True).select(key).collect()
    assert new.is_unique().all()
    assert shore.scan().select(key).collect().join(new, on=key, how="anti").is_empty()
    assert spr.Lake(folder).check()


@pytest.mark.slow
def test_fixed_dates_asked_for_twice_are_there_once(
    client: spr.Client, shore: Lakeside, caplog: pytest.LogCaptureFixture
) -> None:
    def sunk() -> spr.SinkResult:
        october = client.reports(
            "orders", start="2026-10-25", end="2026-11-01", marketplaces=["DE"]
        )
        return october.sink(shore.url, partition_by=["purchase-date:day"])

    first, files = sunk(), shore.files()

    assert sunk() == first
    assert shore.files() == files
    assert shore.scan(latest=True).collect().height == first.rows > 0
    assert [r for r in caplog.records if r.name == "spreports.lake"] == []
    with Simulator() as another, another.client() as stranger:
        assert repr(stranger) != repr(client)  # so its rows would be no versions


@pytest.mark.slow
def test_a_lake_that_sync_keeps_has_nothing_twice(
    client: spr.Client,
    clock: ManualClock,
    shore: Lakeside,
    caplog: pytest.LogCaptureFixture,
) -> None:
    feeds = [
        spr.Feed("orders", marketplaces=["DE"], since="5d", lookback=2),
        spr.Feed("listings", marketplaces=["DE"]),
        spr.Feed("settlement", marketplaces=["DE"]),
    ]
    for _ in range(3):
        client.sync(feeds, shore.url)
        clock.advance(86_400.0)

    for feed in feeds:
        shore.scan(str(feed.report_type), latest=True).collect()
    assert [r for r in caplog.records if r.name == "spreports.lake"] == []
    assert lake_of(shore).check()

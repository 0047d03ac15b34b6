"""What a purge takes for old, and that it says beforehand what it will take."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import spreports as spr
from spreports.lake import purge as purging
from spreports.lake.compact import without
from tests.lake.lakes import Lakeside, orders
from tests.load.lake import Bucket

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def inlet(bucket: Bucket) -> Lakeside:
    """A lake of a day at an S3 server."""
    found = Lakeside(f"s3://{bucket.name}/lake", bucket.options, bucket.fs)
    found.put("0", orders(0), day=0)
    return found


def lake_of(shore: Lakeside) -> spr.Lake:
    return spr.Lake(shore.url, storage_options=shore.options)


@pytest.mark.parametrize(
    ("before", "taken"),
    [
        (date(2026, 10, 2), ["0"]),
        (datetime(2026, 10, 2, tzinfo=UTC), ["0"]),
        (datetime(2026, 10, 2, 23, 59, tzinfo=UTC), ["0"]),
        (datetime(2026, 10, 3, 1, 59, tzinfo=BERLIN), ["0"]),
        (datetime(2026, 10, 3, 2, tzinfo=BERLIN), ["0", "1"]),
        (datetime(2026, 10, 2, 20, tzinfo=timezone(-timedelta(hours=4))), ["0", "1"]),
    ],
)
def test_a_moment_of_any_zone_spares_what_ends_behind_it_in_utc(
    shore: Lakeside, before: date, taken: list[str]
) -> None:
    for day in range(3):
        shore.put(str(day), orders(day), day=day)

    done = lake_of(shore).purge(before)

    assert [report.report_id for report in done.reports] == taken
    assert [report.report_id for report in lake_of(shore).reports()] == [
        str(day) for day in range(len(taken), 3)
    ]


@pytest.mark.parametrize(
    ("before", "error", "told"),
    [
        (datetime(2026, 10, 2), ValueError, r"no time zone; say which .* a date"),  # noqa: DTZ001 - the mistake
        (
            datetime.max.replace(tzinfo=timezone(-timedelta(hours=4))),
            ValueError,
            "9999",
        ),
        ("2026-10-02", TypeError, r"'2026-10-02' is no date: .*date\(2026, 10, 1\)"),
        (None, TypeError, "before=None is no date"),
        (1_790_000_000, TypeError, "is no date"),
    ],
)
def test_what_is_no_day_of_utc_purges_nothing(
    shore: Lakeside, before: Any, error: type[Exception], told: str
) -> None:
    shore.put("0", orders(0), day=0)
    files = shore.files()

    with pytest.raises(error, match=told):
        lake_of(shore).purge(before)

    assert shore.files() == files


@pytest.mark.parametrize("folders", [(), ("sku",)])
@pytest.mark.parametrize("compacted", [False, True])
def test_a_dry_purge_tells_the_same_as_the_real_one_and_changes_nothing(
    shore: Lakeside, *, folders: tuple[str, ...], compacted: bool
) -> None:
    for day in range(3):
        shore.put(str(day), orders(day), day=day, partition_by=folders)
    lake = lake_of(shore)
    if compacted:
        lake.compact()
    files = shore.files()

    tried = lake.purge(date(2026, 10, 4), dry_run=True)
    partly = lake.purge(date(2026, 10, 3), dry_run=True)
    assert shore.files() == files

    assert lake.purge(date(2026, 10, 3)) == partly
    assert tried.files == len([name for name in files if name.endswith(".parquet")])
    assert (tried.rows, partly.rows) == (18, 12)


@pytest.mark.parametrize("compacted", [False, True])
def test_what_lands_once_a_purge_has_looked_is_taken_away_where_it_is_noted_as_gone(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch, *, compacted: bool
) -> None:
    for day in range(3):
        shore.put(str(day), orders(day), day=day)
    lake = lake_of(shore)
    if compacted:
        lake.compact()
    landing = [("0", 0), ("10", 0), ("11", 1), ("13", 3)]

    def meanwhile(*args: Any, **how: Any) -> tuple[int, int]:
        while landing:
            report, day = landing.pop()
            shore.put(report, orders(day, 4), day=day, created=5)
        return without(*args, **how)

    monkeypatch.setattr(purging, "without", meanwhile)
    done = lake.purge(date(2026, 10, 3))

    assert {report.report_id for report in done.reports} == {"0", "1", "10", "11"}
    assert [report.report_id for report in lake.reports()] == ["2", "13"]
    assert lake.check(deep=True)


def test_a_day_that_lands_beside_a_purge_of_days_to_come_stays(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    shore.put("0", orders(0), day=0)

    def meanwhile(*args: Any, **how: Any) -> tuple[int, int]:
        shore.put("1", orders(1), day=1)
        return without(*args, **how)

    monkeypatch.setattr(purging, "without", meanwhile)
    lake_of(shore).purge(date(2027, 1, 1))

    assert [report.report_id for report in lake_of(shore).reports()] == ["1"]


@pytest.mark.slow
def test_of_a_bucket_that_keeps_versions_a_purge_and_a_protection_warn(
    inlet: Lakeside, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    lake, day = lake_of(inlet), date(2026, 10, 2)
    with caplog.at_level("WARNING", "spreports"):
        lake.protect(["sku"])
        bucket.fs.make_bucket_versioned(bucket.name)
        lake.purge(day, dry_run=True)
        lake.purge(date(2026, 10, 1))
        assert caplog.messages == []  # there are none, or nothing was taken away
        lake.protect(["quantity"])
        bucket.fs.make_bucket_versioned(bucket.name, False)  # it keeps what it has
        lake.purge(day)
        bucket.fs.make_bucket_versioned(bucket.name)  # so that the test can delete it

    assert [text.partition(":")[0] for text in caplog.messages] == [
        f"bucket {bucket.name} keeps older versions of its objects"
    ] * 2


def test_who_may_not_ask_whether_versions_are_kept_purges_all_the_same(
    inlet: Lakeside, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = type(bucket.fs)._call_s3

    async def refusing(fs: Any, method: str, *args: Any, **how: Any) -> Any:
        if method == "get_bucket_versioning":
            raise PermissionError("AccessDenied")
        return await call(fs, method, *args, **how)

    monkeypatch.setattr(type(bucket.fs), "_call_s3", refusing)
    done = lake_of(inlet).purge(date(2026, 10, 2))
    monkeypatch.undo()

    assert len(done.reports) == 1

"""Types that go by whole days: what is asked for is what was said, day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports import catalog
from spreports.catalog import ReportType
from spreports.catalog.periods import counts_last_day, next_period, starts_period
from spreports.client.arguments import windows_of
from spreports.plan.whole_days import day_window
from spreports.plan.windows import Moment, Window
from spreports.reports.request import ReportRequest

NOW = datetime(2026, 11, 28, 18, 25, 15, 250, tzinfo=UTC)
DAY = timedelta(days=1)
BERLIN = timezone(timedelta(hours=2))


def _ways(entry: ReportType) -> list[dict[str, str]]:
    """Options that a type may be asked with, one for each length of its periods."""
    name = (entry.period or "").partition("option:")[2]
    if not name:
        return [{}]
    option = entry.option(name)
    return [{name: value} for value in option.values] + [{}] * (not option.required)


WHOLE = [
    (entry, options)
    for entry in catalog.entries()
    for options in _ways(entry)
    if counts_last_day(entry, options)
]
OFFSETS = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
DAYS = st.dates(date(2019, 1, 1), date(2026, 11, 27))


def asked_days(
    entry: ReportType, options: dict[str, str], windows: list[Window]
) -> list[date]:
    """Each day that Amazon is asked for, as often as it is."""
    found: list[date] = []
    for span in windows:
        request = ReportRequest(
            entry=entry, marketplace_ids=("A",), options=options, window=span
        )
        start, end = request.data_start_time, request.data_end_time
        assert start is not None
        assert end is not None
        assert start <= end
        assert start.time() == end.time() == time()
        found += [
            start.date() + n * DAY for n in range((end.date() - start.date()).days + 1)
        ]
    return found


def described(
    entry: ReportType,
    options: dict[str, str],
    start: Moment,
    end: Moment | None,
    *,
    strict: bool = False,
) -> list[date]:
    windows = windows_of(entry, options, (start, end), NOW, strict=strict)
    assert all(
        a.end == b.start for a, b in pairwise(w for w in windows if w is not None)
    )
    return asked_days(entry, options, [w for w in windows if w is not None])


def days(first: date, end: date) -> list[date]:
    return [first + n * DAY for n in range((end - first).days)]


@given(st.sampled_from(WHOLE), DAYS, st.integers(1, 900), OFFSETS, OFFSETS)
def test_days_asked_for_are_those_of_the_window_each_once(
    way: tuple[ReportType, dict[str, str]],
    first: date,
    count: int,
    east: timezone,
    there: timezone,
) -> None:
    end = min(first + count * DAY, date(2026, 11, 28))
    said = datetime.combine(first, time(), east), datetime.combine(end, time(), there)
    if said[1] > NOW:
        return

    assert described(*way, first, end) == days(first, end)
    assert described(*way, *said) == days(first, end)
    assert described(*way, *(each.isoformat() for each in said)) == days(first, end)


@given(st.sampled_from(WHOLE), DAYS, st.integers(1, 3))
def test_whole_periods_are_asked_for_each_once_where_requests_are_checked(
    way: tuple[ReportType, dict[str, str]], day: date, count: int
) -> None:
    entry, options = way
    period = catalog.period_of(entry, options) or "DAY"
    others = {
        option.name: (*option.values, "x")[0]
        for option in entry.options
        if option.required and option.name not in options
    }
    first = end = starts_period(day, period)
    for _ in range(count):
        end = next_period(end, period)
    if end > date(2026, 11, 18):
        return

    asked = described(entry, {**others, **options}, first, end, strict=True)

    assert asked == days(first, end)


@given(
    st.sampled_from(WHOLE),
    st.datetimes(datetime(2019, 1, 1), datetime(2026, 11, 28, 18), timezones=OFFSETS),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.timedeltas(timedelta(seconds=1), 400 * DAY),
)
def test_times_within_a_day_stand_for_that_day_where_requests_are_not_checked(
    way: tuple[ReportType, dict[str, str]], start: datetime, length: timedelta
) -> None:
    end = start + length
    if end > NOW or time() in {start.time(), end.time()}:
        return
    last = end.astimezone(UTC).replace(microsecond=0) - timedelta(seconds=1)
    first = start.astimezone(UTC).date()

    asked = described(*way, start, end)

    assert asked == days(first, max(first, last.date()) + DAY)


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        ("30d", None, "2026-10-29", "2026-11-27"),
        ("1d", None, "2026-11-27", "2026-11-27"),
        ("20h", None, "2026-11-27", "2026-11-27"),
        ("7d", "2d", "2026-11-21", "2026-11-25"),
        ("2026-11-20", None, "2026-11-20", "2026-11-27"),
        (date(2026, 11, 20), "20h", "2026-11-20", "2026-11-26"),
        ("2026-10-05T00:00:00+02:00", "2026-10-12T00:00:00+02:00", "2026-10-05", ""),
        ("2026-10-05T02:00:00+02:00", "2026-10-11T17:00:00-07:00", "2026-10-05", ""),
        (
            datetime(2026, 10, 5, tzinfo=BERLIN),
            datetime(2026, 10, 12, tzinfo=UTC),
            "2026-10-05",
            "2026-10-11",
        ),
    ],
)
def test_what_is_said_means_these_days(
    start: Moment, end: Moment | None, first: str, last: str
) -> None:
    asked = described(catalog.lookup("sales_and_traffic"), {}, start, end, strict=True)

    assert asked[0].isoformat() == first
    assert asked[-1].isoformat() == (last or "2026-10-11")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("12h", None),
        ("2026-11-28", None),
        ("12h", "6h"),
        ("2026-11-27T20:00:00-04:00", None),
    ],
)
@pytest.mark.parametrize(
    ("alias", "options", "says"),
    [
        ("sales_and_traffic", {}, "day is 2026-11-27; for it give start='1d'"),
        ("asin_page_views", {}, "day is 2026-11-27; for it give start='1d'"),
        ("end_users", {}, "MONTH is start=2026-10-01, end=2026-11-01"),
        (
            "search_terms",
            {"reportPeriod": "WEEK"},
            "WEEK is start=2026-11-15, end=2026-11-22",
        ),
    ],
)
def test_a_window_without_a_whole_day_names_the_last_one(
    alias: str, options: dict[str, str], says: str, start: Moment, end: Moment | None
) -> None:
    entry = catalog.lookup(alias)

    for strict in (True, False):
        with pytest.raises(ValueError, match=f"the last whole {says}"):
            windows_of(entry, options, (start, end), NOW, strict=strict)


def test_every_time_within_a_day_is_named_with_the_rule_and_what_to_give() -> None:
    said = "2026-11-26T10:00:00Z", "2026-11-27T09:00:00+02:00"
    entry = catalog.lookup("sales_and_traffic")

    with pytest.raises(ValueError, match="goes by whole days") as caught:
        windows_of(entry, {}, said, NOW, strict=True)

    assert "give start=2026-11-26" in str(caught.value)
    assert "give end=2026-11-27, which leaves that day out" in str(caught.value)
    assert "strict=False" in str(caught.value)


@pytest.mark.parametrize("rounded", [True, False])
@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        (None, "2026-10-01", "needs start"),
        ("2026-10-02", "2026-10-01", "not before"),
        ("2026-10-01", "2026-10-01", "not before"),
        ("2026-10-01", "2027-10-01", "future"),
        ("2027-10-01", None, "the last whole day is 2026-11-27"),
    ],
)
def test_a_window_that_is_none_is_refused(
    start: str | None, end: str | None, says: str, rounded: bool
) -> None:
    with pytest.raises(ValueError, match=says):
        day_window(start, end, NOW, rounded=rounded, period=None)


def test_requests_by_dates_keep_the_names_they_have_in_the_ledger() -> None:
    entry = catalog.lookup("sales_and_traffic")
    (span,) = windows_of(entry, {}, ("2026-10-05", "2026-10-12"), NOW, strict=True)
    request = ReportRequest(entry=entry, marketplace_ids=("A",), window=span)

    assert request.data_start_time == datetime(2026, 10, 5, tzinfo=UTC)
    assert request.data_end_time == datetime(2026, 10, 11, tzinfo=UTC)

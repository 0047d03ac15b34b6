"""Windows: what people say about time, and slices that lose nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.plan.windows import Window, moment, slices, window

NOW = datetime(2026, 11, 1, 12, 30, 15, 250, tzinfo=UTC)
LENGTHS = st.timedeltas(timedelta(seconds=1), timedelta(days=900))
TIMES = st.datetimes(
    datetime(2015, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds
    datetime(2026, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("30d", NOW - timedelta(days=30)),
        ("12h", NOW - timedelta(hours=12)),
        ("90m", NOW - timedelta(minutes=90)),
        ("4w", NOW - timedelta(weeks=4)),
        ("2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-10-01T02:00:00+02:00", datetime(2026, 10, 1, tzinfo=UTC)),
        ("2026-10-01T00:00:00Z", datetime(2026, 10, 1, tzinfo=UTC)),
        (date(2026, 10, 1), datetime(2026, 10, 1, tzinfo=UTC)),
        (
            datetime(2026, 10, 1, 9, tzinfo=timezone(timedelta(hours=9))),
            datetime(2026, 10, 1, tzinfo=UTC),
        ),
    ],
)
def test_a_moment_is_read_in_utc(said: str | date, meant: datetime) -> None:
    assert moment(said, NOW, "start") == meant
    assert moment(said, NOW, "start").utcoffset() == timedelta(0)


@pytest.mark.parametrize("said", [datetime(2026, 10, 1), "2026-10-01T00:00:00"])  # noqa: DTZ001 - the naive one is the point
def test_a_naive_time_is_refused_with_the_fix(said: str | datetime) -> None:
    with pytest.raises(ValueError, match="time zone") as refused:
        moment(said, NOW, "start")

    text = isinstance(said, str)
    assert ("start='2026-10-01T00:00:00Z' for UTC" in str(refused.value)) is text
    assert ("tzinfo=UTC" in str(refused.value)) is not text


@pytest.mark.parametrize(
    "said", ["yesterday", "", "30", "30y", "2026-13-01", "20261001", "2026-W40"]
)
def test_a_word_that_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="ISO 8601"):
        moment(said, NOW, "start")


@pytest.mark.parametrize(
    "said",
    [
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
        datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))),
        "99999999d",
        "999999999w",
    ],
)
def test_a_time_outside_the_calendar_is_refused_in_words(said: str | datetime) -> None:
    with pytest.raises(ValueError, match="is outside the years 1 to 9999 in UTC"):
        moment(said, NOW, "start")


def test_what_pandas_has_for_a_missing_time_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="start=NaT is no time; leave it out, or give"):
        moment(pd.NaT, NOW, "start")


def test_a_time_of_pandas_is_read_as_pythons_to_the_second() -> None:
    said = pd.Timestamp("2026-10-01T00:00:00.000000123Z")

    span = window(said, said + pd.Timedelta(days=1), NOW)

    assert type(moment(said, NOW, "start")) is datetime
    assert span == window("2026-10-01", "2026-10-02", NOW)


def test_a_window_within_a_second_is_refused_with_that_second() -> None:
    day = "2026-10-01T00:00:00"

    with pytest.raises(ValueError, match=f"both are {day}Z, to the second; a window"):
        window(f"{day}.123456Z", f"{day}.9Z", NOW)
    with pytest.raises(ValueError, match=r"is not before end=2026-10-01; a window"):
        window("2026-10-02", "2026-10-01", NOW)


def test_an_end_left_out_is_now_to_the_second() -> None:
    span = window("1d", None, NOW)

    assert span is not None
    assert span.end == NOW.replace(microsecond=0)


@pytest.mark.parametrize("end", [None, NOW.replace(microsecond=0)])
def test_a_window_may_end_now(end: datetime | None) -> None:
    now = NOW.replace(microsecond=0)

    assert window("1d", end, now) == Window(now - timedelta(days=1), now)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        (None, "2026-10-01", "needs start"),
        ("2026-10-02", "2026-10-01", "not before"),
        ("2026-10-01", "2026-10-01", "not before"),
        ("2026-10-01", "2027-10-01", "future"),
    ],
)
def test_a_window_that_is_none_is_refused(
    start: str | None, end: str, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        window(start, end, NOW)


@given(
    TIMES, st.timedeltas(timedelta(seconds=1), timedelta(days=900)), st.integers(1, 90)
)
def test_slices_cover_the_window_without_gap_or_overlap(
    start: datetime, length: timedelta, days: int
) -> None:
    span = Window(start, start + length)

    cut = slices(span, days)

    assert cut[0].start == span.start
    assert cut[-1].end == span.end
    assert all(a.end == b.start for a, b in pairwise(cut))
    assert all(timedelta(0) < s.end - s.start <= timedelta(days=days) for s in cut)


def test_a_type_without_a_limit_is_one_window() -> None:
    span = Window(NOW - timedelta(days=900), NOW)

    assert slices(span, None) == (span,)

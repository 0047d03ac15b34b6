"""The beat of schedules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.api.enums import Period
from spreports.overlaps import TOLERANCE
from spreports.schedules.periods import (
    length,
    moved_on,
    on_beat,
    one_earlier,
)
from spreports.simulator.lifecycle import PERIODS

FIRST = datetime(2025, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 2 * 365 * 86_400).map(lambda n: FIRST + timedelta(seconds=n))
FIXED = st.sampled_from([p for p in Period if p != Period.P1M])


def test_every_period_of_the_reference_has_its_length() -> None:
    expected = dict(PERIODS) | {"P1M": timedelta(days=28)}

    assert {str(p): length(p) for p in Period} == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "P", "PT", "P0D", "1D", "P1Y", "PT5S", "P1DT1H", "P\u0661D"),
        *("P999999D", "PT99999999999999H", f"PT{'9' * 5_000}M"),
    ],
)
def test_what_is_no_period_of_amazons_has_no_length(text: str) -> None:
    moment = datetime(2026, 11, 1, tzinfo=UTC)

    assert length(text) is None
    assert one_earlier(moment, text) is None
    assert moved_on(moment, text, moment + timedelta(days=9)) == moment


@given(MOMENTS, MOMENTS, FIXED)
def test_a_beat_that_is_over_is_moved_on_by_whole_periods_to_the_next(
    anchor: datetime, now: datetime, period: Period
) -> None:
    step = PERIODS[period]

    beat = moved_on(anchor, period, now)

    assert (beat - anchor) % step == timedelta()
    assert beat == anchor if anchor > now else now < beat <= now + step


@given(MOMENTS, MOMENTS, st.sampled_from(list(Period)))
def test_the_next_beat_is_on_the_beat_and_half_a_period_later_is_not(
    anchor: datetime, now: datetime, period: Period
) -> None:
    beat = moved_on(anchor, period, now)
    other = beat + PERIODS[period] / 2

    assert on_beat(beat, anchor, period, now)
    assert on_beat(beat + TOLERANCE, anchor, period, now)
    assert not on_beat(other, anchor, period, now)


def test_a_monthly_beat_keeps_its_day_or_takes_the_last_of_the_month() -> None:
    anchor = datetime(2026, 1, 31, 6, tzinfo=UTC)

    february = moved_on(anchor, "P1M", datetime(2026, 2, 10, tzinfo=UTC))
    march = moved_on(anchor, "P1M", datetime(2026, 2, 28, 12, tzinfo=UTC))

    assert february == datetime(2026, 2, 28, 6, tzinfo=UTC)
    assert march == datetime(2026, 3, 31, 6, tzinfo=UTC)
    assert one_earlier(march, "P1M") == february
    assert not on_beat(march.replace(day=3), anchor, "P1M", march)


@pytest.mark.parametrize("day", [1, 15, 28, 29, 30, 31])
@pytest.mark.parametrize("off", [-TOLERANCE, timedelta(seconds=-20), TOLERANCE])
def test_a_monthly_beat_at_midnight_may_be_off_by_a_minute_as_others(
    day: int, off: timedelta
) -> None:
    anchor = datetime(2026, 1, day, tzinfo=UTC)

    for month in range(2, 13):
        now = datetime(2026, month, 1, tzinfo=UTC) - 2 * TOLERANCE
        beat = moved_on(anchor, "P1M", now)

        assert on_beat(beat + off, anchor, "P1M", now)
        assert not on_beat(beat + 2 * off, anchor, "P1M", now) or abs(off) < TOLERANCE
        assert not on_beat(beat - timedelta(days=5), anchor, "P1M", now)


@pytest.mark.parametrize("period", ["P1M", "P1D"])
def test_the_beat_of_this_very_moment_is_over(period: str) -> None:
    anchor, now = (datetime(2026, month, 15, tzinfo=UTC) for month in (11, 12))

    assert one_earlier(moved_on(anchor, period, now), period) == now

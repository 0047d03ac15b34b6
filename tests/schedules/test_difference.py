"""The law of desired state: what was made as wanted differs in nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spreports as spr
from spreports.api.enums import Period
from spreports.api.marketplaces import resolve
from spreports.api.models import ReportSchedule, ReportScheduleId
from spreports.catalog import default_catalogue
from spreports.plan.windows import Window
from spreports.schedules.changes import ScheduleChange
from spreports.schedules.difference import difference
from spreports.schedules.wanted import Wanted, looked_up
from spreports.simulator.lifecycle import PERIODS

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
TYPES = ("END_USER_DATA_REPORT", "GET_XML_BROWSE_TREE_DATA", "GET_NEW_DATA")
TIMES = st.none() | st.integers(-4000, 4000).map(
    lambda minutes: NOW + timedelta(minutes=minutes)
)
SCHEDULES = st.builds(
    spr.Schedule,
    st.sampled_from(TYPES),
    marketplaces=st.lists(st.sampled_from(["DE", "FR", "IT"]), min_size=1, unique=True),
    period=st.sampled_from([p for p in Period if p != Period.P1M]),
    options=st.sampled_from([{}, {"a": "1"}, {"a": "2", "b": "1"}]),
    next_report_creation_time=TIMES,
)
WANTED = st.lists(
    SCHEDULES,
    max_size=5,
    unique_by=lambda s: (s.report_type, frozenset(s.marketplaces)),
)


def wanted_of(schedules: Sequence[spr.Schedule]) -> tuple[Wanted, ...]:
    return looked_up(schedules, default_catalogue(), strict=False)


def carried_out(
    changes: Sequence[ScheduleChange], found: Sequence[ReportSchedule], name: str
) -> list[ReportSchedule]:
    """Do to a list what Amazon would do."""
    gone = {i for change in changes for i in change.replaces}
    gone |= {str(c.report_schedule_id) for c in changes if c.action == "cancel"}
    made = [
        ReportSchedule(
            report_schedule_id=ReportScheduleId(f"{name}{number}"),
            report_type=change.report_type,
            period=change.period,
            marketplace_ids=tuple(sorted(change.marketplace_ids)),
            report_options=change.options or None,
            next_report_creation_time=change.next_report_creation_time
            or NOW + PERIODS[change.period],
        )
        for number, change in enumerate(changes)
        if change.action in {"create", "replace"}
    ]
    return [s for s in found if s.report_schedule_id not in gone] + made


@given(WANTED, WANTED, st.booleans())
def test_what_was_carried_out_is_kept_the_second_time(
    before: list[spr.Schedule], after: list[spr.Schedule], tidy: bool
) -> None:
    cancelled = TYPES if tidy else ()
    first = difference(wanted_of(before), [], now=NOW)
    found = carried_out(first, [], "old")

    changes = difference(wanted_of(after), found, now=NOW, cancelled_types=cancelled)
    found = carried_out(changes, found, "new")
    again = difference(wanted_of(after), found, now=NOW, cancelled_types=cancelled)

    assert [c.action for c in first] == ["create"] * len(before)
    assert [c.action for c in again] == ["keep"] * len(after)
    if tidy:
        assert len(found) == len(after)


@given(WANTED, WANTED)
def test_nothing_is_cancelled_unless_a_word_says_so(
    before: list[spr.Schedule], after: list[spr.Schedule]
) -> None:
    found = carried_out(difference(wanted_of(before), [], now=NOW), [], "old")

    changes = difference(wanted_of(after), found, now=NOW)

    assert not [c for c in changes if c.action == "cancel"]
    places = {(w.report_type, frozenset(w.marketplace_ids)) for w in wanted_of(after)}
    for schedule in found:
        touched = any(schedule.report_schedule_id in c.replaces for c in changes)
        place = schedule.report_type, frozenset(schedule.marketplace_ids)
        assert place in places or not touched


def found(**changed: object) -> ReportSchedule:
    said: dict[str, object] = {
        "report_schedule_id": "S1",
        "report_type": TYPES[0],
        "period": "P7D",
        "marketplace_ids": (resolve("DE").id,),
        "next_report_creation_time": NOW + timedelta(days=4),
    }
    return ReportSchedule(**{**said, **changed})  # type: ignore[arg-type] # by keyword


def test_the_interval_that_no_report_will_cover_is_told() -> None:
    # Every seven days, last made three days ago; the daily one covers from today on.
    (wanted,) = wanted_of([spr.Schedule(TYPES[0], marketplaces=["DE"], period="P1D")])

    (change,) = difference([wanted], [found()], now=NOW)

    assert change.action == "replace"
    assert change.uncovered == Window(NOW - timedelta(days=3), NOW)
    assert change.why.startswith("period P7D becomes P1D; its reports hold whole")


def test_a_first_report_that_reaches_back_leaves_nothing_uncovered() -> None:
    schedule = spr.Schedule(
        TYPES[0],
        marketplaces=["DE"],
        period="P14D",
        next_report_creation_time=NOW + timedelta(days=1),
    )

    (change,) = difference(wanted_of([schedule]), [found()], now=NOW)

    assert (change.action, change.uncovered) == ("replace", None)
    assert change.doubled == Window(NOW - timedelta(days=13), NOW - timedelta(days=3))


def test_a_schedule_that_has_made_no_report_yet_leaves_none_that_is_doubled() -> None:
    (wanted,) = wanted_of([spr.Schedule(TYPES[0], marketplaces=["DE"], period="P1D")])
    to_begin = found(next_report_creation_time=NOW + timedelta(days=20))

    (change,) = difference([wanted], [to_begin], now=NOW)

    assert (change.uncovered, change.doubled) == (None, None)


SHIPPING = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
SHIPPING_XML = "GET_ORDER_REPORT_DATA_SHIPPING"


@pytest.mark.parametrize(
    ("report_type", "marketplaces"),
    [(SHIPPING, ["DE", "FR"]), (SHIPPING_XML, ["DE"])],
)
def test_what_no_report_will_cover_is_told_of_a_rival_that_is_cancelled(
    report_type: str, marketplaces: list[str]
) -> None:
    schedule = spr.Schedule(report_type, marketplaces=marketplaces, period="P1D")
    rival = found(report_type=SHIPPING, period="P7D")

    (change,) = difference(wanted_of([schedule]), [rival], now=NOW)

    assert change.replaces == ("S1",)
    assert change.uncovered == Window(NOW - timedelta(days=3), NOW)
    assert change.why == f"cancels {SHIPPING}: only one of a kind"


def test_marketplaces_that_only_the_rival_had_are_named() -> None:
    schedule = spr.Schedule(SHIPPING_XML, marketplaces=["DE"], period="P1D")
    ids = tuple(resolve(code).id for code in ("DE", "FR", "IT"))
    rival = found(report_type=SHIPPING, marketplace_ids=ids)

    (change,) = difference(wanted_of([schedule]), [rival], now=NOW)

    assert change.why.endswith("only one of a kind (FR, IT then in none)")


def test_a_rival_that_amazon_cancels_by_itself_is_not_cancelled_once_more() -> None:
    schedule = spr.Schedule(SHIPPING_XML, marketplaces=["DE"], period="P1D")
    rival = found(report_type=SHIPPING)

    changes = difference(
        wanted_of([schedule]), [rival], now=NOW, cancelled_types={SHIPPING}
    )

    assert [(c.action, c.replaces) for c in changes] == [("replace", ("S1",))]


@pytest.mark.parametrize("order", [1, -1])
def test_of_several_that_go_the_marketplace_that_ends_first_begins_the_gap(
    order: int,
) -> None:
    schedule = spr.Schedule(SHIPPING, marketplaces=["DE", "FR"], period="P1D")
    places = (
        ("S1", "DE", timedelta(days=4)),
        ("S2", "FR", timedelta(days=2)),
        ("S3", "FR", timedelta(days=3)),
    )
    rivals = [
        found(
            report_schedule_id=name,
            report_type=SHIPPING,
            marketplace_ids=(resolve(code).id,),
            next_report_creation_time=NOW + ahead,
        )
        for name, code, ahead in places
    ]

    (change,) = difference(wanted_of([schedule]), rivals[::order], now=NOW)

    assert change.uncovered == Window(NOW - timedelta(days=4), NOW)


def test_a_period_that_amazon_has_added_since_is_replaced_without_a_word_of_gaps() -> (
    None
):
    (wanted,) = wanted_of([spr.Schedule(TYPES[0], marketplaces=["DE"], period="P1D")])

    (change,) = difference([wanted], [found(period="P1Y")], now=NOW)

    assert (change.action, change.uncovered) == ("replace", None)


def test_a_time_that_amazon_leaves_out_is_taken_for_the_one_that_is_wanted() -> None:
    schedule = spr.Schedule(
        TYPES[0],
        marketplaces=["DE"],
        period="P7D",
        next_report_creation_time=NOW + timedelta(days=1),
    )
    unsaid = found(next_report_creation_time=None)

    (change,) = difference(wanted_of([schedule]), [unsaid], now=NOW)

    assert change.action == "keep"


def test_marketplaces_that_amazon_leaves_out_are_taken_for_the_same() -> None:
    (wanted,) = wanted_of([spr.Schedule(TYPES[0], marketplaces=["DE"], period="P7D")])

    (change,) = difference([wanted], [found(marketplace_ids=())], now=NOW)

    assert change.action == "keep"


@pytest.mark.parametrize(
    ("period", "at", "twice"),
    [
        ("P1D", "2026-11-02T00:00:00Z", False),
        # Amazon's moment may lie a little before
        ("P1D", "2026-11-01T23:59:30Z", False),
        ("P1M", "2026-11-15T00:00:00Z", False),
        ("P1D", "2026-11-02T06:00:00Z", True),
        ("PT4H", "2026-11-02T00:00:00Z", True),
        ("PT84H", "2026-11-02T00:00:00Z", True),
        # The first interval begins now, at noon
        ("P1D", None, True),
    ],
)
def test_a_beat_that_has_whole_days_in_several_reports_is_told_in_each_plan(
    period: str, at: str | None, *, twice: bool
) -> None:
    schedule = spr.Schedule(
        TYPES[0], marketplaces=["DE"], period=period, next_report_creation_time=at
    )
    first = difference(wanted_of([schedule]), [], now=NOW)

    again = difference(wanted_of([schedule]), carried_out(first, [], "S"), now=NOW)

    told = [("a day would be in several" in change.why) for change in (*first, *again)]
    assert told == [twice, twice]
    assert [change.action for change in again] == ["keep"]
    assert (
        "made at midnight UTC (next_report_creation_time)" in first[0].why or not twice
    )


def test_rows_are_twice_up_to_the_last_report_of_a_marketplace_that_is_wanted() -> None:
    schedule = spr.Schedule(
        SHIPPING,
        marketplaces=["DE", "FR"],
        period="P14D",
        next_report_creation_time=NOW + timedelta(days=1),
    )
    rivals = [
        found(
            report_schedule_id=code,
            report_type=SHIPPING,
            marketplace_ids=(resolve(code).id,),
            next_report_creation_time=NOW + timedelta(days=ahead),
        )
        for code, ahead in (("FR", 5), ("DE", 4), ("IT", 6))
    ]

    (change,) = difference(wanted_of([schedule]), rivals, now=NOW)

    assert change.doubled == Window(NOW - timedelta(days=13), NOW - timedelta(days=2))


@pytest.mark.parametrize("seconds", [-60, 60])
def test_what_amazons_moment_is_off_by_is_neither_uncovered_nor_twice(
    seconds: int,
) -> None:
    begins = NOW - timedelta(hours=12)
    schedule = spr.Schedule(
        TYPES[0],
        marketplaces=["DE"],
        period="P1D",
        next_report_creation_time=begins + timedelta(days=1),
    )
    old = found(next_report_creation_time=begins + timedelta(days=7, seconds=seconds))

    (change,) = difference(wanted_of([schedule]), [old], now=NOW)

    assert (change.action, change.uncovered, change.doubled) == ("replace", None, None)


def test_what_no_report_will_cover_is_told_where_amazon_leaves_marketplaces_out() -> (
    None
):
    (wanted,) = wanted_of([spr.Schedule(TYPES[0], marketplaces=["DE"], period="P1D")])

    (change,) = difference([wanted], [found(marketplace_ids=())], now=NOW)

    assert change.uncovered == Window(NOW - timedelta(days=3), NOW)


def test_of_a_type_without_dates_no_time_is_uncovered() -> None:
    (wanted,) = wanted_of(
        [spr.Schedule("vendor_forecast", marketplaces=["DE"], period="P1D")]
    )

    (change,) = difference([wanted], [found(report_type=wanted.report_type)], now=NOW)

    assert (change.action, change.uncovered, change.doubled) == ("replace", None, None)


def test_a_schedule_that_is_cancelled_is_told_of_no_other() -> None:
    (wanted,) = wanted_of([spr.Schedule(TYPES[0], marketplaces=["DE"], period="P7D")])
    places = tuple(resolve(code).id for code in ("DE", "FR"))
    both = [found(), found(report_schedule_id="S2", marketplace_ids=places)]

    changes = difference([wanted], both, now=NOW, cancelled_types=TYPES)

    assert [(c.action, c.why) for c in changes[1:]] == [("cancel", "not wanted")]

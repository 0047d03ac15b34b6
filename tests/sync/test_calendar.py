"""Windows: each day in exactly one of them, and once cut they stay as they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spreports as spr
from spreports.catalog.periods import next_period
from spreports.ledger import LakeWindow, TableRows, WindowState
from spreports.sync.calendar import MAX_TRIES, passed, plan_dated
from spreports.sync.days import plan_snapshot
from spreports.sync.feed import days_of
from spreports.sync.stream import Kind, Stream, kind_of

FIRST = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def stream(
    report_type: str = "orders",
    *,
    since: datetime = FIRST,
    lookback: int = 3,
    options: dict[str, str] | None = None,
    **facts: int,
) -> Stream:
    entry = replace(spr.report_type(report_type), **facts)  # type: ignore[arg-type] # numbers by name
    return Stream(
        entry=entry,
        kind=kind_of(entry, options or {}, says_dates=True),
        account="account",
        marketplace_ids=("A1PA6795UKMFR9",),
        options=options or {},
        since=since,
        lookback_days=lookback,
    )


def committed(windows: Iterable[LakeWindow], now: datetime) -> list[LakeWindow]:
    return [replace(w, state=WindowState.COMMITTED, created_time=now) for w in windows]


def spans(windows: Iterable[LakeWindow]) -> list[tuple[datetime, datetime]]:
    return sorted((w.start, w.end) for w in windows if w.start and w.end)


@given(
    lookback=st.integers(0, 9),
    longest=st.integers(1, 40),
    nights=st.lists(st.integers(1, 12), min_size=1, max_size=8),
    backfill=st.integers(0, 70),
)
def test_each_day_is_in_one_window_that_no_night_cuts_anew(
    lookback: int, longest: int, nights: list[int], backfill: int
) -> None:
    feed = stream(lookback=lookback, max_window_days=longest)
    now = FIRST + backfill * DAY + timedelta(hours=4)
    known: dict[str, LakeWindow] = {}
    for days in nights:
        now += days * DAY
        work = plan_dated(feed, tuple(known.values()), now)
        before = dict(known)
        for due in work.due:
            assert due.span is not None
            assert due.span.end - due.span.start <= longest * DAY
            assert (due.reason == "new") == (due.window.name not in before)
        known |= {w.name: w for w in committed((d.window for d in work.due), now)}

        held = spans(known.values())
        assert held[0][0] == FIRST
        assert held[-1][1] == now.replace(hour=0)
        assert all(a[1] == b[0] for a, b in pairwise(held))
        assert set(before) <= set(known)
        # Run again at once, nothing is due
        assert plan_dated(feed, tuple(known.values()), now).due == ()

    # Every window has a version that was made after its rows had settled
    now += (lookback + 1) * DAY
    last = plan_dated(feed, tuple(known.values()), now)
    known |= {w.name: w for w in committed((d.window for d in last.due), now)}
    for window in known.values():
        assert window.end is not None
        assert window.created_time is not None
        young = window.end + lookback * DAY > now
        assert young or window.created_time >= window.end + lookback * DAY


def test_days_that_are_restated_are_windows_of_their_own_and_older_ones_are_long() -> (
    None
):
    now = FIRST + timedelta(days=100, hours=4)

    work = plan_dated(stream(lookback=7), (), now)

    lengths = [(d.span.end - d.span.start).days for d in work.due if d.span]
    assert lengths == [1] * 7 + [3, 30, 30, 30]


def test_a_feed_of_weeks_has_windows_of_weeks_from_sunday_on() -> None:
    feed = stream(
        "search_terms", lookback=0, options={"reportPeriod": "WEEK"}, hold_back_days=2
    )

    work = plan_dated(feed, (), datetime(2026, 3, 23, 4, tzinfo=UTC))

    # The week that ended on Sunday the 22nd at midnight is held back for two days
    assert spans(d.window for d in work.due) == [
        (datetime(2026, 3, n, tzinfo=UTC), datetime(2026, 3, n + 7, tzinfo=UTC))
        for n in (1, 8)
    ]


@pytest.mark.parametrize("report_type", ["sales_and_traffic", "end_users"])
@pytest.mark.parametrize("period", ["WEEK", "MONTH"])
def test_a_month_of_nights_holds_each_whole_period_once(
    report_type: str, period: str
) -> None:
    name = (spr.report_type(report_type).period or "").removeprefix("option:")
    feed = stream(report_type, lookback=7, options={name: period})
    known: dict[str, LakeWindow] = {}
    for night in range(20, 55):
        now = FIRST + night * DAY + timedelta(hours=3)
        work = plan_dated(feed, tuple(known.values()), now)
        known |= {w.name: w for w in committed((d.window for d in work.due), now)}

    held = spans(known.values())
    assert held[0][0] == FIRST
    assert held[-1][1] == (FIRST + 49 * DAY if period == "WEEK" else FIRST + 31 * DAY)
    assert all(a[1] == b[0] for a, b in pairwise(held))
    for start, end in held:
        assert next_period(start.date(), period) == end.date()


def test_a_feed_of_sales_and_traffic_by_day_is_cut_as_ever() -> None:
    now = FIRST + timedelta(days=20, hours=4)
    days = [(FIRST + n * DAY, FIRST + (n + 1) * DAY) for n in range(20)]

    for options in ({}, {"dateGranularity": "DAY"}):
        feed = stream("sales_and_traffic", lookback=7, options=options)
        assert spans(d.window for d in plan_dated(feed, (), now).due) == days

    longer = stream("sales_and_traffic", lookback=7, window_days=5)
    lengths = [
        (d.span.end - d.span.start).days
        for d in plan_dated(longer, (), now).due
        if d.span
    ]
    assert lengths == [1] * 7 + [3, 5, 5]


def test_days_of_a_feed_of_weeks_from_before_do_not_stand_for_their_weeks() -> None:
    feed = stream("sales_and_traffic", lookback=0, options={"dateGranularity": "WEEK"})
    now = FIRST + timedelta(days=15, hours=4)
    by_day = stream("sales_and_traffic", lookback=0)
    before = plan_dated(by_day, (), now).due
    known = committed((d.window for d in before), now)

    work = plan_dated(feed, known, now)

    assert spans(d.window for d in work.due) == [
        (FIRST, FIRST + 7 * DAY),
        (FIRST + 7 * DAY, FIRST + 14 * DAY),
    ]
    again = [*known, *committed((d.window for d in work.due), now)]
    assert plan_dated(feed, again, now).due == ()


def test_what_lies_before_the_history_is_lost_but_only_where_the_lake_lacks_it() -> (
    None
):
    feed = stream(lookback=1, history_days=10)
    now = FIRST + timedelta(days=20, hours=4)
    first = plan_dated(feed, (), now)
    known = [*first.gaps, *committed((d.window for d in first.due), now)]

    later = plan_dated(feed, known, now + 5 * DAY)

    assert spans(first.gaps) == [(FIRST, FIRST + 10 * DAY)]
    assert later.gaps == ()
    assert min(spans(d.window for d in later.due))[0] == FIRST + 19 * DAY


@settings(max_examples=40)
@given(lost=st.sets(st.integers(1, 39), min_size=1), since=st.integers(0, 30))
def test_days_that_nobody_knows_of_are_asked_for_or_named(
    lost: set[int], since: int
) -> None:
    now = FIRST + timedelta(days=40, hours=4)
    days = plan_dated(stream(lookback=40), (), now).due
    by_day = sorted((due.window for due in days), key=lambda window: window.name)
    there = committed((w for n, w in enumerate(by_day) if n not in lost), now)
    feed = replace(stream(since=now - since * DAY, lookback=0), rolls=True)

    # By a store that was lost: the lake has windows with rows alone
    asked = [due.window for due in plan_dated(feed, there, now).due]
    named = [(span.start, span.end) for span in passed(feed, there, now)]

    held = sorted([*spans([*there, *asked]), *named])
    assert (held[0][0], held[-1][1]) == (FIRST, now.replace(hour=0))
    assert all(a[1] == b[0] for a, b in pairwise(held))
    # What has been purged is named no more, nor what a store knows to be empty
    assert not list(passed(feed, there, now, purged=now.replace(hour=0)))
    assert not list(passed(feed, committed(by_day, now), now))


def test_days_that_amazon_has_no_more_are_not_named() -> None:
    now = FIRST + timedelta(days=40, hours=4)
    days = plan_dated(stream(lookback=40), (), now).due
    there = committed([days[0].window, days[-1].window], now)
    feed = replace(stream(since=now - DAY, history_days=10), rolls=True)

    (named,) = passed(feed, there, now)

    assert (named.start, named.end) == (FIRST + 30 * DAY, FIRST + 39 * DAY)


def test_a_since_that_names_a_day_hides_what_lies_before() -> None:
    now = FIRST + timedelta(days=40, hours=4)
    days = plan_dated(stream(lookback=40), (), now).due
    there = committed([days[0].window, days[-1].window], now)

    assert not list(passed(stream(since=now - DAY), there, now))


def test_orders_of_japan_before_the_history_of_others_are_asked_for() -> None:
    feed = replace(stream(history_days=10), marketplace_ids=("A1VC38T7YXB528",))
    now = FIRST + timedelta(days=20, hours=4)

    work = plan_dated(feed, (), now)

    assert work.gaps == ()
    assert min(spans(due.window for due in work.due))[0] == FIRST


def test_a_feed_of_weeks_asks_for_no_week_before_the_history_of_weeks() -> None:
    sunday = datetime(2026, 3, 1, tzinfo=UTC)
    feed = stream("vendor_margin", since=sunday, options={"reportPeriod": "WEEK"})
    now = sunday + timedelta(weeks=10, days=2, hours=4)

    work = plan_dated(feed, (), now)

    (lost,) = work.gaps
    assert (lost.start, lost.end) == (sunday, sunday + timedelta(weeks=2))
    assert "for 8 WEEKS back" in str(lost.error)
    due = spans(due.window for due in work.due)
    assert (due[0][0], due[-1][1]) == (lost.end, sunday + timedelta(weeks=9))


def test_a_window_that_failed_too_long_is_lost_with_its_history() -> None:
    feed = stream(lookback=1, history_days=10)
    now = FIRST + timedelta(days=5, hours=4)
    first = plan_dated(feed, (), now)
    failed = [replace(d.window, state=WindowState.FAILED, tries=1) for d in first.due]

    later = plan_dated(feed, failed, now + 7 * DAY)

    (lost,) = later.gaps
    assert (lost.start, lost.state) == (FIRST, WindowState.GAP)
    assert MAX_TRIES > 1


def test_a_type_with_a_long_cool_down_is_asked_for_when_new_and_when_settled() -> None:
    feed = stream(lookback=3, cooldown_seconds=4 * 3600)
    now = FIRST + timedelta(days=1, hours=4)
    known = committed((d.window for d in plan_dated(feed, (), now).due), now)
    asked = []
    for night in range(1, 6):
        due = plan_dated(feed, known, now + night * DAY).due
        asked.append(sum(d.window.start == FIRST for d in due))

    # The first day is settled once three more are over
    assert asked == [0, 0, 1, 1, 1]


def test_new_days_of_a_type_with_a_long_cool_down_stand_together_and_come_first() -> (
    None
):
    feed = stream(lookback=3, cooldown_seconds=4 * 3600, window_days=30)
    now = FIRST + timedelta(days=40, hours=4)
    windows = [due.window for due in plan_dated(feed, (), now).due]
    known = committed(windows, now)
    for night in (1, 2):
        known += committed(
            (
                due.window
                for due in plan_dated(feed, known, now + night * DAY).due
                if due.reason == "new"
            ),
            now + night * DAY,
        )

    later = plan_dated(feed, known, now + 6 * DAY).due

    assert spans(windows) == [
        (FIRST, FIRST + 30 * DAY),
        (FIRST + 30 * DAY, FIRST + 40 * DAY),
    ]
    assert [(due.reason, due.window.start) for due in later] == [
        ("new", FIRST + 42 * DAY),
        ("restated", FIRST + 30 * DAY),
        ("restated", FIRST + 40 * DAY),
        ("restated", FIRST + 41 * DAY),
    ]


def test_one_snapshot_a_day_and_none_within_the_cool_down() -> None:
    feed = stream("listings", cooldown_seconds=3 * 3600)
    evening = datetime(2026, 3, 1, 23, tzinfo=UTC)
    (due,) = plan_snapshot(feed, (), evening, (), 0).due
    known = committed([due.window], evening)

    assert due.window.name == "2026-03-01"
    assert plan_snapshot(feed, known, evening, (), 0).due == ()
    assert plan_snapshot(feed, known, evening + timedelta(hours=2), (), 0).due == ()
    (next_day,) = plan_snapshot(feed, known, evening + timedelta(hours=3), (), 0).due
    assert next_day.window.name == "2026-03-02"


def test_a_snapshot_is_due_where_the_run_may_wait_for_its_cool_down_today() -> None:
    feed = stream("referral_fee_preview", cooldown_seconds=86_400)
    now = datetime(2026, 3, 1, 3, 15, tzinfo=UTC)
    asked = [due.window for due in plan_snapshot(feed, (), now, (), 0).due]
    known = committed(asked, now + timedelta(seconds=20))

    def due(moment: datetime, patience: float) -> list[str]:
        work = plan_snapshot(feed, known, moment, (), patience)
        return [each.window.name for each in work.due]

    assert due(now + DAY, 3600) == ["2026-03-02"]
    assert due(now + DAY, 10) == []
    assert due(now + DAY - timedelta(minutes=29), 3600) == ["2026-03-02"]
    assert due(now + DAY - timedelta(minutes=31), 3600) == []
    known = committed(asked, now - timedelta(hours=3, minutes=15))  # until midnight
    assert due(now + DAY - timedelta(hours=4), 7 * 3600) == []


def test_a_snapshot_that_may_be_made_after_midnight_alone_is_left_to_the_next_day() -> (
    None
):
    feed = stream("referral_fee_preview", cooldown_seconds=86_400)
    today = datetime(2026, 3, 2, tzinfo=UTC)
    (first,) = plan_snapshot(feed, (), today - timedelta(hours=1), (), 0).due
    known = committed([first.window], today + timedelta(minutes=5))

    late = today + DAY - timedelta(minutes=10)
    assert plan_snapshot(feed, known, late, (), 3600).due == ()
    (due,) = plan_snapshot(feed, known, today + DAY, (), 3600).due
    assert due.window.name == "2026-03-03"


def test_a_window_that_ends_where_a_purge_does_is_not_brought_back() -> None:
    feed = stream(lookback=3, max_window_days=1)
    now = FIRST + timedelta(days=3, hours=4)
    windows = [due.window for due in plan_dated(feed, (), now).due]
    failed = [replace(window, state=WindowState.FAILED, tries=1) for window in windows]

    left = plan_dated(feed, failed, now, purged=FIRST + 2 * DAY).due

    assert [due.window.start for due in left] == [FIRST + 2 * DAY]


def test_a_snapshot_made_past_midnight_stands_for_no_second_night() -> None:
    feed = stream("listings")
    made = datetime(2026, 3, 2, 0, 0, 3, tzinfo=UTC)
    window = plan_snapshot(feed, (), made - timedelta(minutes=10), (), 0).due[0].window
    known = committed([window], made)

    assert plan_snapshot(feed, known, made + timedelta(hours=1), (), 0).due == ()
    (due,) = plan_snapshot(feed, known, made + timedelta(hours=23), (), 0).due
    assert due.window.name == "2026-03-02"


@pytest.mark.parametrize(
    ("kind", "all_day"),
    [(None, True), ("WaitTimeoutError", True), ("DownloadError", False)],
)
def test_a_report_of_today_serves_all_day_unless_it_could_not_be_read(
    kind: str | None, all_day: bool
) -> None:
    feed = stream("listings")
    now = datetime(2026, 3, 2, 5, tzinfo=UTC)
    window = plan_snapshot(feed, (), now, (), 0).due[0].window
    night = now.replace(hour=0, second=3)
    before = replace(committed([window], night)[0], name="2026-03-01")

    for known, since in (([], now.replace(hour=0)), ([before], night)):
        mine = replace(window, error_kind=kind)
        (due,) = plan_snapshot(feed, [*known, mine], now, (), 0).due
        assert due.newer_than is not None
        assert due.newer_than >= since
        assert (due.newer_than < now - timedelta(hours=1)) is all_day


def test_what_shows_yesterday_is_no_snapshot_of_today() -> None:
    feed = stream("referral_fee_preview", cooldown_seconds=86_400)
    now = datetime(2026, 3, 2, 3, 15, tzinfo=UTC)
    yesterday = now - DAY + timedelta(seconds=20)
    window = plan_snapshot(feed, (), yesterday, (), 0).due[0].window

    (after,) = plan_snapshot(feed, committed([window], yesterday), now, (), 60).due
    (beside,) = plan_snapshot(feed, [window], now, {window.name}, 60).due

    assert after.newer_than is not None
    assert beside.newer_than is not None
    assert yesterday < after.newer_than < now
    assert yesterday < beside.newer_than < now


def test_the_version_that_the_lake_has_is_not_taken_for_a_newer_one() -> None:
    now = FIRST + timedelta(days=1, hours=4)
    (window,) = committed((d.window for d in plan_dated(stream(), (), now).due), now)
    asked = replace(window, state=WindowState.ASKED)

    (due, _) = sorted(
        plan_dated(stream(), [asked], now + DAY).due, key=lambda d: d.window.name
    )

    assert due.reason == "resumed"
    assert due.newer_than is not None
    assert due.newer_than > now


@pytest.mark.parametrize(
    ("state", "tries", "is_lost"),
    [
        (WindowState.FAILED, 1, True),
        (WindowState.ASKED, 1, True),  # it failed, and then the network did
        (WindowState.ASKED, 0, False),
    ],
)
def test_a_snapshot_that_failed_is_lost_with_its_day_and_one_of_an_outage_is_none(
    state: WindowState, tries: int, *, is_lost: bool
) -> None:
    feed = stream("listings")
    asked = (
        plan_snapshot(feed, (), datetime(2026, 3, 1, 4, tzinfo=UTC), (), 0)
        .due[0]
        .window
    )
    before = replace(asked, state=state, tries=tries)

    work = plan_snapshot(feed, [before], datetime(2026, 3, 2, 4, tzinfo=UTC), (), 0)

    assert [w.name for w in work.gaps] == ["2026-03-01"] * is_lost
    assert [d.window.name for d in work.due] == ["2026-03-02"]


def test_a_snapshot_whose_report_is_known_is_not_lost_with_its_day() -> None:
    feed = stream("listings")
    asked = (
        plan_snapshot(feed, (), datetime(2026, 3, 1, 4, tzinfo=UTC), (), 0)
        .due[0]
        .window
    )

    work = plan_snapshot(
        feed, [asked], datetime(2026, 3, 2, 4, tzinfo=UTC), {"2026-03-01"}, 0
    )

    assert work.gaps == ()
    assert [d.window.name for d in work.due] == ["2026-03-02"]


@pytest.mark.parametrize(
    ("report_type", "says_dates", "kind"),
    [
        ("orders", False, Kind.DATED),
        ("sales_and_traffic", False, Kind.DATED),
        ("listings", False, Kind.SNAPSHOT),
        ("fba_inventory", False, Kind.SNAPSHOT),
        ("vendor_forecast", True, Kind.SNAPSHOT),
        ("fba_returns", False, Kind.DATED),
        ("feedback", False, Kind.SNAPSHOT),
        ("feedback", True, Kind.DATED),
        ("settlement", True, Kind.LISTED),
        ("orders_shipping_xml", False, Kind.LISTED),
    ],
)
def test_the_catalogue_says_where_windows_come_from(
    report_type: str, says_dates: bool, kind: Kind
) -> None:
    assert kind_of(spr.report_type(report_type), {}, says_dates=says_dates) == kind


def test_a_look_back_is_days() -> None:
    assert [days_of(v) for v in (0, "7d", "2w", timedelta(days=3))] == [0, 7, 14, 3]
    for wrong in (-1, "7", "7h", timedelta(hours=5), True):
        with pytest.raises(ValueError, match="lookback"):
            days_of(wrong)


def test_a_feed_is_a_value() -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since=date(2026, 1, 1))

    assert feed == spr.Feed("orders", marketplaces=("DE",), since=date(2026, 1, 1))
    assert feed.marketplaces == ("DE",)
    with pytest.raises(AttributeError):
        feed.since = None  # type: ignore[misc] # it is frozen


def test_a_settled_window_that_is_empty_by_one_report_is_asked_for_once_more() -> None:
    feed = stream(lookback=2)
    now = FIRST + timedelta(days=40, hours=4)
    known = committed((d.window for d in plan_dated(feed, (), now).due), now)
    oldest = known[-1]

    def due(tries: int, days: int) -> bool:
        window = replace(oldest, tries=tries)
        found = plan_dated(feed, [*known[:-1], window], now + timedelta(days=days)).due
        return any(each.window.name == oldest.name for each in found)

    # Not on the same day, and never again once it is confirmed or of an older ledger
    assert [due(1, 0), due(1, 1), due(2, 1), due(0, 1)] == [False, True, False, False]


def first_due(feed: Stream, now: datetime) -> LakeWindow:
    due = (each.window for each in plan_dated(feed, (), now).due)
    return next(window for window in due if window.start == FIRST)


def test_a_day_is_asked_for_as_long_as_the_history_begins_with_it() -> None:
    feed = stream(lookback=6, history_days=10)
    now = FIRST + timedelta(days=5, hours=4)
    failed = replace(first_due(feed, now), state=WindowState.FAILED, tries=1)
    nights = [plan_dated(feed, [failed], now + n * DAY) for n in range(12)]

    due = [failed.name in {each.window.name for each in work.due} for work in nights]
    lost = [failed.name in {gap.name for gap in work.gaps} for work in nights]

    assert due == [not each for each in lost]
    # On the eleventh of March, ten days of history begin with its first day
    assert due.index(False) == 6


def test_a_newer_version_that_failed_for_too_long_is_a_gap_whose_rows_stay() -> None:
    feed = stream(lookback=1, history_days=10)
    now = FIRST + timedelta(days=5, hours=4)
    had = replace(
        first_due(feed, now),
        state=WindowState.FAILED,
        tries=2,
        created_time=FIRST + DAY,
        tables={"rows": TableRows(3, ())},
    )

    later = plan_dated(feed, [had], now + 20 * DAY)

    (lost,) = (gap for gap in later.gaps if gap.name == had.name)
    assert "its 3 rows stay" in str(lost.error)


def test_a_window_that_no_sync_has_cut_is_not_asked_for_again() -> None:
    feed, now = stream(lookback=6), FIRST + timedelta(days=3, hours=4)
    own = committed((each.window for each in plan_dated(feed, (), now).due), now)
    hour = replace(own[0], end=FIRST + timedelta(hours=1), name="an hour")

    work = plan_dated(feed, [hour, *own[1:]], now + DAY)

    names = {due.window.name for due in work.due}
    assert own[1].name in names
    assert hour.name not in names

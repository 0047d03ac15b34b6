"""Requests checked against the catalogue before they cost quota."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.catalog import ReportType, check_request, lookup, period_windows
from spreports.catalog.periods import next_period, period_of, starts_period
from spreports.catalog.words import PERIODS

SUNDAY = date(2026, 10, 4)
WEEK = {"reportPeriod": "WEEK"}
VENDOR = {
    "reportPeriod": "DAY",
    "distributorView": "SOURCING",
    "sellingProgram": "RETAIL",
}


def test_a_sound_request_has_no_fault() -> None:
    terms, sales = lookup("search_terms"), lookup("vendor_sales")
    week = SUNDAY + timedelta(days=7)

    assert check_request(terms, start=SUNDAY, end=week, options=WEEK) == []
    assert check_request(sales, start=SUNDAY, end=week, options=VENDOR) == []
    assert check_request(lookup("orders"), start=date(2020, 1, 1), end=week) == []
    assert check_request(lookup("listings"), options={"custom": True}) == []
    forecast = lookup("vendor_forecast")
    assert check_request(forecast, options={"sellingProgram": "FRESH"}) == []


def test_dates_may_be_left_out_where_the_length_of_the_periods_may_be() -> None:
    traffic = lookup("sales_and_traffic")
    by_week = {"dateGranularity": "WEEK"}

    assert check_request(traffic) == []
    assert check_request(traffic, options=by_week) == []
    (said,) = check_request(traffic, start=SUNDAY, options=by_week)
    assert "needs start and end, bounds of whole periods of dateGranularity" in said


def test_periods_at_the_ends_of_the_calendar_are_refused_in_words() -> None:
    for day, period in ((date.min, "WEEK"), (date.max, "MONTH"), (date.max, "DAY")):
        with pytest.raises(ValueError, match="not wholly inside the years 1 to 9999"):
            next_period(day, period)


def test_a_type_that_nobody_knows_is_let_through() -> None:
    entry = lookup("GET_BRAND_NEW_REPORT")

    assert check_request(entry, options={"anything": "goes"}) == []


def test_an_unknown_option_is_named_with_a_near_one() -> None:
    (said,) = check_request(lookup("listings"), options={"Custom": "true"})

    assert "has no option 'Custom': did you mean 'custom'?" in said


def test_options_of_a_type_that_takes_none_are_refused() -> None:
    (said,) = check_request(lookup("orders"), options={"reportPeriod": "DAY"})

    assert "has no option 'reportPeriod': it has none" in said


def test_missing_required_options_are_named_with_their_values() -> None:
    said = check_request(lookup("vendor_sales"), start=SUNDAY, end=SUNDAY, options={})

    assert [s.split("needs the option ")[1] for s in said] == [
        "'reportPeriod': DAY, WEEK, MONTH, QUARTER, YEAR",
        "'distributorView': MANUFACTURING, SOURCING",
        "'sellingProgram': RETAIL, BUSINESS, FRESH",
    ]


def test_a_value_that_is_not_allowed_is_named_with_a_near_one() -> None:
    options = {**VENDOR, "sellingProgram": "Retail"}
    end = SUNDAY + timedelta(days=1)

    (said,) = check_request(
        lookup("vendor_sales"), start=SUNDAY, end=end, options=options
    )

    assert "'sellingProgram'" in said
    assert "cannot be 'Retail': did you mean 'RETAIL'?" in said


def test_a_period_that_is_not_allowed_is_no_reason_to_move_the_dates() -> None:
    (said,) = check_request(
        lookup("sales_and_traffic"),
        start=date(2026, 11, 27),
        end=date(2026, 11, 29),
        options={"dateGranularity": "YEAR"},
    )

    assert "cannot be 'YEAR': it is one of DAY, WEEK, MONTH" in said


def test_business_is_a_programme_of_sales_alone() -> None:
    options = {**VENDOR, "sellingProgram": "BUSINESS"}
    end = SUNDAY + timedelta(days=1)

    def faults(alias: str) -> list[str]:
        return check_request(lookup(alias), start=SUNDAY, end=end, options=options)

    assert faults("vendor_sales") == []
    assert (
        "cannot be 'BUSINESS': it is one of RETAIL, FRESH"
        in faults("vendor_inventory")[0]
    )


def test_several_values_may_stand_in_one_where_the_type_says_so() -> None:
    invoices = lookup("bulk_invoices")

    assert not check_request(invoices, options={"transactionTypes": "REFUND,SHIPMENT"})
    (said,) = check_request(invoices, options={"transactionTypes": "REFUND,SHIPMENTS"})
    assert "cannot be 'SHIPMENTS': did you mean 'SHIPMENT'" in said


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        (date(2026, 10, 5), date(2026, 10, 11), "start 2026-10-05 is not where a WEEK"),
        (date(2026, 10, 5), date(2026, 10, 11), "use 2026-10-04 or 2026-10-11"),
        (
            SUNDAY,
            date(2026, 10, 10),
            "(end is exclusive): use 2026-10-04 or 2026-10-11",
        ),
        (
            SUNDAY,
            date(2026, 10, 18),
            "at most 1 WEEK: from 2026-10-04 end at 2026-10-1",
        ),
        (SUNDAY, SUNDAY, "one WEEK ends at 2026-10-11"),
        (SUNDAY, None, "needs start and end, bounds of whole periods of reportPeriod"),
        (
            datetime(2026, 10, 4, 1, tzinfo=UTC),
            date(2026, 10, 11),
            "start 2026-10-04T01:00:00+00:00 is not where a WEEK",
        ),
    ],
)
def test_dates_that_are_no_bounds_of_a_week_are_told_with_the_fix(
    start: date, end: date | None, says: str
) -> None:
    said = check_request(lookup("search_terms"), start=start, end=end, options=WEEK)

    assert len(said) == 1
    assert says in said[0]


def test_midnights_count_as_days() -> None:
    start = datetime(2026, 10, 4, tzinfo=UTC)

    assert not check_request(
        lookup("search_terms"),
        start=start,
        end=start + timedelta(days=7),
        options=WEEK,
    )


@pytest.mark.parametrize(
    ("period", "good", "bad"),
    [
        ("MONTH", (date(2026, 2, 1), date(2026, 3, 1)), date(2026, 2, 28)),
        ("QUARTER", (date(2026, 4, 1), date(2026, 7, 1)), date(2026, 6, 1)),
        ("DAY", (date(2026, 2, 3), date(2026, 2, 4)), None),
    ],
)
def test_months_and_quarters_are_whole(
    period: str, good: tuple[date, date], bad: date | None
) -> None:
    terms, options = lookup("search_terms"), {"reportPeriod": period}

    assert check_request(terms, start=good[0], end=good[1], options=options) == []
    if bad is not None:
        (said,) = check_request(terms, start=good[0], end=bad, options=options)
        assert f"end {bad} is not where a {period}" in said


def test_periods_without_an_option_are_checked_as_well() -> None:
    epr = lookup("epr_quarterly")

    assert check_request(epr, start=date(2026, 1, 1), end=date(2026, 4, 1)) == []
    (said,) = check_request(epr, start=date(2026, 1, 1), end=date(2026, 3, 1))
    assert "not where a QUARTER" in said


def test_some_types_may_span_several_periods_and_margin_up_to_its_limit() -> None:
    weeks = SUNDAY + timedelta(weeks=7)
    margin, basket = lookup("vendor_margin"), lookup("market_basket")

    assert check_request(basket, start=SUNDAY, end=weeks, options=WEEK) == []
    assert check_request(margin, start=SUNDAY, end=weeks, options=WEEK) == []
    (said,) = check_request(
        margin, start=SUNDAY, end=weeks + timedelta(weeks=1), options=WEEK
    )
    assert "at most 7 WEEKS: from 2026-10-04 end at 2026-11-22" in said


def test_a_type_without_dates_refuses_them() -> None:
    (said,) = check_request(
        lookup("vendor_forecast"), start=SUNDAY, options={"sellingProgram": "RETAIL"}
    )

    assert "takes no dates" in said


@pytest.mark.parametrize("name", ["ledger", "ledger_detail"])
def test_the_ledgers_are_not_asked_for_without_dates(name: str) -> None:
    (said,) = check_request(lookup(name))
    assert "needs start and end" in said
    start, end = date(2026, 10, 1), date(2026, 10, 2)
    assert check_request(lookup(name), start=start, end=end) == []


def test_types_that_are_only_listed_or_scheduled_say_how_to_get_them() -> None:
    (listed,) = check_request(lookup("settlement"))
    (scheduled,) = check_request(lookup("orders_shipping_xml"))

    assert "cannot be requested" in listed
    assert "client.existing('settlement', since=...)" in listed
    assert "client.schedules.apply([Schedule('orders_shipping_xml', ...)])" in scheduled
    assert "client.schedules.harvest('orders_shipping_xml', since=...)" in scheduled


def test_a_period_that_is_not_out_yet_is_told_when_the_time_is_known() -> None:
    sales = lookup("vendor_sales")
    end = SUNDAY + timedelta(days=1)

    def faults(now: datetime | None) -> list[str]:
        return check_request(sales, start=SUNDAY, end=end, options=VENDOR, now=now)

    (said,) = faults(datetime(2026, 10, 7, 23, tzinfo=UTC))
    assert "from 2026-10-08 on" in said
    assert faults(datetime(2026, 10, 8, tzinfo=UTC)) == []
    assert faults(None) == []


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.sampled_from(PERIODS))
def test_periods_tile_the_calendar(day: date, period: str) -> None:
    first, after = starts_period(day, period), next_period(day, period)

    assert first <= day < after
    assert starts_period(after, period) == after
    assert starts_period(after - timedelta(days=1), period) == first
    assert period != "WEEK" or first.strftime("%a") == "Sun"


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 20))
def test_slices_join_to_the_window_and_each_passes_the_check(
    day: date, count: int
) -> None:
    margin, start = lookup("vendor_margin"), starts_period(day, "WEEK")
    end = start + timedelta(weeks=count)

    windows = period_windows(start, end, "WEEK", margin.max_periods["WEEK"])

    edges = [start, *(stop for _, stop in windows)]
    assert [first for first, _ in windows] == edges[:-1]
    assert edges[-1] == end
    for first, stop in windows:
        assert check_request(margin, start=first, end=stop, options=WEEK) == []


def test_slices_are_one_period_long_where_only_one_may_be_asked() -> None:
    end = SUNDAY + timedelta(weeks=3)

    windows = period_windows(SUNDAY, end, "WEEK", 1)

    assert windows == tuple(
        (SUNDAY + timedelta(weeks=i), SUNDAY + timedelta(weeks=i + 1)) for i in range(3)
    )
    assert period_windows(SUNDAY, end, "WEEK", None) == ((SUNDAY, end),)


def test_slices_of_broken_periods_are_refused() -> None:
    with pytest.raises(ValueError, match="2026-10-05 is not the first day of a WEEK"):
        period_windows(date(2026, 10, 5), date(2026, 10, 11), "WEEK", 1)
    with pytest.raises(ValueError, match="their midnights"):
        period_windows(datetime(2026, 10, 4, 1, tzinfo=UTC), SUNDAY, "WEEK", 1)
    with pytest.raises(ValueError, match="unknown period"):
        starts_period(SUNDAY, "DECADE")


def test_the_period_of_a_request_is_known_by_option_or_type() -> None:
    assert period_of(lookup("search_terms"), WEEK) == "WEEK"
    assert period_of(lookup("search_terms"), {"reportPeriod": "week"}) is None
    assert period_of(lookup("search_terms")) is None
    assert period_of(lookup("epr_annual")) == "YEAR"
    assert period_of(ReportType(report_type="X", period="none")) is None

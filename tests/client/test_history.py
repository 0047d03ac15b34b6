"""A window that is older than Amazon's history is refused before it costs a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import spreports as spr
from spreports.client import arguments
from spreports.simulator import Simulator
from tests.clocks import ManualClock

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
FIRST = "2024-11-30"  # 730 days before


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(clock=clock, rows=2) as running:
        yield running


@pytest.fixture
def client(simulator: Simulator) -> Iterator[spr.Client]:
    with simulator.client() as connected:
        yield connected


@pytest.mark.parametrize(
    ("start", "end"),
    [("2024-01-01", "2024-03-01"), ("2024-11-27", "2024-12-05"), ("800d", None)],
    ids=["wholly before", "partly before", "one slice of many"],
)
def test_a_window_before_the_history_is_refused_with_the_first_day_there_is(
    simulator: Simulator, client: spr.Client, start: str, end: str | None
) -> None:
    with pytest.raises(ValueError, match=f"goes back to {FIRST}") as refused:
        client.reports("orders", start=start, end=end, marketplaces=["DE"])

    assert f"give start={FIRST} or later" in str(refused.value)
    assert "strict=False" in str(refused.value)
    assert simulator.requests == []


def test_a_start_before_amazon_is_refused_and_not_cut_into_windows(
    client: spr.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[object] = []
    monkeypatch.setattr(arguments, "report_windows", lambda *span: cut.append(span))

    with pytest.raises(ValueError, match="start=0001-01-01 is before 1995"):
        client.reports(
            "vendor_real_time_inventory", start=date(1, 1, 1), marketplaces=["DE"]
        )

    assert cut == []


# Two years may have 731 days
@pytest.mark.parametrize("start", [FIRST, "730d", "731d"])
def test_the_first_day_of_the_history_can_be_asked_for(
    client: spr.Client, start: str
) -> None:
    assert len(client.reports("orders", start=start, marketplaces=["DE"])) == 25


def test_the_first_day_of_the_history_is_where_a_period_begins(
    client: spr.Client,
) -> None:
    months = {"dateGranularity": "MONTH", "asinGranularity": "SKU"}

    with pytest.raises(ValueError, match="give start=2024-12-01 or later"):
        client.reports(
            "sales_and_traffic",
            start="2024-11-01",
            end="2026-01-01",
            marketplaces=["DE"],
            options=months,
        )


@pytest.mark.parametrize(
    ("period", "first", "before"),
    [
        ("DAY", "2022-12-01", "2022-11-28"),
        ("WEEK", "2026-10-04", "2026-09-27"),
        ("MONTH", "2023-11-01", "2023-10-01"),
        ("QUARTER", "2024-10-01", "2024-07-01"),
        ("YEAR", "2023-01-01", "2022-01-01"),
    ],
)
def test_margins_have_a_history_of_their_own_for_each_period(
    client: spr.Client, period: str, first: str, before: str
) -> None:
    def asked(start: str) -> spr.Reports:
        return client.reports(
            "vendor_margin",
            start=start,
            end={"YEAR": "2026-01-01", "WEEK": "2026-11-01"}.get(period, "2026-10-01"),
            marketplaces=["DE"],
            options={"reportPeriod": period},
        )

    assert asked(first)
    with pytest.raises(ValueError, match=f"goes back to {first}"):
        asked(before)


def test_orders_of_japan_have_a_longer_history(client: spr.Client) -> None:
    assert client.reports("orders", start="2016-01-01", marketplaces=["JP"])
    with pytest.raises(ValueError, match="goes back to 2016-01-01"):
        client.reports("orders", start="2015-06-01", marketplaces=["JP"])


def test_a_window_before_the_history_is_asked_for_where_the_user_insists(
    client: spr.Client,
) -> None:
    old = ("2024-01-01", "2024-01-03")

    assert client.reports(
        "orders", start=old[0], end=old[1], marketplaces=["DE"], strict=False
    )


def test_a_history_that_is_only_reported_refuses_nothing(client: spr.Client) -> None:
    known = spr.report_type("reimbursements")
    assert known.history_reported
    assert client.reports(known, start="2020-01-01", marketplaces=["DE"])

    documented = replace(known, history_reported=False)
    with pytest.raises(ValueError, match="goes back to 2025-05-31"):
        client.reports(documented, start="2020-01-01", marketplaces=["DE"])


def test_what_was_loaded_once_is_read_again_when_it_has_become_too_old(
    clock: ManualClock, simulator: Simulator, tmp_path: Path
) -> None:
    def asked(of: spr.Client, *, reuse: bool = True) -> spr.Reports:
        return of.reports(
            "orders", start=FIRST, end="2024-12-05", marketplaces=["DE"], reuse=reuse
        )

    with simulator.client(home=tmp_path) as client:
        loaded = asked(client).read()
        clock.advance(timedelta(days=3).total_seconds())

        assert asked(client).read().equals(loaded)
        made = [r for r in simulator.requests if r.operation == "createReport"]
        assert len(made) == 1
        with pytest.raises(ValueError, match="goes back to 2024-12-03"):
            asked(client, reuse=False)

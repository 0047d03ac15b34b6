"""client.reports describes: it checks and slices, and asks nobody."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

import spreports as spr
from spreports.simulator import Simulator
from tests.clocks import ManualClock


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(speed=600.0) as running:
        yield running


@pytest.fixture
def client(simulator: Simulator) -> Iterator[spr.Client]:
    with simulator.client() as connected:
        yield connected


def test_describing_asks_nobody(simulator: Simulator, client: spr.Client) -> None:
    reports = client.reports("orders", start="90d", marketplaces=["DE", "FR"])
    plan = reports.plan()

    assert len(reports) == 3
    assert len(plan.windows) == 3
    assert plan.bottleneck == "getReportDocument"
    assert simulator.requests == []


def test_one_report_covers_all_marketplaces_unless_asked_otherwise(
    client: spr.Client,
) -> None:
    together = client.reports("orders", start="30d", marketplaces=["DE", "FR"])
    apart = client.reports(
        "orders", start="30d", marketplaces=["DE", "FR"], per_marketplace=True
    )

    assert len(together) == 1
    assert len(apart) == 2


def test_a_report_without_dates_is_one(client: spr.Client) -> None:
    assert len(client.reports("listings", marketplaces=["US"])) == 1


def test_a_week_of_search_terms_is_asked_for_by_its_last_day(
    simulator: Simulator, client: spr.Client
) -> None:
    reports = client.reports(
        "search_terms",
        start="2026-10-04",
        end="2026-10-18",
        marketplaces=["US"],
        options={"reportPeriod": "WEEK"},
    )

    spans = [(r.data_start_time, r.data_end_time) for r in reports._requests]
    assert spans == [
        (datetime(2026, 10, 4, tzinfo=UTC), datetime(2026, 10, 10, tzinfo=UTC)),
        (datetime(2026, 10, 11, tzinfo=UTC), datetime(2026, 10, 17, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"marketplaces": ["DE"], "start": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001 - the naive one is the point
        ({"marketplaces": ["DE"], "end": "2026-01-01"}, "needs start"),
        ({"marketplaces": ["DE", "US"], "start": "3d"}, "(?s)eu.*na|na.*eu"),
        ({"marketplaces": ["XX"], "start": "3d"}, "XX"),
        ({"marketplaces": [], "start": "3d"}, "marketplaces="),
        ({"marketplaces": None, "start": "3d"}, "marketplaces="),
        ({"marketplaces": "DE", "start": "3d"}, "marketplaces="),
        ({"marketplaces": ["DE"], "start": "3d", "options": {"a": True}}, '"true"'),
        (
            {"marketplaces": ["DE"], "start": "3d", "options": {"a": "b"}},
            "strict=False",
        ),
    ],
)
def test_a_mistake_is_said_before_quota_is_spent(
    simulator: Simulator, client: spr.Client, arguments: dict[str, object], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        client.reports("orders", **arguments)  # type: ignore[arg-type] # wrong on purpose

    assert simulator.requests == []


@pytest.mark.parametrize(
    ("report_type", "arguments", "says"),
    [
        ("orders", {"start": "0001-01-01T00:00:00+05:00"}, "years 1 to 9999"),
        ("orders", {"start": "1d", "end": "9999-12-31T23:59:59-05:00"}, "years 1 to"),
        ("orders", {"start": "99999999d"}, "years 1 to 9999"),
        ("sales_and_traffic", {"start": "20m"}, "2026-11-19; for it give start='1d'"),
        ("asin_page_views", {"start": "2026-01-05T10:00:00Z"}, "start=2026-01-05"),
        (
            "sales_and_traffic",
            {
                "start": "2026-11-04",
                "end": "2026-11-11",
                "options": {"dateGranularity": "WEEK"},
            },
            "use 2026-11-01 or 2026-11-08.*use 2026-11-08 or 2026-11-15",
        ),
        ("end_users", {"start": "2025-11-28"}, "use 2025-11-01 or 2025-12-01"),
        (
            "search_terms",
            {"start": "0001-01-01", "options": {"reportPeriod": "WEEK"}},
            "before 1995",
        ),
    ],
)
def test_a_window_that_amazon_would_read_otherwise_is_refused_at_once(
    report_type: str, arguments: dict[str, Any], says: str
) -> None:
    clock = ManualClock(datetime(2026, 11, 20, 0, 30, tzinfo=UTC))
    with (
        Simulator(clock=clock) as simulator,
        simulator.client() as client,
        pytest.raises(ValueError, match=says),
    ):
        client.reports(report_type, marketplaces=["DE"], **arguments)

    assert simulator.requests == []


def test_weeks_of_sales_and_traffic_are_asked_for_by_their_last_day(
    client: spr.Client,
) -> None:
    reports = client.reports(
        "sales_and_traffic",
        start="2026-10-04",
        end="2026-10-18",
        marketplaces=["DE"],
        options={"dateGranularity": "WEEK"},
    )

    (request,) = reports._requests
    assert request.data_start_time == datetime(2026, 10, 4, tzinfo=UTC)
    assert request.data_end_time == datetime(2026, 10, 17, tzinfo=UTC)


@pytest.mark.parametrize("since", ["2090-01-01", "9999-12-31T23:59:59-05:00"])
def test_reports_of_the_future_are_looked_for_nowhere(
    simulator: Simulator, client: spr.Client, since: str
) -> None:
    with pytest.raises(ValueError, match=r"since=.*(future|years 1 to 9999)"):
        client.existing("settlement", since=since)

    assert simulator.requests == []


def test_a_type_that_can_only_be_listed_says_so(client: spr.Client) -> None:
    with pytest.raises(ValueError, match=r"client\.existing"):
        client.reports("settlement", marketplaces=["DE"])


def test_a_mistyped_alias_gets_a_suggestion(client: spr.Client) -> None:
    with pytest.raises(ValueError, match="orders"):
        client.reports("ordes", marketplaces=["DE"])


def test_an_unknown_type_is_usable(client: spr.Client) -> None:
    reports = client.reports("GET_SOMETHING_NEW", marketplaces=["DE"])

    assert "GET_SOMETHING_NEW" in repr(reports)


def test_a_client_says_nothing_of_its_credentials(
    simulator: Simulator, client: spr.Client
) -> None:
    secrets = simulator.credentials

    for value in (secrets.refresh_token, secrets.client_secret):
        assert value not in repr(client)


def test_options_that_are_one_string_are_refused_in_words(client: spr.Client) -> None:
    with pytest.raises(ValueError, match=r"options='x' is one string"):
        client.reports("orders", marketplaces=["DE"], options="x")  # type: ignore[arg-type]  # on purpose


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_and_its_reports_say_that_they_are_not_copied(
    client: spr.Client, copied: Callable[[object], object]
) -> None:
    reports = client.reports("orders", start="3d", marketplaces=["DE"])

    for each in (client, client.api):
        with pytest.raises(TypeError, match="let each process connect by itself"):
            copied(each)
    if copied is not copy.copy:
        with pytest.raises(TypeError, match="let each process connect by itself"):
            copied(reports)


def test_an_entry_of_the_list_of_marketplaces_is_as_good_as_its_code(
    simulator: Simulator, client: spr.Client
) -> None:
    def told(place: str | spr.Marketplace) -> list[str]:
        places = (place,)
        feed = spr.Feed("orders", marketplaces=places, since="3d")
        wanted = spr.Schedule("sales_and_traffic", marketplaces=places, period="P1D")
        asked = client.reports("orders", start="3d", marketplaces=places)
        return [
            str([request.marketplace_ids for request in asked._requests]),
            str(client.sync(feed, "lake", dry_run=True).plan).partition("\n\n")[0],
            str(client.schedules.apply([wanted], dry_run=True)),
            str(client.schedules.harvest("orders", marketplaces=places)),
            str(client.existing("settlement", marketplaces=places)),
        ]

    assert told(spr.marketplace("DE")) == told("DE")

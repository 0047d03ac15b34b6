"""client.reports describes: it checks and slices, and asks nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

import spreports as spr
from spreports.simulator import Simulator


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

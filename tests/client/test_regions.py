"""What a client of one region cannot be asked for is told before anything is asked."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import spreports as spr
from spreports.simulator import Simulator

CREDENTIALS = spr.Credentials("refresh", "client", "secret")
NEWER = "AAAAAAAAAAAA99"  # a marketplace that Amazon has added since
Connect = Callable[[str | None], spr.Client]


def feed(place: str) -> spr.Feed:
    return spr.Feed("orders", marketplaces=[place], since="2d")


def plan(client: spr.Client, place: str) -> object:
    return client.reports("orders", start="2d", marketplaces=[place]).plan()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Clients of an Amazon that is not there."""
    clients: list[spr.Client] = []

    def connected(region: str | None) -> spr.Client:
        home = tmp_path / f"store{len(clients)}"
        clients.append(spr.connect(credentials=CREDENTIALS, home=home, region=region))
        return clients[-1]

    yield connected
    for client in clients:
        client.close()


def test_marketplaces_of_another_region_have_no_plan(connect: Connect) -> None:
    with pytest.raises(spr.ConfigError, match="orders: US belong to region 'na', but"):
        plan(connect("eu"), "US")

    undecided = connect(None)
    for place in ("US", "DE", NEWER):  # to plan decides nothing
        plan(undecided, place)
    plan(connect("eu"), NEWER)


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("region", ["eu", None])
def test_feeds_of_another_region_are_refused_before_anything_is_asked_for(
    connect: Connect,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    region: str | None,
    *,
    dry_run: bool,
) -> None:
    client, lake = connect(region), tmp_path / "lake"
    feeds = [feed("DE"), feed(NEWER), feed("US")]

    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(spr.ConfigError, match=r"^feed 3 \(orders\): US belong to") as no,
    ):
        client.sync(feeds, lake, dry_run=dry_run)

    by = "region=" if region else "the first marketplaces (DE)"
    assert f"this client serves 'eu', set by {by}: use a second client" in str(no.value)
    assert caplog.messages == []
    assert not lake.exists()


@pytest.mark.parametrize("dry_run", [True, False])
def test_schedules_of_another_region_are_refused_before_anything_is_asked_for(
    connect: Connect, *, dry_run: bool
) -> None:
    wanted = [  # the first is asked for once for each of its marketplaces
        spr.Schedule("sales_and_traffic", marketplaces=places, period="P1D")
        for places in (["DE", "FR"], [NEWER], ["US"])
    ]

    with pytest.raises(spr.ConfigError, match=r"^schedule 3 \(GET_.*\): US belong to"):
        connect("eu").schedules.apply(wanted, dry_run=dry_run)


def test_a_dry_run_decides_no_region(connect: Connect, tmp_path: Path) -> None:
    client = connect(None)

    for place in ("DE", "US", NEWER):
        client.sync(feed(place), tmp_path / "lake", dry_run=True)


def test_a_simulator_serves_every_region_but_not_in_one_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        Simulator(speed=2000.0, usage_plans=False, rows=20) as running,
        running.client() as client,
        caplog.at_level(logging.WARNING),
    ):
        for place in ("DE", "US"):
            plan(client, place)
            result = client.sync(feed(place), tmp_path / place)
            assert (result.failed, result.windows > 0) == ((), True)
        # Their reports would be listed in one call
        with pytest.raises(spr.ConfigError, match=r"feed 2 .*the first marketplaces"):
            client.sync([feed("DE"), feed("US")], tmp_path / "lake")

    assert caplog.messages == []

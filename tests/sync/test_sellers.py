"""What would give a lake its rows twice is told before: accounts, marketplaces."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

import spreports as spr
from spreports.simulator import Simulator, World
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import SETTLEMENT, day
from tests.sync.test_settlements import lay

FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-07", lookback=2)
SETTLED = spr.Feed("settlement", marketplaces=["DE"])


@contextmanager
def named(
    simulator: Simulator,
    home: Path,
    name: str | None,
    monkeypatch: pytest.MonkeyPatch,
    *,
    token: str | None = None,
) -> Iterator[spr.Client]:
    """A client of the simulator's seller under a name of its own."""
    own = simulator.credentials
    monkeypatch.setenv("SP_API_REFRESH_TOKEN", token or own.refresh_token)
    monkeypatch.setenv("LWA_CLIENT_ID", own.client_id)
    monkeypatch.setenv("LWA_CLIENT_SECRET", own.client_secret)
    monkeypatch.setenv("SPREPORTS_ENDPOINT", simulator.endpoint)
    monkeypatch.setenv("SPREPORTS_TOKEN_URL", simulator.token_url)
    monkeypatch.setenv("SPREPORTS_ACCOUNT", name or "")
    monkeypatch.setattr("spreports.client.client.SystemClock", lambda: simulator.clock)
    with spr.connect(home=home) as client:
        yield client


@pytest.mark.parametrize(
    ("feed", "how"), [(FEED, "parquet"), (FEED, "delta"), (SETTLED, "parquet")]
)
def test_a_seller_who_comes_back_under_another_name_is_told_the_old_one(
    simulator: Simulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    feed: spr.Feed,
    how: str,
) -> None:
    home, lake = tmp_path / "store", str(tmp_path / "lake")
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    with named(simulator, home, None, monkeypatch) as client:
        client.sync(feed, lake, format=how)
        old = repr(client).split("'")[1]

    with named(simulator, home, "anew", monkeypatch) as client:
        before = calls(simulator)
        assert client.sync(feed, lake, format=how, dry_run=True).rows == 0
        with pytest.raises(spr.SinkError, match=f"SPREPORTS_ACCOUNT={old}") as caught:
            client.sync(feed, lake, format=how)
        assert calls(simulator) == before
        assert "'anew', can read its report" in str(caught.value)
    with named(simulator, home, old, monkeypatch) as client:
        result = client.sync(feed, lake, format=how)
    assert (result.failed, result.gaps) == ((), ())


@pytest.mark.slow
@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_the_lake_tells_it_where_the_ledger_is_lost_as_well(
    simulator: Simulator,
    home: Path,
    lake: str,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    feeds = [
        FEED,
        spr.Feed("sales_and_traffic", marketplaces=["DE"], since="3d"),
        spr.Feed("listings", marketplaces=["DE"]),
        SETTLED,
    ]
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    with named(simulator, home, "shop", monkeypatch) as client:
        client.sync(feeds, lake, format=how)
    before = calls(simulator)["createReport"]
    for feed in feeds:
        with (
            named(simulator, home / "other", "anew", monkeypatch) as client,
            pytest.raises(spr.SinkError, match="SPREPORTS_ACCOUNT=shop"),
        ):
            client.sync(feed, lake, format=how)
    assert calls(simulator)["createReport"] == before
    with named(simulator, home / "third", "shop", monkeypatch) as client:
        assert client.sync(feeds, lake, format=how).rows == 0


@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_other_feeds_of_the_same_seller_and_other_lakes_are_nobodys_doubles(
    simulator: Simulator,
    home: Path,
    lake: str,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    french = spr.Feed("orders", marketplaces=["FR"], since="2026-11-07", lookback=2)
    with named(simulator, home, "shop", monkeypatch) as client:
        client.sync(FEED, lake, format=how)
    with named(simulator, home / "other", "anew", monkeypatch) as client:
        assert client.sync(french, lake, format=how).windows == 3
        assert client.sync(FEED, f"{lake}-another", format=how).windows == 3


@pytest.mark.slow
@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_another_seller_may_share_the_lake_and_hides_no_double(
    home: Path,
    lake: str,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    with Simulator(
        clock=clock, usage_plans=False, accounts=True, world=World(seed=1)
    ) as simulator:
        with named(simulator, home, "shop", monkeypatch) as client:
            client.sync(FEED, lake, format=how)
        other = home / "other"
        with named(simulator, other, "two", monkeypatch, token="other") as client:
            result = client.sync(FEED, lake, format=how)
            asked = [r for r in simulator.requests if r.operation == "getReport"]
            assert client.sync(FEED, lake, format=how).windows == 0
        again = [r for r in simulator.requests if r.operation == "getReport"]
        with (
            named(simulator, other, "anew", monkeypatch) as client,
            pytest.raises(spr.SinkError, match="SPREPORTS_ACCOUNT=shop"),
        ):
            client.sync(FEED, lake, format=how)

    assert result.windows == 3
    assert len(again) == len(asked)  # asked once, and never once it has its own
    if how == "parquet":
        accounts = {report.account for report in spr.Lake(lake).reports("orders")}
        assert accounts == {"shop", "two"}


@pytest.mark.slow
def test_a_report_of_the_same_id_and_another_time_is_of_another_seller(
    simulator: Simulator,
    home: Path,
    lake: str,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with named(simulator, home, "shop", monkeypatch) as client:
        assert client.sync(FEED, lake).windows == 3
    clock.advance(60)
    with Simulator(
        clock=clock, usage_plans=False, settlements=False, world=World(seed=2)
    ) as elsewhere:
        elsewhere._book._base = simulator._book._base
        ids = {
            elsewhere.place_report(SETTLEMENT, ["DE"], day(start), day(start + 4))
            for start in (1, 2, 3)
        }
        assert {report.report_id for report in spr.Lake(lake).reports()} == ids
        with named(elsewhere, home, "two", monkeypatch) as client:
            result = client.sync(FEED, lake)

    assert (result.windows, result.failed) == (3, ())


def test_a_settlement_of_the_same_number_is_another_sellers_own(
    simulator: Simulator,
    home: Path,
    lake: str,
    clock: ManualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Simulator(clock=clock, usage_plans=False, settlements=False) as elsewhere:
        for name, amazon in (("shop", simulator), ("two", elsewhere)):
            lay(amazon, "0071", ends="\n")
            with named(amazon, home, name, monkeypatch) as client:
                result = client.sync(SETTLED, lake)
                assert (result.rows, result.failed) == (3, ())

    accounts = {report.account for report in spr.Lake(lake).reports("settlement")}
    assert accounts == {"shop", "two"}


def test_a_feed_that_shares_a_marketplace_with_another_is_refused(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    both = spr.Feed("orders", marketplaces=["DE", "FR"], since="2026-11-07")
    french = spr.Feed("orders", marketplaces=["FR"], since="2026-11-07")
    with pytest.raises(spr.SinkError, match="would be there twice"):
        client.sync([FEED, both], lake)
    assert calls(simulator)["createReport"] == 0
    client.sync(FEED, lake)
    before = calls(simulator)

    with pytest.raises(spr.SinkError, match="A1PA6795UKMFR9 would be there twice"):
        client.sync(both, lake)
    assert calls(simulator) == before
    assert client.sync(french, lake).rows > 0
    with pytest.raises(spr.SinkError, match="would be there twice"):
        client.sync([FEED, both], lake)
    assert client.sync([FEED, french], lake).failed == ()


@pytest.mark.parametrize(
    ("report_type", "advice"),
    [
        ("fba_returns", "add one for the other marketplaces alone"),
        ("orders", "Keep that feed alone .* hold the whole region"),
    ],
)
def test_who_names_more_marketplaces_is_told_whether_they_want_a_feed_of_their_own(
    client: spr.Client, lake: str, report_type: str, advice: str
) -> None:
    feed = spr.Feed(report_type, marketplaces=["DE"], since="2d")
    client.sync(feed, lake)

    with pytest.raises(spr.SinkError, match=advice) as told:
        client.sync(replace(feed, marketplaces=["DE", "FR"]), lake)

    assert ("add one" in str(told.value)) == (report_type != "orders")


def test_what_amazon_makes_by_itself_shares_a_marketplace(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    more = spr.Feed("settlement", marketplaces=["DE", "FR"])

    client.sync([SETTLED], lake)

    assert client.sync([more], lake).failed == ()


@pytest.mark.parametrize("known_by", ["ledger", "lake", "call"])
def test_a_feed_with_other_options_is_refused_where_it_shares_a_marketplace(
    client: spr.Client, simulator: Simulator, lake: str, home: Path, known_by: str
) -> None:
    days = spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2d")
    weeks = spr.Feed(
        "sales_and_traffic",
        marketplaces=["DE", "FR"],
        since="14d",
        options={"dateGranularity": "WEEK"},
    )
    feeds = [days, weeks]
    if known_by != "call":
        client.sync(feeds.pop(0), lake)
    asked = calls(simulator)
    with simulator.client(home=home.with_name("other")) as other:
        whose = other if known_by == "lake" else client
        with pytest.raises(spr.SinkError, match="would be there twice") as no:
            whose.sync(feeds, lake)

    assert "a lake of its own" in str(no.value)
    told = '{"dateGranularity":"WEEK"}' if known_by == "call" else "without options"
    assert told in str(no.value)
    assert calls(simulator)["createReport"] == asked["createReport"]
    if known_by != "call":
        assert client.sync(days, lake).failed == ()


def test_feeds_with_other_options_that_a_lake_has_already_go_on(
    client: spr.Client, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2d")
    by_sku = spr.Feed(
        "sales_and_traffic",
        marketplaces=["DE"],
        since="2d",
        options={"asinGranularity": "SKU"},
    )
    with monkeypatch.context() as before:
        before.setattr("spreports.sync.book.insist_on_apart", lambda *_: None)
        assert client.sync([plain, by_sku], lake).windows == 4

    assert client.sync([plain, by_sku], lake).failed == ()

"""Which of a request's marketplaces a report holds: all, one, or the region."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import spreports as spr
from spreports.simulator import Simulator
from tests.clocks import ManualClock

LISTINGS = ["listings", "open_listings", "listings_active", "listings_inactive"]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    # By a clock that stands: a snapshot is shared for half an hour
    clock = ManualClock()
    with Simulator(clock=clock, usage_plans=False, rows=20) as running:
        yield running


@pytest.fixture
def client(simulator: Simulator, tmp_path: Path) -> Iterator[spr.Client]:
    with simulator.client(home=tmp_path / "store") as connected:
        yield connected


def rows(reports: spr.Reports) -> Counter[tuple[object, ...]]:
    return Counter(reports.read().rows())


@pytest.mark.parametrize("name", LISTINGS)
def test_a_report_that_holds_one_marketplace_is_asked_for_once_for_each(
    client: spr.Client, name: str
) -> None:
    both = client.reports(name, marketplaces=["DE", "FR"])

    assert both.plan().reports == 2
    apart = [client.reports(name, marketplaces=[one]) for one in ("DE", "FR")]
    assert rows(both) == rows(apart[0]) + rows(apart[1])
    frame = both.read(metadata=True)
    assert set(frame["marketplace"]) == {"DE", "FR"}


def test_a_feed_of_such_a_type_has_the_rows_of_every_marketplace(
    client: spr.Client, tmp_path: Path
) -> None:
    feed = spr.Feed("listings", marketplaces=["FR", "DE"])

    result = client.sync(feed, tmp_path / "lake")

    assert (result.created, result.windows, result.failed) == (2, 2, ())
    lake = spr.scan_lake(tmp_path / "lake", "listings", latest=True).collect()
    both = client.reports("listings", marketplaces=["DE", "FR"]).read()
    assert Counter(lake.select(both.columns).rows()) == Counter(both.rows())
    assert client.sync(feed, tmp_path / "lake").windows == 0


ONE = (
    "sales_and_traffic",
    "market_basket",
    "repeat_purchase",
    "search_catalog_performance",
    "search_query_performance",
    "search_terms",
    "GET_BRAND_ANALYTICS_ALTERNATE_PURCHASE_REPORT",
    "GET_BRAND_ANALYTICS_ITEM_COMPARISON_REPORT",
    "vendor_forecast",
    "vendor_inventory",
    "vendor_margin",
    "vendor_sales",
    "vendor_traffic",
)


def test_types_take_one_marketplace_a_report_where_their_schema_says_so() -> None:
    listed = spr.report_types().filter(marketplaces_used="one")["report_type"]

    assert set(listed) == {spr.report_type(name).report_type for name in ONE}


def test_a_report_that_may_name_one_marketplace_is_asked_for_once_for_each(
    client: spr.Client,
) -> None:
    both = client.reports(
        "sales_and_traffic",
        start="2026-10-01",
        end="2026-10-03",
        marketplaces=["DE", "FR"],
    )

    assert both.plan().reports == 2
    frame = both.read("salesAndTrafficByDate", metadata=True)
    assert set(frame["marketplace"]) == {"DE", "FR"}


def test_a_report_that_names_several_where_it_may_name_one_ends_fatal(
    client: spr.Client,
) -> None:
    reports = client.reports(
        replace(spr.report_type("sales_and_traffic"), marketplaces_used="all"),
        start="2026-10-01",
        end="2026-10-03",
        marketplaces=["DE", "FR"],
    )

    with pytest.raises(spr.ReportFatalError, match="only one marketplaceId per report"):
        reports.read("salesAndTrafficByDate")


def test_a_lake_whose_reports_of_several_all_failed_goes_on_with_one_for_each(
    client: spr.Client, tmp_path: Path
) -> None:
    traffic = spr.report_type("sales_and_traffic")
    before = spr.Feed(
        replace(traffic, marketplaces_used="all"),
        marketplaces=["DE", "FR"],
        since="1d",
    )
    failed = client.sync(before, tmp_path / "lake")
    assert (failed.rows, len(failed.failed)) == (0, 1)
    assert "only one marketplaceId per report" in str(failed.failed[0])

    result = client.sync(
        spr.Feed("sales_and_traffic", marketplaces=["DE", "FR"], since="1d"),
        tmp_path / "lake",
    )

    assert (result.created, result.failed, result.gaps) == (2, (), ())
    assert result.rows


def test_such_a_feed_and_one_of_its_marketplaces_are_the_same_twice(
    client: spr.Client, tmp_path: Path
) -> None:
    feeds = [
        spr.Feed("listings", marketplaces=["DE", "FR"]),
        spr.Feed("listings", marketplaces=["FR"]),
    ]

    with pytest.raises(ValueError, match=r"feed 2 \(listings\): .* as feed 1"):
        client.sync(feeds, tmp_path / "lake")


def test_a_lake_that_such_a_feed_has_begun_in_one_report_is_refused(
    client: spr.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = spr.Feed("listings", marketplaces=["DE", "FR"])
    with monkeypatch.context() as before:  # as versions did that asked for both at once
        before.setattr(spr.Client, "_apart", lambda _, feed: [feed])
        client.sync(feed, tmp_path / "lake")

    with pytest.raises(spr.SinkError, match="cannot go on: begin another lake") as no:
        client.sync(feed, tmp_path / "lake")

    assert "Keep that feed" not in str(no.value)


def test_a_report_of_the_whole_region_for_each_marketplace_is_warned_of(
    client: spr.Client, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def ask(name: str, *marketplaces: str, each: bool) -> None:
        client.reports(
            name,
            start="2026-10-01",
            end="2026-10-03",
            marketplaces=marketplaces,
            per_marketplace=each,
        )

    feeds = [spr.Feed("orders", marketplaces=[one], since="2d") for one in ("DE", "FR")]
    with caplog.at_level(logging.WARNING):
        ask("orders", "DE", "FR", each=False)
        ask("orders", "DE", each=True)
        ask("sales_and_traffic", "DE", "FR", each=True)
        client.sync(feeds[:1], tmp_path / "lake", dry_run=True)
        assert caplog.messages == []

        ask("orders", "DE", "FR", each=True)
        client.sync(feeds, tmp_path / "lake", dry_run=True)

    assert len(caplog.messages) == 2
    assert all("orders is known to hold the whole region" in m for m in caplog.messages)

"""The first marketplaces decide the region, and it stays."""

from __future__ import annotations

import pytest

from spreports.api.marketplaces import find_region
from spreports.api.origin import Origin
from spreports.errors import ConfigError

EU = "https://sellingpartnerapi-eu.amazon.com"
DE, US = "A1PA6795UKMFR9", "ATVPDKIKX0DER"


def test_the_first_marketplaces_decide_the_region_for_good() -> None:
    origin = Origin()

    assert origin.url("createReport", [DE]) == EU
    assert origin.url("getReport") == EU
    with pytest.raises(ConfigError, match="set by the first marketplaces"):
        origin.url("createReport", [US])


def test_unknown_marketplaces_decide_nothing() -> None:
    origin = Origin()

    with pytest.raises(ConfigError, match="not known yet"):
        origin.url("createReport", ["AAAAAAAAAAAA99", "M1"])
    assert origin.url("createReport", ["AAAAAAAAAAAA99", DE]) == EU


def test_an_endpoint_needs_no_region_and_serves_any() -> None:
    origin = Origin(endpoint="http://127.0.0.1:5000/sp/")

    assert origin.url("getReport") == "http://127.0.0.1:5000/sp"
    assert origin.url("createReport", [DE]) == origin.url("createReport", [US])


def test_a_region_that_is_stated_binds_an_endpoint_too() -> None:
    origin = Origin(endpoint="http://[::1]:5000", region=find_region("EU"))

    with pytest.raises(ConfigError, match="set by region="):
        origin.url("createReport", [US])


def test_a_check_says_what_calls_would_and_decides_nothing() -> None:
    origin = Origin()

    origin.check([("orders", [DE]), ("listings", ["AAAAAAAAAAAA99", "M1"])])
    with pytest.raises(
        ConfigError, match=r"^listings: US .* first marketplaces \(DE\)"
    ):
        origin.check([("orders", [DE]), ("listings", [US])])
    origin.url("createReport", [US])
    with pytest.raises(ConfigError, match=r"^orders: DE belong to region 'eu', but"):
        origin.check([("orders", [DE])])

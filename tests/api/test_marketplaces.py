"""23 marketplaces, three regions, one region a client."""

from __future__ import annotations

import pytest

from spreports.api.marketplaces import (
    MARKETPLACES,
    REGIONS,
    Marketplace,
    as_told,
    find_region,
    region_of,
    resolve,
)


def test_there_are_23_marketplaces_in_three_regions() -> None:
    assert len({m.id for m in MARKETPLACES}) == 23
    assert len({m.country_code for m in MARKETPLACES}) == 23
    counts = [sum(m.region is region for m in MARKETPLACES) for region in REGIONS]
    assert [r.name for r in REGIONS] == ["na", "eu", "fe"]
    assert counts == [4, 16, 3]


@pytest.mark.parametrize(
    "name", ["DE", "de", " De ", "A1PA6795UKMFR9", "Amazon.de", "amazon.DE"]
)
def test_a_marketplace_is_found_by_code_id_and_site(name: str) -> None:
    assert resolve(name).name == "Germany"


def test_every_marketplace_is_found_by_each_of_its_names() -> None:
    for marketplace in MARKETPLACES:
        for name in (marketplace.id, marketplace.country_code, marketplace.site):
            assert resolve(name or "") is marketplace
        assert resolve(marketplace) is marketplace


def test_the_united_kingdom_has_two_codes() -> None:
    assert resolve("UK") is resolve("GB")


def test_japan_writes_its_legacy_files_in_cp932() -> None:
    assert resolve("JP").legacy_charset == "cp932"
    assert resolve("US").legacy_charset == "cp1252"


def test_an_id_that_is_new_has_no_region() -> None:
    assert resolve("A9ZZZZZZZZZZ99") == Marketplace("A9ZZZZZZZZZZ99")
    assert region_of(["A9ZZZZZZZZZZ99"]) is None


@pytest.mark.parametrize("name", ["", "XX", "Germany!", "short1", "a9zzzzzzzzzz99"])
def test_an_unknown_name_lists_the_codes(name: str) -> None:
    with pytest.raises(ValueError, match=r"AE, AU, .* ZA \(UK is GB\)"):
        resolve(name)


@pytest.mark.parametrize("told", ["XX", "", "Non-Amazon DE"])
def test_what_amazon_tells_is_never_refused(told: str) -> None:
    assert as_told(told) == Marketplace(told)
    assert as_told("A1PA6795UKMFR9") is resolve("DE")


def test_a_region_serves_all_of_its_marketplaces() -> None:
    region = region_of(["DE", "Amazon.fr", "A1F83G8C2ARO7P", "A9ZZZZZZZZZZ99"])
    assert region is find_region("eu")


def test_mixed_regions_say_which_client_takes_which() -> None:
    with pytest.raises(ValueError, match="one client per region") as caught:
        region_of(["DE", "US", "JP", "FR", "DE"])

    assert "region='eu' for DE, FR; region='na' for US; region='fe' for JP" in str(
        caught.value
    )


def test_regions_are_named() -> None:
    assert find_region(" EU ").endpoint == "https://sellingpartnerapi-eu.amazon.com"
    with pytest.raises(ValueError, match=r"'na' .*'eu' .*'fe'"):
        find_region("us-east-1")

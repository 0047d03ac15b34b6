"""A feeds file says what a lake holds; a slip in it is told with its place."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spreports as spr
from spreports.sync.feed import days_of

WHOLE = """
to = "s3://lake"
format = "delta"

[storage_options]
anon = false

[[feed]]
report_type = "orders"
marketplaces = ["DE", "FR"]
since = 2026-01-01
lookback = "10d"
partition_by = ["purchase-date:month"]

[[feed]]
profile = "uk"
report_type = "search_terms"
marketplaces = ["UK"]
lookback = 2
options = { reportPeriod = "WEEK" }
"""


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(WHOLE)

    file = spr.read_feeds(path)

    assert (file.to, dict(file.storage_options)) == ("s3://lake", {"anon": False})
    assert file.format == "delta"
    assert list(file.accounts) == [None, "uk"]
    (orders,), (terms,) = file.accounts.values()
    assert orders == spr.Feed(
        "orders",
        marketplaces=["DE", "FR"],
        since=date(2026, 1, 1),
        lookback="10d",
        partition_by=["purchase-date:month"],
    )
    assert terms.options == {"reportPeriod": "WEEK"}
    assert "anon" not in repr(file)


OURS, MARK, ANOTHERS = WHOLE.partition("[[feed]]\nprofile")


def test_the_lake_is_the_one_that_the_file_names_or_an_error(tmp_path: Path) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(WHOLE)
    assert spr.read_feeds(path).lake == "s3://lake"

    path.write_text(WHOLE.replace('to = "s3://lake"', ""))
    file = spr.read_feeds(path)
    assert file.to is None
    with pytest.raises(spr.ConfigError, match="names no lake: write to = "):
        _ = file.lake


@pytest.mark.parametrize("feeds", [WHOLE, MARK + ANOTHERS])
def test_feeds_of_another_account_are_not_given_without_it(
    tmp_path: Path, feeds: str
) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(feeds)
    file = spr.read_feeds(path)

    with pytest.raises(
        spr.ConfigError, match=r"profiles \(uk\): take \.accounts"
    ) as no:
        _ = file.feeds
    assert "connect(profile=...)" in str(no.value)
    path.write_text(OURS)
    ours = spr.read_feeds(path)
    assert ours.feeds == ours.accounts[None]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("to = 1\n[[feed]]", "to must be a text"),
        ("format = 'csv'\n[[feed]]", "format must be one of parquet, delta"),
        ('to = "lake"', "no feed"),
        ("lake = 1", "lake is no key of it"),
        ("[[feed]]\nreport_type = 'orders'", "feed 1: marketplaces is missing"),
        (
            "[[feed]]\nreport_type = 'orders'\nmarketplaces = 'DE'",
            "marketplaces must be a list of texts",
        ),
        (
            "[[feed]]\nreport_type = 'orders'\nmarketplaces = ['DE']\nlook_back = 1",
            "feed 1: look_back is no key of it",
        ),
        (
            "[[feed]]\nprofile = ''\nreport_type = 'orders'\nmarketplaces = ['DE']",
            "feed 1: profile is empty",
        ),
        (
            "[[feed]]\nreport_type = 'orders'\nmarketplaces = ['DE']\nlookback = -1",
            "feed 1: lookback=-1 is no number of days",
        ),
    ],
)
def test_a_slip_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(text)

    with pytest.raises(ValueError, match=said):
        spr.read_feeds(path)


def test_what_is_no_toml_or_not_there_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "feeds.toml").write_text("to = ")

    with pytest.raises(spr.ConfigError, match="is not TOML"):
        spr.read_feeds(tmp_path / "feeds.toml")
    with pytest.raises(spr.ConfigError, match="cannot be read: No such file"):
        spr.read_feeds(tmp_path / "none.toml")


@pytest.mark.parametrize("lookback", [7, np.int64(7), np.uint8(7), "7d", "1w"])
def test_a_look_back_may_be_a_number_of_numpy(lookback: Any) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], lookback=lookback)

    assert feed.lookback is not None
    assert days_of(feed.lookback) == 7


@pytest.mark.parametrize("lookback", [float("inf"), 1.5, 99_999_999, True, "99999w"])
def test_a_look_back_is_whole_days_and_not_more_than_ten_years(lookback: Any) -> None:
    with pytest.raises(ValueError, match="no number of days"):
        spr.Feed("orders", marketplaces=["DE"], lookback=lookback)

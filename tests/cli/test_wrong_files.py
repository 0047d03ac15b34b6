"""Slips in files that a command reads: the file, the place in it, and the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from spreports.cli import main

LAKE = "to = 'lake'\n"
ORDERS = "[[feed]]\nreport_type = 'orders'\nmarketplaces = ['DE']\n"


def second(line: str, *, report_type: str = "listings", places: str = "['DE']") -> str:
    """Write feeds of which the second has a line more."""
    feed = f"[[feed]]\nreport_type = '{report_type}'\nmarketplaces = {places}\n"
    return f"{LAKE}{ORDERS}{feed}{line}\n"


FEEDS = {
    "a date that is none": (
        second("since = '2026-13-01'", report_type="sales_and_traffic"),
        "feed 2 (sales_and_traffic): since='2026-13-01' is neither ISO",
    ),
    "a date of the wrong type": (
        second("since = 3", report_type="sales_and_traffic"),
        "feed 2 (sales_and_traffic): since must be a date",
    ),
    "a time without a zone": (
        second("since = 2026-11-05T00:00:00", report_type="sales_and_traffic"),
        "feed 2 (sales_and_traffic): since='2026-11-05T00:00:00' has no time zone; say "
        "which one: since='2026-11-05T00:00:00Z' for UTC",
    ),
    "a date to come": (
        second("since = 2099-01-01", report_type="sales_and_traffic"),
        "feed 2 (sales_and_traffic): since=2099-01-01 lies in the future",
    ),
    "an unknown type": (
        second("", report_type="ordrs"),
        "feed 2 (ordrs): unknown report type 'ordrs': did you mean 'orders'",
    ),
    "an unknown marketplace": (
        second("", places="['DE', 'XX']"),
        "feed 2 (listings): unknown marketplace 'XX': give one of",
    ),
    "marketplaces of two regions": (
        second("", places="['DE', 'US']"),
        "feed 2 (listings): marketplaces of different regions",
    ),
    "an option of another type": (
        f"{LAKE}{ORDERS}options = {{ dateGranularity = 'DAY' }}\n",
        "feed 1 (orders): orders (GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL) "
        "has no option 'dateGranularity'",
    ),
    "an option that is missing": (
        second("", report_type="search_terms"),
        "feed 2 (search_terms): search_terms (GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT) "
        "needs the option 'reportPeriod'",
    ),
    "folders that cannot be": (
        second("partition_by = ['sku:week']"),
        "feed 2 (listings): cannot partition by 'sku:week'",
    ),
    "the same feed twice": (
        f"{LAKE}{ORDERS}{ORDERS}",
        "feed 2 (orders): the same type, marketplaces and options as feed 1;",
    ),
    "a key that is missing": (
        f"{LAKE}{ORDERS}[[feed]]\nmarketplaces = ['DE']\n",
        "feed 2: report_type is missing",
    ),
    "a misspelt key": (second("look_back = 3"), "feed 2: look_back is no key of it"),
    "another account's": (
        f"{LAKE}{ORDERS}[[feed]]\nprofile = 'uk'\nreport_type = 'ordrs'\n"
        "marketplaces = ['UK']\n",
        "account uk: feed 1 (ordrs): unknown report type 'ordrs'",
    ),
}


@pytest.mark.parametrize("command", ["sync", "plan"])
@pytest.mark.parametrize(("text", "told"), FEEDS.values(), ids=FEEDS)
def test_a_slip_in_a_feeds_file_is_told_with_file_and_feed(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    command: str,
    text: str,
    told: str,
) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(text)
    dry = ["--dry-run"] if command == "sync" else []

    assert main([command, str(path), *dry, "--simulator"]) == 2

    assert f"spreports: {path}: {told}" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["sync", "--dry-run"], ["sync"], ["plan"]])
def test_feeds_of_two_regions_are_told_with_file_account_and_feed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(second("", places="['US']"))

    assert main([words[0], str(path), *words[1:], "--simulator"]) == 4

    told = f"{path}: feed 2 (listings): US belong to region 'na', but this client"
    assert told in capsys.readouterr().err


TRAFFIC = (
    "[[schedule]]\nreport_type = 'sales_and_traffic'\nmarketplaces = ['DE']\n"
    "period = 'P1D'\n"
)
SCHEDULES = {
    "an unknown type": (
        TRAFFIC + TRAFFIC.replace("sales_and", "sale_and"),
        "schedule 2: unknown report type 'sale_and_traffic': did you mean",
    ),
    "an unknown marketplace": (
        TRAFFIC + TRAFFIC.replace("DE", "XX"),
        "schedule 2: unknown marketplace 'XX': give one of",
    ),
    "an option of another type": (
        TRAFFIC + "options = { reportPeriod = 'DAY' }\n",
        "schedule 1: sales_and_traffic (GET_SALES_AND_TRAFFIC_REPORT) has no option",
    ),
    "the same twice": (
        TRAFFIC + TRAFFIC,
        "schedule 2: GET_SALES_AND_TRAFFIC_REPORT is",
    ),
    "a misspelt key": (TRAFFIC + "perod = 'P7D'\n", "schedule 1: unknown perod; it"),
    "a key that is missing": (
        "[[schedule]]\nreport_type = 'listings'\nperiod = 'P1D'\n",
        "schedule 1: missing marketplaces; it takes",
    ),
}


@pytest.mark.parametrize(("text", "told"), SCHEDULES.values(), ids=SCHEDULES)
def test_a_slip_in_a_file_of_schedules_is_told_with_file_and_schedule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, told: str
) -> None:
    path = tmp_path / "wanted.toml"
    path.write_text(text)

    assert main(["schedules", "plan", str(path), "--simulator"]) == 2

    said = capsys.readouterr().err
    assert f"spreports: wanted.toml, {told}" in said
    assert "strict=False" not in said


def test_a_type_of_a_flag_is_no_slip_of_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wanted.toml"
    path.write_text(TRAFFIC)
    others = ["--cancel-others-of", "ordrs"]

    assert main(["schedules", "plan", str(path), *others, "--simulator"]) == 2

    assert "spreports: unknown report type 'ordrs'" in capsys.readouterr().err

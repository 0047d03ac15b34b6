"""What documents hold: to the cell, to the charset, to the window."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports import catalog
from spreports.simulator.content import Order, content_of
from spreports.simulator.marketplaces import BY_COUNTRY, CODECS
from tests.simulator.asking import (
    INVENTORY,
    LISTINGS,
    ORDERS,
    SETTLEMENT,
    SHIPPING,
    moment,
)

OCTOBER = (moment("2026-10-01T00:00:00Z"), moment("2026-10-31T00:00:00Z"))
LAYOUTS = {ORDERS: 33, LISTINGS: 29, INVENTORY: 21, SETTLEMENT: 24, SHIPPING: 29}


def order(
    *countries: str,
    rows: int = 300,
    seed: int = 0,
    window: tuple[datetime, datetime] = OCTOBER,
) -> Order:
    return Order(
        seed=seed,
        rows=rows,
        marketplaces=tuple(BY_COUNTRY[country] for country in countries),
        start=window[0],
        end=window[1],
    )


def stored(report_type: str, asked: Order) -> bytes:
    return b"".join(content_of(report_type, asked).blocks())


def table(report_type: str, asked: Order) -> list[dict[str, str]]:
    """Return the rows by header; short rows lack their last cells."""
    content = content_of(report_type, asked)
    charset = content.content_type.partition("charset=")[2] or "UTF-8"
    text = b"".join(content.blocks()).decode(CODECS[charset], errors="strict")
    end = "\r\n" if report_type == SHIPPING else "\n"
    assert text.endswith(end)
    header, *lines = (line.split("\t") for line in text.removesuffix(end).split(end))
    return [dict(zip(header, cells, strict=False)) for cells in lines]


@pytest.mark.parametrize("report_type", LAYOUTS)
@pytest.mark.parametrize("country", ["US", "DE", "GB", "PL", "JP"])
def test_rows_have_the_header_of_the_catalogue_and_as_many_cells(
    report_type: str, country: str
) -> None:
    rows = table(report_type, order(country))
    japanese = report_type == LISTINGS and country == "JP"
    width = 16 if japanese else LAYOUTS[report_type]
    known = {column.name for column in catalog.lookup(report_type).tables[0].columns}

    assert len(rows) == 300
    short = {width, width - 1} if report_type == SETTLEMENT else {width}
    assert {len(row) for row in rows} <= short
    if not japanese:
        assert set(rows[0]) <= known


@pytest.mark.parametrize("report_type", LAYOUTS)
def test_the_same_order_gives_the_same_bytes_and_another_other_ones(
    report_type: str,
) -> None:
    first = stored(report_type, order("DE"))

    assert stored(report_type, order("DE")) == first
    assert stored(report_type, order("DE", seed=1)) != first
    assert stored(report_type, order("FR")) != first


@settings(max_examples=40)
@given(
    start=st.datetimes(datetime(2024, 1, 1), datetime(2026, 9, 1)),  # noqa: DTZ001  made aware below
    length=st.integers(2, 30 * 86_400),
    rows=st.integers(0, 50),
)
@pytest.mark.parametrize("report_type", [ORDERS, SHIPPING])
def test_purchase_dates_lie_within_the_window(
    report_type: str, start: datetime, length: int, rows: int
) -> None:
    begins = datetime.fromisoformat(start.isoformat() + "+00:00")
    ends = datetime.fromtimestamp(begins.timestamp() + length, begins.tzinfo)

    asked = order("DE", "FR", rows=rows, window=(begins, ends))

    for row in table(report_type, asked):
        assert begins <= moment(row["purchase-date"]) < ends


def test_orders_carry_what_breaks_parsers() -> None:
    rows = table(ORDERS, order("DE", "FR", "US", rows=2000))

    assert {row["sales-channel"] for row in rows} == {
        "Amazon.de",
        "Amazon.fr",
        "Amazon.com",
    }
    assert any(row["sku"].startswith("0") for row in rows)
    assert any(row["ship-postal-code"].startswith("0") for row in rows)
    assert any('"' in row["product-name"] for row in rows)
    assert any("ü" in row["product-name"] for row in rows)
    pending = [row for row in rows if row["order-status"] == "Pending"]
    assert pending
    assert all(row["currency"] == row["item-price"] == "" for row in pending)
    shipped = [row for row in rows if row["order-status"] == "Shipped"]
    assert all(Decimal(row["item-price"]).as_tuple().exponent == -2 for row in shipped)
    assert len({row["amazon-order-id"] for row in rows}) == 2000 - 2000 // 7


def test_order_ids_do_not_repeat_in_a_long_document() -> None:
    asked = order("US", rows=70_000)
    ids = {line.split(b"\t", 1)[0] for line in stored(SHIPPING, asked).split(b"\r\n")}

    assert len(ids) == 70_000 + 2


def test_american_listings_are_cp1252_with_raw_quotes_and_named_zones() -> None:
    rows = table(LISTINGS, order("US", rows=600))

    assert content_of(LISTINGS, order("US")).content_type.endswith("Cp1252")
    assert any(row["item-name"].count('"') % 2 for row in rows)
    assert any("™" in row["item-name"] for row in rows)
    for row in rows:
        date, _, zone = row["open-date"].rpartition(" ")
        opened = datetime.strptime(date, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  the zone is beside it
        if opened.month in {12, 1, 2}:
            assert zone == "PST"
        elif opened.month in {4, 5, 6, 7, 8, 9, 10}:
            assert zone == "PDT"
    assert any(row["seller-sku"].startswith("0") for row in rows)


def test_japanese_listings_are_cp932_and_not_shift_jis() -> None:
    asked = order("JP", rows=600)
    rows = table(LISTINGS, asked)

    assert list(rows[0])[:3] == ["商品名", "出品ID", "出品者SKU"]
    assert rows[0]["出品日"].endswith(" JST")
    with pytest.raises(UnicodeDecodeError):
        stored(LISTINGS, asked).decode("shift_jis")


@pytest.mark.parametrize(
    ("country", "mark", "pattern"),
    [("US", ".", "%Y-%m-%d"), ("DE", ",", "%d.%m.%Y")],
)
@pytest.mark.parametrize("rows", [1, 2, 57, 5000])
def test_a_settlement_sums_up_to_its_total(
    country: str, mark: str, pattern: str, rows: int
) -> None:
    summary, *details = table(SETTLEMENT, order(country, rows=rows))

    def amount(text: str) -> Decimal:
        assert text[-3] == mark
        return Decimal(text.replace(mark, "."))

    total = sum((amount(row["amount"]) for row in details), Decimal())
    assert total == amount(summary["total-amount"])
    assert summary["settlement-start-date"].endswith(" 00:00:00 UTC")
    assert summary["currency"] == BY_COUNTRY[country].currency
    assert summary["amount"] == ""
    for row in details:
        assert row["total-amount"] == row["currency"] == ""
        datetime.strptime(row["posted-date"], pattern)  # noqa: DTZ007  a date
        assert row["posted-date-time"].startswith(row["posted-date"])
    short = [row for row in details if len(row) == 23]
    assert len(short) == len(details) // 40
    content = content_of(SETTLEMENT, order(country))
    assert content.content_type == "text/plain"


def test_people_in_restricted_reports_do_not_exist() -> None:
    rows = table(SHIPPING, order("US", rows=100))

    assert all(row["buyer-email"].endswith("@example.com") for row in rows)
    assert {row["buyer-phone-number"][:9] for row in rows} == {"+00 555 0"}

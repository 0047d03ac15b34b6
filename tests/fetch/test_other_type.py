"""A document that is read as a report type it is not is told, and no sound one is."""

from __future__ import annotations

from pathlib import Path

import pytest

import spreports as spr
from spreports.catalog import lookup
from tests.fetch.documents import flat, read

SAMPLES = Path(__file__).parents[2] / "data/samples"
ORDERS, SETTLEMENT = lookup("orders"), lookup("settlement")
SUMMARY = {"settlement-id": "7", "total-amount": "1.00", "currency": "EUR"}
ROW = {"settlement-id": "7", "amount-type": "ItemPrice", "amount": "1.00"}


@pytest.mark.parametrize("table", ["rows", "summary"])
def test_orders_that_are_read_as_a_settlement_are_told_once(
    table: str, caplog: pytest.LogCaptureFixture
) -> None:
    document = spr.open_document(SAMPLES / "orders_DE.txt", report_type="settlement")

    frame = document.read(table)

    assert frame.height == (0 if table == "summary" else 40)
    (said,) = caplog.records
    assert (said.name, said.levelname) == ("spreports.fetch", "WARNING")
    assert said.getMessage() == (
        "the header has 3 of 24 columns of settlement, and all of orders_by_update or "
        "orders: is it a document of that type?"
    )


@pytest.mark.parametrize(
    ("sample", "name", "other"),
    [
        ("listings_US.txt", "orders", "listings"),
        ("settlement_DE.txt", "orders", "settlement"),
        ("inventory_US.txt", "orders", "fba_inventory_all or fba_inventory"),
    ],
)
def test_the_type_that_it_is_is_named(
    sample: str, name: str, other: str, caplog: pytest.LogCaptureFixture
) -> None:
    spr.open_document(SAMPLES / sample, report_type=name).read()

    (said,) = caplog.messages
    assert f"columns of {name}, and all of {other}: is it" in said


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        ("orders_DE.txt", "orders"),
        ("orders_DE.txt", "orders_by_update"),
        ("orders_FR.txt.gz", "orders"),
        ("listings_US.txt", "listings"),
        ("listings_JP.txt", "listings"),
        ("inventory_US.txt", "fba_inventory"),
        ("settlement_DE.txt", "settlement"),
        ("settlement_US.txt.gz", "settlement"),
        ("orders_shipping_US.txt", "orders_shipping"),
    ],
)
def test_nothing_is_said_of_a_document_of_its_own_type(
    sample: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert spr.open_document(SAMPLES / sample, report_type=name).read().height > 0

    assert caplog.messages == []


@pytest.mark.parametrize(
    "text",
    [
        "amazon-order-id\tsku\n1\t2\n",  # a user's own choice
        "is-iba\n1\n",  # a column that not every document has
        "",  # no rows, and not even a header
    ],
)
def test_nothing_is_said_of_a_header_that_is_nobodys(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    read(text, ORDERS, proved=True)

    assert caplog.messages == []


def test_a_header_without_any_column_of_the_type_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    said = "the header has none of the {} columns of {}, and {} that the catalogue does"

    spr.open_document(SAMPLES / "listings_JP.txt", report_type="settlement").read()
    read("Bestellnummer\tArtikel\tPreis\n1\t2\t3\n", ORDERS)
    read("a\tb\n1\t2\n", lookup("GET_OF_A_TYPE_NOBODY_KNOWS"))

    told = [m.partition(" not know: is it")[0] for m in caplog.messages]
    assert [m for m in told if m.startswith("the header")] == [
        said.format(24, "settlement", 16),
        said.format(33, "orders", 3),
    ]


@pytest.mark.parametrize(
    ("header", "told"),
    [
        # An unknown language, whose words for two columns are those of the catalogue
        (["Rubrik", "Beskrivning", "Status", "Pris", "ASIN 1", "Antal"], True),
        # A user's own choice, with columns of a tool's own
        (["seller-sku", "price", "cost", "margin"], False),
    ],
)
def test_a_header_is_told_that_has_few_columns_of_the_type_among_unknown_ones(
    header: list[str], caplog: pytest.LogCaptureFixture, *, told: bool
) -> None:
    read("\t".join(header) + "\n", lookup("listings"), proved=True)

    assert caplog.messages == [
        "the header has 2 of the 29 columns of listings, and 4 that the catalogue does "
        "not know: is it a document of that type, or is its header in a language that "
        "the catalogue does not know?"
    ] * (told)


def test_nothing_is_said_where_cells_are_read_as_they_are(
    caplog: pytest.LogCaptureFixture,
) -> None:
    read(flat(SETTLEMENT, SUMMARY, ROW), ORDERS, typed=False)

    assert caplog.messages == []


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("table", ["rows", "summary"])
def test_a_settlement_that_has_nothing_to_be_held_to_is_told(
    table: str, caplog: pytest.LogCaptureFixture, *, typed: bool
) -> None:
    read(flat(SETTLEMENT, SUMMARY, ROW), SETTLEMENT, table=table, typed=typed)
    assert caplog.messages == []

    read(flat(SETTLEMENT, ROW), SETTLEMENT, table=table, typed=typed)

    (said,) = caplog.messages
    assert said == (
        f"{SETTLEMENT.report_type}: not checked: the sum of 'amount' against "
        "'total-amount': there is no summary row"
    )


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ([column.name for column in SETTLEMENT.columns()], "columns of settlement"),
        (["a", "b", "c"], "give report_type= and it may be read: rows"),
    ],
    ids=["of a known type", "of none"],
)
def test_rows_that_lack_cells_are_told_with_the_type_to_name_where_none_was(
    header: list[str], named: str, tmp_path: Path
) -> None:
    file = tmp_path / "saved.txt"
    file.write_text("\t".join(header) + "\n1\t2\n")

    with pytest.raises(spr.ParseError, match="give report_type=") as told:
        spr.open_document(file).read()
    assert named in str(told.value)

    with pytest.raises(spr.ParseError) as told:
        spr.open_document(file, report_type="orders").read()
    assert "report_type=" not in str(told.value)


def test_a_row_with_too_many_cells_lacks_none(tmp_path: Path) -> None:
    file = tmp_path / "saved.txt"
    file.write_text("a\tb\n1\t2\t3\n")

    with pytest.raises(spr.ParseError, match="3 cells where") as told:
        spr.open_document(file).read()
    assert "report_type=" not in str(told.value)


def test_rows_that_cannot_be_told_apart_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    header = [c.name for c in ORDERS.columns() if not c.optional]
    there = [name for name in header if name not in {"sku", "amazon-order-id"}]
    row = ["x" if name == "asin" else "" for name in there]

    table = read("\n".join(map("\t".join, (there, row))) + "\n", ORDERS)

    assert table["sku"].to_pylist() == [None]
    (said,) = caplog.messages
    assert said == (
        "the header lacks 'amazon-order-id', 'sku', by which rows of orders are told "
        "apart: null in all of them"
    )

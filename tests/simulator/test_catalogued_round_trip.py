"""Every live type with known columns: made, compressed, parsed, compared by cell."""

from __future__ import annotations

import functools

import pytest

from spreports import catalog
from spreports.fetch.document import open_batches
from spreports.fetch.findings import Findings
from spreports.fetch.read_options import ReadOptions
from spreports.simulator.content import GeneratedDocument, generate
from tests.simulator.cataloguing import (
    ARROW,
    PLACES,
    ROWS,
    Stored,
    differences,
    of_format,
    served_dtypes,
)

FLAT = of_format("tsv", "csv")
NESTED = of_format("json", "xml")
EXCEL = of_format("xlsx")
# A document is made anew each time that it is asked for its bytes
stored = functools.cache(Stored)


@functools.cache
def made(report_type: str, seed: int) -> GeneratedDocument:
    entry = catalog.lookup(report_type)
    return generate(entry, seed=seed, rows=ROWS, marketplace=PLACES[seed])


@pytest.mark.parametrize("seed", PLACES)
@pytest.mark.parametrize("report_type", FLAT)
def test_a_flat_document_comes_back_cell_by_cell(report_type: str, seed: int) -> None:
    document = made(report_type, seed)
    wanted = document.tables()["rows"]

    reader = open_batches(
        stored(document),
        document.entry,
        ReadOptions(table="rows"),
        content_type=document.content_type,
        legacy_charset=document.codec,
    )

    assert reader.schema.names == list(wanted[0])
    assert reader.schema.types == served_dtypes(document.entry, list(wanted[0]))
    assert differences(reader.read_all().to_pylist(), wanted) == []


@pytest.mark.parametrize("seed", PLACES)
@pytest.mark.parametrize("report_type", FLAT)
def test_a_flat_document_read_as_text_has_every_cell_as_served(
    report_type: str, seed: int
) -> None:
    document = made(report_type, seed)

    reader = open_batches(
        stored(document),
        document.entry,
        ReadOptions(table="rows", typed=False),
        content_type=document.content_type,
        legacy_charset=document.codec,
    )

    wanted = document.tables(typed=False)["rows"]
    assert differences(reader.read_all().to_pylist(), wanted) == []


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("seed", PLACES)
def test_the_summary_row_of_a_settlement_comes_back(seed: int, typed: bool) -> None:
    document = made("settlement", seed)

    reader = open_batches(
        stored(document),
        document.entry,
        ReadOptions(table="summary", typed=typed),
        content_type=document.content_type,
        legacy_charset=document.codec,
    )

    wanted = document.tables(typed=typed)["summary"]
    assert differences(reader.read_all().to_pylist(), wanted) == []


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("seed", PLACES)
@pytest.mark.parametrize("report_type", NESTED)
def test_every_table_of_a_nested_document_comes_back_cell_by_cell(
    report_type: str, seed: int, typed: bool
) -> None:
    document = made(report_type, seed)

    for name, wanted in document.tables(typed=typed).items():
        findings = Findings()
        reader = open_batches(
            stored(document),
            document.entry,
            ReadOptions(table=name, typed=typed, findings=findings),
            content_type=document.content_type,
        )
        assert differences(reader.read_all().to_pylist(), wanted) == [], name
        assert findings.unknown_columns == ()
        for column in document.entry.columns(name):
            served = not column.optional or column.name in reader.schema.names
            if typed and served and "[]" not in column.name:
                field = reader.schema.field(column.name.removesuffix("/text()"))
                assert field.type == ARROW[column.dtype], column.name


@pytest.mark.parametrize("typed", [True, False])
@pytest.mark.parametrize("seed", PLACES)
@pytest.mark.parametrize("report_type", EXCEL)
def test_a_workbook_comes_back_cell_by_cell(
    report_type: str, seed: int, typed: bool
) -> None:
    document = made(report_type, seed)

    reader = open_batches(
        stored(document),
        document.entry,
        ReadOptions(typed=typed),
        content_type=document.content_type,
    )

    (wanted,) = document.tables(typed=typed).values()
    assert reader.schema.names == list(wanted[0])
    if typed:
        assert reader.schema.types == served_dtypes(document.entry, list(wanted[0]))
    assert differences(reader.read_all().to_pylist(), wanted) == []


def test_every_live_type_with_known_columns_has_a_round_trip() -> None:
    known = {
        e.report_type for e in catalog.entries() if not e.deprecated and e.columns()
    }
    assert set(EXCEL) == {"FEE_DISCOUNTS_REPORT", "GET_REMOTE_FULFILLMENT_ELIGIBILITY"}
    assert known == {*FLAT, *NESTED, *EXCEL}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["ledger", "epr_monthly", "promotions", "returns_xml", "browse_tree"]
)
def test_batches_of_a_few_rows_give_the_same_table(name: str) -> None:
    document = generate(catalog.lookup(name), seed=4, rows=150, marketplace="DE")

    reader = open_batches(
        stored(document),
        document.entry,
        ReadOptions(batch_bytes=1024),
        content_type=document.content_type,
    )
    batches = list(reader)

    wanted = next(iter(document.tables().values()))
    assert len(batches) > 10
    got = [row for batch in batches for row in batch.to_pylist()]
    assert differences(got, wanted) == []

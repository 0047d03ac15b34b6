"""The examples inside Amazon's own JSON schemas, table by table, cell by cell.

What is expected comes of ``json.loads`` and of the schemas' leaf types alone, never of
the catalogue. See official/NOTICE.txt for where the files are from.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import spreports as spr

OFFICIAL = Path(__file__).with_name("official")
REPORT_TYPES = {
    "accountHealthReport-2020-11-18": "GET_V2_SELLER_PERFORMANCE_REPORT",
    "b2bProductOpportunitiesNotYetOnAmazonReport-2020-11-19": (
        "GET_B2B_PRODUCT_OPPORTUNITIES_NOT_YET_ON_AMAZON"
    ),
    "b2bProductOpportunitiesRecommendedForYouReport-2020-11-19": (
        "GET_B2B_PRODUCT_OPPORTUNITIES_RECOMMENDED_FOR_YOU"
    ),
}
DTYPES: Mapping[tuple[str, str], tuple[pl.DataType, ...]] = {
    ("string", ""): (pl.String(),),
    ("string", "date"): (pl.Date(),),
    ("string", "date-time"): (pl.Datetime("us", "UTC"),),
    ("integer", ""): (pl.Int64(),),
    ("boolean", ""): (pl.Boolean(),),
    # Money is exact, other numbers are not
    ("number", ""): (pl.Float64(), pl.Decimal(38, 6)),
}
# Names that an example has and its schema has not: which one was meant
MEANT = {
    "prefulfillmentCancelRate.": "preFulfillmentCancellationRate.",
    "documentRequest.": "documentRequests.",
    "warningState[]": "warningStates[]",
    "ahrStatus": "accountHealthRatingStatus",
    "fulfillmentType": "status",
    "browerPageViews": "browserPageViews",
}
# Source: reference, "Some schema date fields lack `format`" and "minutes only"
UNMARKED = {
    "startDate": ("string", "date"),
    "endDate": ("string", "date"),
    "reportingDateFrom": ("string", "date-time"),
    "reportingDateTo": ("string", "date-time"),
}


class Leaves:
    """Type and format of the leaves of one schema's records."""

    def __init__(self, schema: str, table: str) -> None:
        with (OFFICIAL / "leaves.csv").open(encoding="utf-8", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["schema"] == schema]
        # One schema's examples have a key in the one table that only the other declares
        rows.sort(key=lambda row: row["table"] == table)
        self._known = {row["path"]: (row["type"], row["format"]) for row in rows}

    def __getitem__(self, path: str) -> tuple[str, str]:
        for written, meant in MEANT.items():
            if path not in self._known:
                path = path.replace(written, meant)
        return UNMARKED.get(path.rpartition(".")[2], self._known[path])


def typed(value: object, leaf: tuple[str, str]) -> object:
    """Return what a leaf's text or number means."""
    match value, leaf:
        case str(), ("string", "date"):
            return date.fromisoformat(value[:10])
        case str(), ("string", "date-time"):
            return datetime.fromisoformat(value).astimezone(UTC)
    return value


def record_cells(
    record: Mapping[str, Any], leaves: Leaves
) -> Iterator[tuple[str, Any]]:
    """Yield a record's cells: objects dotted, arrays whole."""

    def inside(value: Any, path: str) -> Any:
        if isinstance(value, dict):
            return {key: inside(each, f"{path}.{key}") for key, each in value.items()}
        if isinstance(value, list):
            return [inside(each, f"{path}[]") for each in value]
        return typed(value, leaves[path])

    def walk(value: Mapping[str, Any], path: str) -> Iterator[tuple[str, Any]]:
        for key, each in value.items():
            name = f"{path}.{key}" if path else key
            if isinstance(each, dict):
                yield from walk(each, name)
            else:
                yield name, inside(each, name)

    return walk(record, "")


def same(got: object, wanted: object) -> bool:
    """Compare cells; parts of a list that are not there are null."""
    if isinstance(wanted, list) and isinstance(got, list):
        return len(got) == len(wanted) and all(map(same, got, wanted))
    if isinstance(wanted, dict) and isinstance(got, dict):
        return all(same(each, wanted.get(key)) for key, each in got.items()) and set(
            wanted
        ) <= set(got)
    if isinstance(wanted, Decimal) and isinstance(got, float):
        return got == float(wanted)
    if isinstance(got, Decimal) and isinstance(wanted, int | Decimal):
        return got == wanted and not isinstance(wanted, bool)
    if isinstance(got, float) and isinstance(wanted, int):
        return got == wanted
    return type(got) is type(wanted) and got == wanted


EXAMPLES = sorted(OFFICIAL.glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_official_example_is_read_cell_by_cell(path: Path) -> None:
    schema = path.name.split(".")[0]
    plain = json.loads(path.read_bytes(), parse_float=Decimal)
    echo = plain.get("reportSpecification", {})
    name = REPORT_TYPES.get(schema) or echo["reportType"]
    document = spr.open_document(path, report_type=name)

    arrays = {key: each for key, each in plain.items() if isinstance(each, list)}
    # Coupons have two shapes, one for sellers and one for vendors
    assert set(arrays) == set(document.tables) - (
        {"coupons", "campaigns"} - set(arrays)
    )
    for table, records in arrays.items():
        leaves = Leaves(schema, table)
        frame = document.read(table)
        assert frame.height == len(records)
        wanted = [dict(record_cells(record, leaves)) for record in records]
        for row, cells in zip(frame.to_dicts(), wanted, strict=True):
            for column, cell in cells.items():
                assert same(row[column], cell), (table, column, row[column], cell)
            for column in set(row) - set(cells):
                assert row[column] is None, (table, column)
        for column, dtype in frame.schema.items():
            if isinstance(dtype, pl.List) or frame[column].null_count() == len(records):
                continue
            assert dtype in DTYPES[leaves[column]], (table, column, dtype)
            if leaves[column][0] == "number" and column.endswith(".amount"):
                assert dtype == pl.Decimal(38, 6), column
    drift = document.drift(next(iter(arrays)))
    assert drift.unknown_columns == ()
    assert drift.bad_cells == {}
    assert document.fields().get("reportSpecification", {}) == echo


def test_every_official_schema_has_an_example_here() -> None:
    assert len({path.name.split(".")[0] for path in EXAMPLES}) == 22

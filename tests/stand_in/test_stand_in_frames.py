"""Right to the cell: charsets, zeros, quotes, decimals, times; and every way out."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import spreports as spr
from tests.stand_in import texts
from tests.stand_in.amazon import Amazon
from tests.stand_in.document_host import Held
from tests.stand_in.kept import Plot
from tests.stand_in.texts import Cells

CASES: dict[str, tuple[str, str, str, str, str | None, Cells]] = {
    "orders in UTF-8": (
        *(texts.ORDERS, "DE", texts.ORDERS_TEXT, "utf-8"),
        *("text/plain; charset=UTF-8", texts.ORDERS_CELLS),
    ),
    "American listings in cp1252": (
        *(texts.LISTINGS, "US", texts.LISTINGS_US_TEXT, "cp1252"),
        *("text/plain;charset=Cp1252", texts.LISTINGS_US_CELLS),
    ),
    "American listings declared as Latin-1": (
        *(texts.LISTINGS, "US", texts.LISTINGS_US_TEXT, "cp1252"),
        *("text/plain; charset=ISO-8859-1", texts.LISTINGS_US_CELLS),
    ),
    "American listings without a charset": (
        *(texts.LISTINGS, "US", texts.LISTINGS_US_TEXT, "cp1252"),
        *(None, texts.LISTINGS_US_CELLS),
    ),
    "Japanese listings in cp932": (
        *(texts.LISTINGS, "JP", texts.LISTINGS_JP_TEXT, "cp932"),
        *('text/plain;charset="Windows-31J"', texts.LISTINGS_JP_CELLS),
    ),
    "Japanese listings declared as Shift_JIS": (
        *(texts.LISTINGS, "JP", texts.LISTINGS_JP_TEXT, "cp932"),
        *("text/plain; charset=Shift_JIS", texts.LISTINGS_JP_CELLS),
    ),
    "Japanese listings without a Content-Type": (
        *(texts.LISTINGS, "JP", texts.LISTINGS_JP_TEXT, "cp932"),
        *(None, texts.LISTINGS_JP_CELLS),
    ),
    "a restricted report": (
        *(texts.SHIPPING, "US", texts.SHIPPING_TEXT, "utf-8"),
        *("text/plain;charset=UTF-8", texts.SHIPPING_CELLS),
    ),
}


def same(found: pl.DataFrame, cells: Cells) -> None:
    for name, expected in cells.items():
        values = found[name].to_list()
        assert values == expected, name
        assert [type(v) for v in values] == [type(e) for e in expected], name
        for value in values:
            if isinstance(value, datetime):
                assert value.utcoffset() is not None, name


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("packed", [True, False], ids=["gzip", "plain"])
def test_every_cell_is_right(
    client: spr.Client, amazon: Amazon, case: str, packed: bool
) -> None:
    report_type, place, text, charset, content_type, cells = CASES[case]
    data = text.encode(charset)
    stored = gzip.compress(data) if packed else data
    restricted = report_type == texts.SHIPPING
    held = Held("d1", stored, content_type, "GZIP" if packed else None, restricted)
    amazon.plot(report_type, Plot(("IN_QUEUE", "DONE"), held))

    reports = client.reports(report_type, start="7d", marketplaces=[place])
    frame = reports.read()
    same(frame, cells)
    header = text.partition("\r\n")[0].split("\t")
    assert frame.columns[: len(header)] == header
    as_text = reports.read(typed=False)
    assert as_text.columns == header
    assert set(as_text.dtypes) == {pl.String}
    rows = [line.split("\t") for line in text.split("\r\n")[1:-1]]
    assert [list(row) for row in as_text.rows()] == rows


def test_a_document_by_its_id_has_the_charset_of_the_marketplace_that_was_said(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.hold(Held("d1", "order-id\tproduct-name\n1\t本\n".encode("cp932"), None))
    entry = spr.report_type("pending_orders")

    with pytest.raises(spr.DecodeError, match=r"no charset .* UTF-8 at byte \d+ of"):
        client.document("d1", report_type=entry).read()
    told = client.document("d1", report_type=entry.for_marketplace("JP")).read()

    assert told["product-name"].to_list() == ["本"]


def test_a_settlement_without_a_declared_charset_and_with_decimal_commas(
    client: spr.Client, amazon: Amazon
) -> None:
    stored = texts.SETTLEMENT_TEXT.encode("cp1252")
    amazon.hold(Held("d1", stored, "application/octet-stream"))
    amazon.add_report(
        reportType=texts.SETTLEMENT, marketplaceIds=[texts.DE], reportDocumentId="d1"
    )
    same(client.existing("settlement").read(), texts.SETTLEMENT_CELLS)


def test_the_ways_out_agree(client: spr.Client, amazon: Amazon) -> None:
    amazon.hold(Held("d1", texts.packed(texts.ORDERS_TEXT)))
    document = client.document("d1", report_type="orders")
    frame = document.read()

    reader = document.batches()
    assert isinstance(reader, pa.RecordBatchReader)
    table = reader.read_all()
    assert pl.DataFrame(table).equals(frame)
    assert pa.table(document).equals(table)
    assert pa.table(document).equals(table)
    assert pl.DataFrame(document).equals(frame)
    assert document.tables == ("rows",)
    assert table.schema.field("purchase-date").type == pa.timestamp("us", tz="UTC")
    assert pa.types.is_decimal(table.schema.field("item-price").type)
    assert table.schema.field("quantity").type == pa.int64()


def test_metadata_tells_where_rows_come_from(
    client: spr.Client, amazon: Amazon
) -> None:
    held = Held("d1", texts.packed(texts.ORDERS_TEXT))
    amazon.plot(texts.ORDERS, Plot(("IN_QUEUE", "DONE"), held))
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 8, tzinfo=UTC)
    reports = client.reports("orders", start=start, end=end, marketplaces=["DE"])

    frame = reports.read(metadata=True)
    row = frame.row(0, named=True)
    assert row["report_id"] == next(iter(amazon.reports))
    assert row["report_type"] == texts.ORDERS
    assert row["marketplace"] == "DE"
    assert row["data_start_time"] == start
    assert row["date"] == date(2026, 10, 1)
    assert reports.batches(metadata=True).read_all().column_names == frame.columns
    assert not set(reports.read().columns) & {"report_id", "marketplace", "date"}


def test_a_report_from_request_to_partitioned_parquet(
    client: spr.Client, amazon: Amazon, tmp_path: Path
) -> None:
    stored = texts.packed(texts.many_orders(300))
    amazon.plot(texts.ORDERS, Plot(("IN_QUEUE", "DONE"), Held("d1", stored)))
    start, end = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 10, 8, tzinfo=UTC)
    reports = client.reports("orders", start=start, end=end, marketplaces=["DE", "FR"])
    by = ["report_type", "date", "sales-channel", "purchase-date:day"]

    result = reports.sink(tmp_path / "lake", partition_by=by)
    files = sorted((tmp_path / "lake").rglob("*.parquet"))
    assert (result.rows, result.files) == (300, len(files))
    assert result.bytes == sum(path.stat().st_size for path in files)
    report_id = next(iter(amazon.reports))
    folder = "date=2026-10-01/sales-channel=Amazon.de/purchase-date_day=2026-10-01"
    first = tmp_path / "lake" / f"report_type={texts.ORDERS}" / folder
    assert [path.name for path in first.iterdir()] == [f"{report_id}-0.parquet"]

    lake = pl.scan_parquet(
        str(tmp_path / "lake/**/*.parquet"), hive_partitioning=True
    ).collect()
    frame = reports.read()
    assert sorted(lake["sku"]) == sorted(frame["sku"])
    assert sum(lake["item-price"], Decimal(0)) == sum(frame["item-price"], Decimal(0))
    days = lake["purchase-date"].dt.date() == lake["purchase-date_day"]
    assert days.all()

    before, calls = digests(tmp_path), len(amazon.calls)
    again = reports.sink(tmp_path / "lake", partition_by=by)
    assert again == result
    assert digests(tmp_path) == before
    assert len(amazon.calls) == calls


def digests(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted((root / "lake").rglob("*.parquet"))
    }


def test_a_sink_in_memory_holds_the_same_rows(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.hold(Held("d1", texts.packed(texts.ORDERS_TEXT)))
    document = client.document("d1", report_type="orders")

    result = document.sink("memory://lake-stand-in", partition_by=["order-status"])
    memory = fsspec.filesystem("memory")
    files = memory.glob("/lake-stand-in/**/*.parquet")
    assert result.files == len(files) == 2
    rows = sum(pq.read_metadata(memory.open(name)).num_rows for name in files)
    assert rows == result.rows == 3


@pytest.mark.parametrize("case", CASES)
def test_a_document_in_a_file_or_in_memory_is_read_as_amazons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    report_type, _, text, charset, content_type, cells = CASES[case]
    monkeypatch.setenv("SPREPORTS_HOME", str(tmp_path / "store"))
    encoding = charset if content_type is None or "UTF" not in content_type else None
    stored = {
        "document.txt": text.encode(charset),
        "document.txt.gz": gzip.compress(text.encode(charset)),
    }
    for name, data in stored.items():
        (tmp_path / name).write_bytes(data)
        fsspec.filesystem("memory").pipe_file(f"/stand-in/{name}", data)
        urls: list[Any] = [tmp_path / name, f"memory://stand-in/{name}"]
        for url in urls:
            document = spr.open_document(
                url, report_type=report_type, encoding=encoding
            )
            same(document.read(), cells)
            assert pa.table(document).num_rows == document.read().height

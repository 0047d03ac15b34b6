"""Put reports into a lake as `client.sync` would, without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa

import spreports as spr
from spreports.load.parquet import SinkResult, sink

# While a scan is collected, polars before 2 quotes our error in one of its own
COLLECTING_FAILS = (
    pl.exceptions.ComputeError
    if int(pl.__version__.split(".")[0]) < 2
    else spr.SinkError
)
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
DAY = datetime(2026, 10, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Lakeside:
    """Where a lake is, and how to reach it."""

    url: str
    options: dict[str, Any]
    fs: Any

    def put(
        self,
        report_id: str,
        rows: pa.Table,
        *,
        day: int = 0,
        created: int | None = None,
        report_type: str = ORDERS,
        table: str | None = None,
        partition_by: Sequence[str] = (),
        **note: str,
    ) -> SinkResult:
        """Write one report's rows, for a window of a day, as sync would."""
        start = DAY + timedelta(days=day)
        made = start + timedelta(days=1, minutes=created or 0)
        said = {
            "report_id": report_id,
            "report_type": report_type,
            "marketplace": "DE",
            "marketplace_ids": "A1PA6795UKMFR9",
            "data_start_time": start.isoformat(),
            "data_end_time": (start + timedelta(days=1)).isoformat(),
            "date": start.date().isoformat(),
            "created_time": made.isoformat(),
            "account": "account-1",
            "options": "{}",
            "request_key": f"key of {report_type} {start.isoformat()}",
            "report_document_id": f"document-of-{report_id}",
            "sha256": "0" * 64,
            **({"table": table} if table else {}),
            **note,
        }
        constants: dict[str, object] = {
            "report_id": report_id,
            "report_type": report_type,
            "marketplace": "DE",
            "data_start_time": start,
            "data_end_time": start + timedelta(days=1),
            "date": start.date(),
        }
        return sink(
            pa.RecordBatchReader.from_batches(rows.schema, rows.to_batches()),
            self.root(report_type, table),
            stem=report_id,
            partition_by=partition_by,
            constants=constants,
            note={f"spreports.{name}": value for name, value in said.items()},
            storage_options=self.options,
            row_group_rows=ROW_GROUP,
        )

    def root(self, report_type: str = ORDERS, table: str | None = None) -> str:
        return "/".join(filter(None, (self.url, report_type, table)))

    def scan(self, report_type: str = "orders", **how: Any) -> pl.LazyFrame:
        return spr.scan_lake(self.url, report_type, storage_options=self.options, **how)

    def files(self) -> dict[str, int]:
        """Every file of the lake by its path below it, with its size."""
        self.fs.invalidate_cache()
        _, _, base = self.url.rpartition("://")
        start = len(base.strip("/")) + 1
        found = self.fs.find(base, detail=True)
        return {p.strip("/")[start:]: f["size"] for p, f in sorted(found.items())}

    def data_files(self) -> list[str]:
        return [name for name in self.files() if name.endswith(".parquet")]

    def overwrite(self, name: str, data: bytes) -> None:
        """Put other bytes into a file, behind everybody's back."""
        self.fs.pipe_file(f"{self.url.rpartition('://')[2]}/{name}", data)

    def bytes_of(self, name: str) -> bytes:
        data: bytes = self.fs.cat_file(f"{self.url.rpartition('://')[2]}/{name}")
        return data

    def remove(self, name: str) -> None:
        self.fs.rm_file(f"{self.url.rpartition('://')[2]}/{name}")


ROW_GROUP = 50


def orders(day: int = 0, rows: int = 6, first: int = 0) -> pa.Table:
    """Rows of one day of orders; `quantity` tells them apart."""
    start = DAY + timedelta(days=day)
    numbers = range(first, first + rows)
    channels = ["Amazon.de", None, "Non-Amazon/x=%41.", ""]
    return pa.table(
        {
            "amazon-order-id": [f"302-{day:03d}-{i:05d}" for i in numbers],
            "purchase-date": pa.array(
                [start + timedelta(minutes=i % 1440) for i in numbers],
                pa.timestamp("us", "UTC"),
            ),
            "sales-channel": [channels[i % len(channels)] for i in numbers],
            "sku": [f"{i % 3:03d}" for i in numbers],
            "quantity": pa.array(list(numbers), pa.int64()),
        }
    )


def day_of(number: int) -> date:
    return (DAY + timedelta(days=number)).date()


def rows_of(frame: pl.DataFrame) -> list[tuple[Any, ...]]:
    """The rows of `orders`, in an order of their own."""
    names = ["amazon-order-id", "purchase-date", "sales-channel", "sku", "quantity"]
    return sorted(frame.select(names).rows(), key=repr)


def rows_of_table(*tables: pa.Table) -> list[tuple[Any, ...]]:
    return rows_of(pl.DataFrame(pa.concat_tables(tables)))


class Counted(tuple[Any, ...]):
    """A tuple that counts what it gives out, of all of its kind together."""

    given = 0

    def __iter__(self) -> Iterator[Any]:
        for each in super().__iter__():
            Counted.given += 1
            yield each

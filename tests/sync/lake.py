"""Read a lake by its markers alone, and hold it against the simulator's world."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import fsspec
import polars as pl
import pyarrow.parquet as pq

from spreports.load.marker import Marker
from spreports.simulator import Simulator
from tests.load.lake import markers

if TYPE_CHECKING:
    import deltalake

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
Window = tuple[datetime, datetime]
GROUP = ("account", "report_type", "marketplace_ids", "options")


def versions(root: str, storage_options: dict[str, Any] | None = None) -> list[Marker]:
    """The newest version of each window, by window."""
    newest: dict[tuple[str, ...], Marker] = {}
    for marker in markers(root, storage_options):
        note = {k.removeprefix("spreports."): v for k, v in marker.note.items()}
        key = tuple(note.get(name, "") for name in (*GROUP, "request_key"))
        if key not in newest or _made(marker) > _made(newest[key]):
            newest[key] = marker
    return [newest[key] for key in sorted(newest)]


def delete_before(table: deltalake.DeltaTable, start: datetime) -> None:
    """Delete rows as people do; by their reports, as deltalake 1.6 takes no times."""
    there = pl.read_delta(table.table_uri)
    ids = there.filter(pl.col("data_start_time") < start)["report_id"].unique()
    table.delete(f"report_id in ({', '.join(map(repr, ids))})")


def _made(marker: Marker) -> tuple[str, str]:
    return marker.note["spreports.created_time"], marker.stem


def rows(
    root: str, storage_options: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """All rows of the newest versions."""
    fs, path = fsspec.url_to_fs(root, **(storage_options or {}))
    found: list[dict[str, Any]] = []
    for marker in versions(root, storage_options):
        for file in marker.files:
            with fs.open(f"{path}/{file.path}", "rb") as opened:
                table = pq.ParquetFile(opened).read()
            assert table.num_rows == file.rows
            frame = pl.from_arrow(table)
            assert isinstance(frame, pl.DataFrame)
            found += (_folders(file.path) | row for row in frame.to_dicts())
    return found


def _folders(path: str) -> dict[str, Any]:
    """Partition values: they stand in the folders' names and nowhere else."""
    pairs = [folder.partition("=") for folder in path.split("/")[:-1]]
    return {name: unquote(value) for name, _, value in pairs}


def order(row: dict[str, Any]) -> tuple[Any, ...]:
    """What changes of an order, and some of what does not, typed or as text."""
    price, bought = row["item-price"], row["purchase-date"]
    updated = row["last-updated-date"]
    if isinstance(bought, str):
        bought = datetime.fromisoformat(bought)
        updated = datetime.fromisoformat(updated)
    return (
        row["amazon-order-id"],
        row["order-status"],
        Decimal(str(price)) if price else None,
        int(row["quantity"]),
        bought,
        updated,
        row["sku"],
        row["ship-postal-code"],
        row["sales-channel"],
    )


def check_orders(
    simulator: Simulator,
    root: str,
    start: datetime,
    end: datetime,
    as_of: datetime,
    *,
    marketplaces: list[str],
    storage_options: dict[str, Any] | None = None,
) -> int:
    """The lake has exactly the world's orders, as they stood; return how many."""
    truth = simulator.truth("orders", start, end, as_of, marketplaces=marketplaces)
    lake = Counter(map(order, rows(root, storage_options)))
    model = Counter(order(dict(row)) for row in truth)
    assert lake == model, (lake - model, model - lake)
    return sum(model.values())


def by_window(rows: Iterable[dict[str, Any]]) -> dict[Window, list[dict[str, Any]]]:
    """The rows of each window, by its dates."""
    found: dict[Window, list[dict[str, Any]]] = {}
    for row in rows:
        key = (row["data_start_time"], row["data_end_time"])
        found.setdefault(key, []).append(row)
    return found


def check_windows(
    simulator: Simulator, rows: Iterable[dict[str, Any]], first: datetime
) -> datetime:
    """Each window of orders has one version, whole; return where the last one ends."""
    covered = first
    for (start, end), held in sorted(by_window(rows).items()):
        assert start == covered
        assert len({row["report_id"] for row in held}) == 1
        made = held[0]["report_created_time"]
        truth = simulator.truth("orders", start, end, made, marketplaces=["DE"])
        assert Counter(map(order, held)) == Counter(order(dict(row)) for row in truth)
        covered = end
    return covered


def day(number: int) -> datetime:
    """A day of November 2026; 0 is the last of October."""
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=number - 1)

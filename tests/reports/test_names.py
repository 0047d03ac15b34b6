"""Files of one name, and tables of one report, never take each other's rows away."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import fsspec
import polars as pl
import pytest

import spreports as spr
from tests.one_answer import serving

HEADER = "amazon-order-id\tsku\tquantity\n"


def orders(place: Path, prefix: str, count: int) -> Path:
    """Write a flat file of some orders; packed where it is called so."""
    place.parent.mkdir(parents=True, exist_ok=True)
    text = HEADER + "".join(f"{prefix}-{n}\tS\t1\n" for n in range(count))
    pack = gzip.compress if place.suffix == ".gz" else bytes
    place.write_bytes(pack(text.encode()))
    return place


def sink(place: Path | str, lake: Path, **more: str) -> int:
    return spr.open_document(place, report_type="orders").sink(lake, **more).rows  # type: ignore[arg-type] # a format


def there(lake: Path) -> list[str]:
    rows = spr.scan_lake(lake, "orders").collect()
    return sorted(rows["amazon-order-id"].to_list())


@pytest.mark.parametrize("name", ["orders.txt", "orders.txt.gz"])
def test_a_file_of_another_folder_is_refused_and_takes_no_rows_away(
    tmp_path: Path, name: str
) -> None:
    lake = tmp_path / "lake"
    sink(orders(tmp_path / "9" / name, "a", 2), lake)

    with pytest.raises(spr.SinkError, match="orders is there from another file of tha"):
        sink(orders(tmp_path / "10" / name, "b", 3), lake)

    assert there(lake) == ["a-0", "a-1"]


def test_a_file_that_was_moved_or_mended_takes_the_place_of_its_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, first = tmp_path / "lake", orders(tmp_path / "a" / "orders.txt", "a", 2)
    sink(first, lake)
    moved = tmp_path / "b" / "orders.txt"
    moved.parent.mkdir()
    shutil.copy(first, moved)

    sink(moved, lake)
    assert there(lake) == ["a-0", "a-1"]
    orders(moved, "c", 3)
    monkeypatch.chdir(moved.parent)
    sink("./orders.txt", lake)

    assert there(lake) == ["c-0", "c-1", "c-2"]


def test_a_month_in_a_name_belongs_to_it(tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    for month in ("2026-09", "2026-10"):
        sink(orders(tmp_path / f"orders.{month}.txt.gz", month, 1), lake)

    assert there(lake) == ["2026-09-0", "2026-10-0"]
    assert {p.name for p in lake.glob("*.parquet")} == {
        "orders.2026-09-0.parquet",
        "orders.2026-10-0.parquet",
    }


def test_files_of_one_name_stay_apart_where_a_compaction_holds_the_first(
    tmp_path: Path,
) -> None:
    lake = tmp_path / "lake"
    sink(orders(tmp_path / "9" / "orders.txt", "a", 2), lake)
    sink(orders(tmp_path / "9" / "more.txt", "m", 1), lake)
    spr.Lake(lake).compact()
    assert len(list(lake.glob("*.parquet"))) == 1

    sink(orders(tmp_path / "10" / "orders.txt", "b", 1), lake)

    assert there(lake) == ["a-0", "a-1", "b-0", "m-0"]
    assert spr.Lake(lake).check(deep=True)
    spr.Lake(lake).compact()
    assert there(lake) == ["a-0", "a-1", "b-0", "m-0"]


def test_files_of_one_name_on_another_file_system_and_on_the_web(
    tmp_path: Path,
) -> None:
    lake = tmp_path / "lake"
    body = orders(tmp_path / "orders.txt", "w", 1).read_bytes()
    for folder in ("names-a", "names-b"):
        with fsspec.open(f"memory://{folder}/orders.txt", "wb") as file:
            file.write(body if folder == "names-a" else body * 2)

    sink("memory://names-a/orders.txt", lake)
    with pytest.raises(spr.SinkError, match="from another file"):
        sink("memory://names-b/orders.txt", lake)
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    with (
        serving(b"HTTP/1.1 200 OK\r\n" + length + body) as url,
        pytest.raises(spr.SinkError, match="from another file") as caught,
    ):
        sink(f"{url}/orders.txt?X-Amz-Signature=CANARY", lake)

    assert "CANARY" not in str(caught.value)
    marker = (tmp_path / "_spreports" / "lake" / "orders.json").read_text("utf-8")
    assert "names-a" not in marker


def test_another_file_of_a_name_is_no_silent_nothing_in_a_delta_table(
    tmp_path: Path,
) -> None:
    table = tmp_path / "table"
    first = orders(tmp_path / "9" / "orders.txt", "a", 2)
    sink(first, table, format="delta")

    assert sink(first, table, format="delta") == 0
    with pytest.raises(spr.SinkError, match="another file, or an older one, of the n"):
        sink(orders(tmp_path / "10" / "orders.txt", "b", 3), table, format="delta")

    assert pl.read_delta(str(table)).height == 2


@pytest.mark.parametrize("by", [(), ("report_id",)])
def test_a_second_table_of_a_report_is_refused_and_takes_no_rows_away(
    tmp_path: Path, by: tuple[str, ...]
) -> None:
    with spr.connect("simulator", home=tmp_path / "home") as client:
        settlements = client.existing("settlement")
        rows = settlements.sink(tmp_path / "lake", partition_by=by).rows
        with pytest.raises(spr.SinkError, match="is there with its table 'rows'"):
            settlements.sink(tmp_path / "lake", table="summary", partition_by=by)
        settlements.sink(tmp_path / "lake", table="rows", partition_by=by)

    assert pl.read_parquet(tmp_path / "lake" / "**" / "*.parquet").height == rows > 0


def test_a_delta_table_takes_no_second_table_and_no_second_type(
    tmp_path: Path,
) -> None:
    table = tmp_path / "table"
    with spr.connect("simulator", home=tmp_path / "home") as client:
        settlements = client.existing("settlement")
        rows = settlements.sink(table, format="delta").rows
        with pytest.raises(spr.SinkError, match=r"SETTLEMENT\w*, table summary: give"):
            settlements.sink(table, table="summary", format="delta")
        with pytest.raises(spr.SinkError, match=r"GENERAL, table rows: give each a De"):
            sink(orders(tmp_path / "orders.txt", "a", 2), table, format="delta")
        assert settlements.sink(table, table="rows", format="delta").rows == 0

    assert pl.read_delta(str(table)).height == rows > 0

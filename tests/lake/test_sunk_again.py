"""Reports that are sunk again after a compaction: nothing of their older rows stays."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import spreports as spr
from tests.lake.lakes import Lakeside, orders, rows_of, rows_of_table


def lake_of(shore: Lakeside) -> spr.Lake:
    return spr.Lake(shore.url, storage_options=shore.options)


def listed(shore: Lakeside) -> list[pa.Table]:
    """The files as one reads them who lists the folder."""
    names = shore.data_files()
    return [pq.ParquetFile(io.BytesIO(shore.bytes_of(n))).read() for n in names]


def sunk_again(shore: Lakeside, days: int) -> None:
    """Compact two reports, and sink so many of them again, with other folders."""
    for day in (0, 1):
        shore.put(str(day), orders(day), day=day)
    lake_of(shore).compact()
    for day in range(days):
        shore.put(str(day), orders(day), day=day, partition_by=["marketplace"])


@pytest.mark.parametrize("days", [1, 2])
def test_a_compaction_leaves_no_older_rows_of_what_was_sunk_again(
    shore: Lakeside, days: int
) -> None:
    sunk_again(shore, days)
    everything = rows_of_table(orders(0), orders(1))
    lake = lake_of(shore)

    (problem,) = lake.check().problems
    assert problem.kind == "leftover"
    assert problem.told.startswith(f"{6 * days} rows were written anew since")
    assert lake.compact(drop_superseded=True).cleared == 1

    assert rows_of(shore.scan().collect()) == everything
    assert sum(table.num_rows for table in listed(shore)) == 12
    assert lake.check(deep=True), lake.check().problems
    again = lake.compact()
    assert again == type(again)()


@pytest.mark.parametrize("days", [1, 2])
def test_protect_leaves_nothing_in_clear_of_what_was_sunk_again(
    shore: Lakeside, days: int
) -> None:
    sunk_again(shore, days)

    assert lake_of(shore).protect(["amazon-order-id"])[0] == 2

    tables = listed(shore)
    assert not [t for t in tables if "amazon-order-id" in t.column_names]
    assert sum(table.num_rows for table in tables) == 12
    assert lake_of(shore).check(deep=True)


def test_older_rows_in_one_compaction_never_count_for_newer_ones_in_another(
    shore: Lakeside,
) -> None:
    for number in range(4):
        # Each pair of compactions has names of its own, and the first by name counts
        kind = f"GET_UNHEARD_OF_{number}"
        for day, first in ((0, 0), (1, 0), (0, 100), (2, 0)):
            by = [] if first == 0 and day < 2 else ["sku"]
            rows = orders(day, 6, first)
            shore.put(str(day), rows, day=day, report_type=kind, partition_by=by)
            if day == 1:
                lake_of(shore).compact(kind)

        lake_of(shore).compact(kind)

        rows_now = rows_of(shore.scan(kind).collect())
        assert rows_now == rows_of_table(orders(0, 6, 100), orders(1), orders(2))


@pytest.mark.parametrize("days", [1, 2])
def test_older_rows_stay_where_the_newer_are_not_there(
    shore: Lakeside, days: int
) -> None:
    sunk_again(shore, days)
    before = shore.data_files()
    newer = next(name for name in before if "marketplace=" in name)
    shore.remove(newer)

    for care in (lake_of(shore).compact, lambda: lake_of(shore).protect(["sku"])):
        with pytest.raises(spr.SinkError, match=r"nothing was taken away.*is deleted"):
            care()

    assert shore.data_files() == [name for name in before if name != newer]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("days", [1, 2])
@pytest.mark.parametrize("step", ["rewrite.settled", "compact.take_away"])
def test_a_report_sunk_as_at_first_beside_a_killed_compaction_is_not_lost(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch, days: int, step: str
) -> None:
    sunk_again(shore, days)
    everything = rows_of_table(orders(0), orders(1))
    with monkeypatch.context() as patched:
        patched.setattr(f"spreports.lake.{step}", _killed)
        try:
            lake_of(shore).compact()
        except KeyboardInterrupt:
            assert rows_of(shore.scan().collect()) == everything
    shore.put("0", orders(0), day=0)
    assert rows_of(shore.scan().collect()) == everything

    lake_of(shore).compact()

    assert rows_of(shore.scan().collect()) == everything
    assert sum(table.num_rows for table in listed(shore)) == 12
    assert lake_of(shore).check(deep=True)

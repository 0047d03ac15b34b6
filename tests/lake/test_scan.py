"""`scan_lake` reads what is committed, all of it, and opens only what it must."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spreports as spr
from tests.lake.lakes import (
    COLLECTING_FAILS,
    DAY,
    ORDERS,
    Lakeside,
    day_of,
    orders,
    rows_of,
    rows_of_table,
)

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "orders_DE.txt"
BY_DAY = ["sales-channel", "purchase-date:day"]
DEEP = b"[" * 100_000


def test_a_lake_reads_back_what_was_written(lakeside: Lakeside) -> None:
    lakeside.put("1", orders(0), day=0, partition_by=BY_DAY)
    lakeside.put("2", orders(1), day=1, partition_by=["sku"])
    lakeside.put("3", orders(2), day=2)

    frame = lakeside.scan().collect()

    assert rows_of(frame) == rows_of_table(orders(0), orders(1), orders(2))
    assert frame.columns == [*orders().column_names, "purchase-date_day"]
    days = frame.group_by("purchase-date_day").len().sort("purchase-date_day")
    assert days.rows() == [(day_of(0), 6), (day_of(1), 6), (day_of(2), 6)]


def test_a_frame_that_is_pickled_needs_cloudpickle_as_the_readme_says(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch
) -> None:
    shore.put("1", orders(0), day=0)
    monkeypatch.setitem(sys.modules, "cloudpickle", None)

    with pytest.raises(Exception, match="cloudpickle"):
        pickle.dumps(shore.scan())


@pytest.mark.parametrize("name", ["lake*", "lake?", "l{a,b}ke", "l ä#%20+"])
def test_a_folder_of_any_name_is_read_and_no_other(shore: Lakeside, name: str) -> None:
    _write_and_read(shore, name)


@pytest.mark.slow
def test_a_name_that_is_a_pattern_is_none_on_any_file_system(
    lakeside: Lakeside,
) -> None:
    _write_and_read(lakeside, "lake[1]")


def _write_and_read(place: Lakeside, name: str) -> None:
    home = place.url.rpartition("/")[0]
    other = replace(place, url=f"{home}/lake1")
    odd = replace(place, url=f"{home}/{name}")
    other.put("1", orders(0))
    for report in ("2", "3"):
        odd.put(report, orders(int(report)), day=int(report), partition_by=["sku"])

    found = odd.scan().collect()

    assert rows_of(found) == rows_of_table(orders(2)) + rows_of_table(orders(3))
    lake = spr.Lake(odd.url, storage_options=odd.options)
    assert [report.report_id for report in lake.reports()] == ["2", "3"]
    assert lake.compact().reports == 2
    assert lake.check(deep=True)
    assert rows_of(odd.scan().collect()) == rows_of(found)


@pytest.mark.slow
def test_a_plain_sink_is_a_lake_as_well(tmp_path: Path) -> None:
    with spr.connect("simulator") as client:
        described = client.reports(
            "orders", start="2026-10-01", end="2026-10-08", marketplaces=["DE"]
        )
        described.sink(tmp_path / "orders", partition_by=BY_DAY)
        written = described.read(metadata=True)

    found = spr.scan_lake(tmp_path / "orders", "orders", metadata=True).collect()

    assert found.select(written.columns).schema == written.schema
    key = ["amazon-order-id", "sku", "quantity"]
    assert found.select(written.columns).sort(key).equals(written.sort(key))


@pytest.mark.parametrize("note", [b'{"files": [1]}', b'{"files": [null]}', DEEP])
def test_a_note_of_whatever_values_hides_its_report_and_no_other(
    shore: Lakeside, note: bytes
) -> None:
    shore.put("1", orders(0), day=0)
    shore.put("2", orders(1), day=1)
    shore.overwrite(f"_spreports/{ORDERS}/2.intent", note)

    assert rows_of(shore.scan().collect()) == rows_of_table(orders(0))
    kinds = [problem.kind for problem in spr.Lake(shore.url).check().problems]
    assert kinds == ["orphan", "unfinished"]
    assert spr.Lake(shore.url).compact().cleared == 0
    with pytest.raises(spr.SinkError, match=r"damaged 2\.intent"):
        shore.put("2", orders(1), day=1)


def test_what_has_no_marker_is_not_read(lakeside: Lakeside) -> None:
    lakeside.put("1", orders(0), day=0)
    lakeside.put("2", orders(1), day=1)
    lakeside.put("3", orders(2), day=2)
    lakeside.remove(f"_spreports/{ORDERS}/2.json")
    lakeside.overwrite(f"_spreports/{ORDERS}/3.intent", b"{}")

    assert rows_of(lakeside.scan().collect()) == rows_of_table(orders(0))


def test_of_a_restated_window_the_newest_version_counts(lakeside: Lakeside) -> None:
    lakeside.put("11", orders(0, 4), day=0, created=0)
    lakeside.put("9", orders(0, 6), day=0, created=5)
    lakeside.put("12", orders(1, 3), day=1)
    lakeside.put("13", orders(1, 2), day=1, options='{"custom": "true"}')

    every = lakeside.scan().collect()
    latest = lakeside.scan(latest=True, metadata=True).collect()

    assert every.height == 15
    assert latest.group_by("report_id").len().sort("report_id").rows() == [
        ("12", 3),
        ("13", 2),
        ("9", 6),
    ]


def test_snapshots_without_dates_are_versions_of_one_another(shore: Lakeside) -> None:
    for number in (1, 2, 3):
        shore.put(
            str(number),
            orders(0, number),
            day=number,
            data_start_time="",
            data_end_time="",
            date="",
        )

    assert shore.scan().collect().height == 6
    assert shore.scan(latest=True).collect().height == 3


@pytest.mark.slow
def test_a_days_query_opens_only_that_days_files(lakeside: Lakeside) -> None:
    days = 90 if not lakeside.options else 6  # a moto server takes its time
    for day in range(days):
        lakeside.put(str(100 + day), orders(day), day=day, partition_by=BY_DAY[1:])
    for name in lakeside.data_files():
        if f"day={day_of(4)}" not in name:
            lakeside.overwrite(name, b"no Parquet at all")
    start = DAY + timedelta(days=4)
    that_day = {
        "by the folder": pl.col("purchase-date_day") == day_of(4),
        "by the time": (pl.col("purchase-date") >= start)
        & (pl.col("purchase-date") < start + timedelta(days=1)),
        "between": pl.col("purchase-date").is_between(
            start, start + timedelta(days=1), closed="left"
        ),
        "by the day of the time": pl.col("purchase-date").dt.date() == day_of(4),
        "one of": pl.col("purchase-date_day").is_in([day_of(4), day_of(400)]),
    }
    # Columns are known without the damaged files, as one file of each kind will do
    kind = next(n for n in lakeside.data_files() if f"day={day_of(0)}" in n)
    whole = next(n for n in lakeside.data_files() if f"day={day_of(4)}" in n)
    lakeside.overwrite(kind, lakeside.bytes_of(whole))
    lake = lakeside.scan()
    lakeside.overwrite(kind, b"no Parquet at all")

    for condition in that_day.values():
        found = lake.filter(condition).collect()
        assert rows_of(found) == rows_of_table(orders(4))
    with pytest.raises(COLLECTING_FAILS):
        lake.collect()


def test_a_query_by_metadata_opens_only_that_reports_files(shore: Lakeside) -> None:
    for day in range(5):
        shore.put(str(day), orders(day), day=day)
    lake = shore.scan(metadata=True)
    for name in shore.data_files():
        if not name.endswith("/3-0.parquet"):
            shore.remove(name)

    found = lake.filter(pl.col("report_id") == "3").collect()

    assert rows_of(found) == rows_of_table(orders(3))
    early = pl.col("data_start_time") == DAY + timedelta(days=3)
    assert lake.filter(early).collect().height == 6


def test_statistics_keep_row_groups_unread(shore: Lakeside) -> None:
    shore.put("1", orders(0, 1000), day=0)
    lake = shore.scan()
    (name,) = shore.data_files()
    data = bytearray(shore.bytes_of(name))
    data[4:2000] = b"\xff" * 1996  # the first row groups; the footer stands at the end
    shore.overwrite(name, bytes(data))

    found = lake.filter(pl.col("purchase-date") >= DAY + timedelta(minutes=950))

    assert found.select("quantity").collect()["quantity"].to_list() == list(
        range(950, 1000)
    )
    with pytest.raises(COLLECTING_FAILS):
        lake.collect()


def test_a_nan_is_read_though_it_is_in_no_statistic(shore: Lakeside) -> None:
    rows = pa.table({"number": [1, 2, 3], "price": [1.0, 2.0, float("nan")]})
    shore.put("1", rows)

    # NaN is greater than all else to polars, so the greatest value tells too little
    found = shore.scan().filter(pl.col("price") > 5).collect()

    assert found["number"].to_list() == [3]


def test_only_the_columns_asked_for_are_read(shore: Lakeside) -> None:
    shore.put("1", orders(0), day=0, partition_by=["sku"])
    lake = shore.scan()

    assert lake.select("sku").collect()["sku"].sort().to_list() == [
        *["000"] * 2,
        *["001"] * 2,
        *["002"] * 2,
    ]
    assert lake.select(pl.len()).collect().item() == 6
    assert lake.head(2).collect().height == 2
    assert lake.filter(pl.col("sku") == "001").select("quantity").collect().height == 2


@pytest.mark.slow
def test_a_scan_goes_on_where_a_report_was_written_anew(lakeside: Lakeside) -> None:
    for day in range(4):
        lakeside.put(str(day), orders(day), day=day, partition_by=["sku"])
    lake = lakeside.scan()
    lakeside.put("2", orders(2), day=2, partition_by=BY_DAY)
    lakeside.put("7", orders(7), day=7)

    found = lake.collect()

    assert rows_of(found) == rows_of_table(*(orders(day) for day in range(4)))
    assert lake.collect().equals(found)


def test_a_file_that_is_gone_for_good_is_an_error_that_says_what_to_do(
    shore: Lakeside,
) -> None:
    shore.put("1", orders(0), day=0, partition_by=["sku"])
    lake = shore.scan()
    shore.remove(shore.data_files()[0])

    with pytest.raises(COLLECTING_FAILS, match="spreports lake check"):
        lake.collect()


def test_a_delta_table_is_named_as_one(tmp_path: Path) -> None:
    (tmp_path / "table" / "_delta_log").mkdir(parents=True)
    with pytest.raises(spr.SinkError, match=r"Delta table: .* polars\.scan_delta"):
        spr.scan_lake(tmp_path / "table", "orders")


@pytest.mark.parametrize("name", ["a b", "ü", "100%", "#1", "a{b}"])
def test_a_delta_table_is_read_as_the_error_says(name: str, tmp_path: Path) -> None:
    for folder in (tmp_path / name, tmp_path / "plain"):
        deltalake.write_deltalake(folder, pa.table({"n": [1]}))

        with pytest.raises(spr.SinkError) as caught:
            spr.scan_lake(folder, "orders")

        call = re.search(
            r"scan_delta\('(.*?)'(, use_pyarrow=True)?\)", str(caught.value)
        )
        assert call is not None
        assert call[1] == str(folder)
        frame = pl.scan_delta(call[1], use_pyarrow=bool(call[2]))
        assert frame.collect().rows() == [(1,)]
        assert bool(call[2]) == (folder.name != "plain")


def test_no_lake_and_no_such_report_are_errors(shore: Lakeside) -> None:
    with pytest.raises(spr.SinkError, match="no report of GET_"):
        shore.scan().collect()
    shore.put("1", orders(0), day=0)
    with pytest.raises(spr.SinkError, match="no report of GET_MERCHANT"):
        shore.scan("listings")
    with pytest.raises(ValueError, match="unknown report type"):
        shore.scan("oders")


def test_tables_have_data_roots_of_their_own(shore: Lakeside) -> None:
    kind = "GET_SALES_AND_TRAFFIC_REPORT"
    by_date = pa.table({"date": ["2026-10-01"], "unitsOrdered": [3]})
    by_asin = pa.table({"parentAsin": ["B0", "B1"]})
    shore.put("1", by_date, report_type=kind, table="salesAndTrafficByDate")
    with pytest.raises(ValueError, match="nothing of its table 'salesAndTrafficBy"):
        shore.scan("sales_and_traffic", table="salesAndTrafficByAsin")
    shore.put("1", by_asin, report_type=kind, table="salesAndTrafficByAsin")

    assert shore.scan("sales_and_traffic").collect().height == 1
    assert shore.scan("sales_and_traffic", table="salesAndTrafficByAsin").collect()[
        "parentAsin"
    ].to_list() == ["B0", "B1"]
    with pytest.raises(ValueError, match="there is no table 'x'"):
        shore.scan("sales_and_traffic", table="x")


@pytest.mark.parametrize("below", ["", ORDERS])
def test_a_table_that_no_report_has_is_refused_and_those_there_are_named(
    tmp_path: Path, below: str
) -> None:
    spr.open_document(SAMPLE, report_type="orders").sink(tmp_path / "lake" / below)

    with pytest.raises(ValueError, match=f"^{ORDERS}: there is no table 'zz': rows$"):
        spr.scan_lake(tmp_path / "lake", "orders", table="zz")
    with pytest.raises(spr.SinkError, match="no report of GET_SALES"):
        spr.scan_lake(tmp_path / "lake", "sales_and_traffic", table="zz")
    assert spr.scan_lake(tmp_path / "lake", "orders", table="rows").collect().height


def test_a_lake_of_empty_reports_has_columns_and_no_rows(shore: Lakeside) -> None:
    shore.put("1", orders(0, 0), day=0, partition_by=["sku"])

    frame = shore.scan().collect()

    assert frame.height == 0
    assert "amazon-order-id" in frame.columns


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)


@pytest.mark.slow
@settings(max_examples=25)
@given(values=st.lists(st.none() | texts, min_size=1, max_size=6))
def test_any_partition_value_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, values: list[str | None]
) -> None:
    home = tmp_path_factory.mktemp("values")
    lake = Lakeside(str(home / "lake"), {}, None)
    rows = pa.table(
        {"sku": pa.array(values, pa.string()), "quantity": range(len(values))}
    )
    lake.put("1", rows, partition_by=["sku"])

    found = lake.scan().sort("quantity").collect()

    assert found["sku"].to_list() == values
    for value in values:
        alike = lake.scan().filter(pl.col("sku").eq_missing(value)).collect()
        assert alike["quantity"].to_list() == [
            i for i, each in enumerate(values) if each == value
        ]
    shutil.rmtree(home)


moments = st.datetimes(
    datetime(2026, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2026, 12, 31),  # noqa: DTZ001 - as above
    timezones=st.just(UTC),
)


@pytest.mark.slow
@settings(max_examples=25)
@given(
    times=st.lists(st.none() | moments, min_size=1, max_size=8),
    unit=st.sampled_from(["day", "month", "year"]),
    data=st.data(),
)
def test_pruning_never_changes_an_answer(
    tmp_path_factory: pytest.TempPathFactory,
    times: list[datetime | None],
    unit: str,
    data: st.DataObject,
) -> None:
    home = tmp_path_factory.mktemp("pruned")
    lake = Lakeside(str(home / "lake"), {}, None)
    column = pa.array(times, pa.timestamp("us", "UTC"))
    rows = pa.table({"purchase-date": column, "quantity": range(len(times))})
    lake.put("1", rows, partition_by=[f"purchase-date:{unit}"])
    lake.put("2", rows, day=1)
    low, high = sorted(
        data.draw(
            st.tuples(moments, moments).map(list) | st.just([times[0] or DAY] * 2)
        )
    )
    when = pl.col("purchase-date")
    condition = data.draw(
        st.sampled_from(
            [
                when == low,
                when != low,
                when > low,
                low <= when,
                when.is_between(low, high),
                (when >= low) & (when < high),
                (when < low) | (when > high),
                ~(when < high),
                when.is_in([low, high]),
                when.is_null(),
                when.dt.date() == low.date(),
                when.dt.date() <= high.date(),
                pl.col(f"purchase-date_{unit}").is_null(),
            ]
        )
    )

    everything = lake.scan().collect()
    found = lake.scan().filter(condition).collect()

    assert found.equals(everything.filter(condition))
    shutil.rmtree(home)


def test_a_data_root_that_was_moved_and_linked_is_refused_and_a_whole_lake_is_not(
    shore: Lakeside, tmp_path: Path
) -> None:
    shore.put("1", orders(1), day=1)
    root, elsewhere = Path(shore.root(ORDERS)), tmp_path / "larger"
    shutil.move(root, elsewhere)
    root.symlink_to(elsewhere)

    with pytest.raises(spr.SinkError, match="is a link"):
        shore.put("2", orders(2), day=2)

    root.unlink()
    shutil.move(elsewhere, root)
    shutil.move(shore.url, elsewhere)
    Path(shore.url).symlink_to(elsewhere)
    shore.put("2", orders(2), day=2)
    expected = rows_of_table(orders(1)) + rows_of_table(orders(2))
    assert rows_of(shore.scan().collect()) == sorted(expected, key=repr)
    assert spr.Lake(shore.url).check(deep=True)


@pytest.mark.parametrize(
    "damage",
    [
        lambda raw: raw | {"files": raw["files"][1:]},
        lambda raw: raw | {"rows": raw["rows"] + 1},
        lambda _: "[" * 5_000,
    ],
)
def test_a_marker_that_contradicts_itself_is_damaged(
    shore: Lakeside, damage: Callable[[Any], Any]
) -> None:
    shore.put("1", orders(1), day=1, partition_by=["sku"])
    name = f"_spreports/{ORDERS}/1.json"
    wrong = damage(json.loads(shore.bytes_of(name)))
    text = wrong if isinstance(wrong, str) else json.dumps(wrong)
    shore.overwrite(name, text.encode())

    with pytest.raises(spr.SinkError, match=rf"{ORDERS}: .*damaged 1\.json"):
        shore.scan()
    (problem,) = spr.Lake(shore.url).check().problems
    assert problem.kind == "marker"


def test_a_compaction_that_promises_rows_beyond_a_file_is_damaged(
    shore: Lakeside,
) -> None:
    for day in range(2):
        shore.put(str(day), orders(day), day=day)
    spr.Lake(shore.url).compact()
    (name,) = [name for name in shore.files() if name.endswith(".json")]
    raw = json.loads(shore.bytes_of(name))
    note = json.loads(raw["note"]["spreports.compacted"])
    note["reports"][1]["spans"][0][2] += 1
    raw["note"]["spreports.compacted"] = json.dumps(note)
    shore.overwrite(name, json.dumps(raw).encode())

    with pytest.raises(spr.SinkError, match="is damaged"):
        shore.scan()


@pytest.mark.parametrize("missing", ["missing", "there"])
def test_a_lake_is_read_by_the_name_that_it_was_written_by(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").mkdir()
    shore = Lakeside(f"{missing}/../lake", {}, None)
    shore.put("1", orders(0))

    assert shore.scan().collect().height == 6
    assert spr.Lake(shore.url).check(deep=True)
    shore.put("2", orders(1), day=1)
    assert spr.Lake(shore.url).compact().reports == 2
    assert spr.scan_lake("lake", "orders").collect().height == 12
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lake", "there"]

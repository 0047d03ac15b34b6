"""Check, purge, protect: what is wrong is said, what is personal can go."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

import spreports as spr
from tests.lake.lakes import DAY, ORDERS, Lakeside, orders, rows_of, rows_of_table
from tests.load.lake import Bucket

KEY = b"a key of sixteen or more bytes"


def lake_of(shore: Lakeside) -> spr.Lake:
    return spr.Lake(shore.url, storage_options=shore.options)


def fill(shore: Lakeside, days: int = 3) -> None:
    for day in range(days):
        shore.put(str(day), orders(day), day=day, partition_by=["sku"])


def test_a_sound_lake_has_no_problems(lakeside: Lakeside) -> None:
    fill(lakeside)

    found = lake_of(lakeside).check(deep=True)

    assert found, found.problems
    assert (found.roots, found.reports, found.files, found.rows) == (1, 3, 9, 18)
    assert found.bytes == sum(
        size for name, size in lakeside.files().items() if name.endswith(".parquet")
    )


def test_whatever_is_wrong_is_found(lakeside: Lakeside) -> None:
    fill(lakeside)
    names = lakeside.data_files()
    whole = lakeside.bytes_of(names[2])
    flipped = bytearray(whole)
    flipped[60] ^= 1  # within the first page
    lakeside.remove(names[0])
    lakeside.overwrite(names[1], whole + b"more")
    lakeside.overwrite(names[2], bytes(flipped))
    lakeside.overwrite(f"{ORDERS}/sku=000/77-0.parquet", whole)
    lakeside.overwrite(f"{ORDERS}/notes.txt", b"mine")
    lakeside.overwrite(
        f"_spreports/{ORDERS}/9.intent",
        b'{"format": 1, "files": ["sku=000/9-0.parquet"]}',
    )
    lakeside.overwrite(f"{ORDERS}/sku=000/9-0.parquet", whole)

    plain = lake_of(lakeside).check()
    deep = lake_of(lakeside).check("orders", deep=True)

    said = {p.kind: p.path for p in plain.problems}
    assert set(said) == {"missing", "size", "orphan", "foreign", "unfinished"}
    assert said["missing"].endswith(names[0])
    assert said["orphan"].endswith("77-0.parquet")
    assert {p.kind for p in deep.problems} == {*said, "damaged"}
    assert not plain


def test_a_folder_made_in_the_console_of_s3_is_no_foreign_file(bucket: Bucket) -> None:
    lakeside = Lakeside(f"s3://{bucket.name}/lake", bucket.options, bucket.fs)
    lakeside.put("1", orders(), day=0)
    folders = f"lake/{ORDERS}/", f"lake/{ORDERS}/sub/"
    for key in folders:
        bucket.fs.call_s3("put_object", Bucket=bucket.name, Key=key, Body=b"")

    found = lake_of(lakeside).check(deep=True)

    assert found, found.problems
    for key in folders:  # which s3fs of 2025 does not take away with their bucket
        bucket.fs.call_s3("delete_object", Bucket=bucket.name, Key=key)


def test_rows_that_are_not_as_many_as_said_are_found(shore: Lakeside) -> None:
    shore.put("1", orders(0, 6), day=0)
    shore.put("2", orders(1, 6), day=1)
    one, other = shore.data_files()
    marker = f"_spreports/{ORDERS}/1.json"
    told = shore.bytes_of(marker).replace(b'"rows": 6', b'"rows": 5')
    shore.overwrite(marker, told)

    (problem,) = lake_of(shore).check(deep=True).problems

    assert (problem.kind, problem.told) == ("rows", "6 rows, not 5")
    assert problem.path.endswith(one)
    assert not problem.path.endswith(other)


def test_a_damaged_marker_is_a_problem_and_no_crash(shore: Lakeside) -> None:
    fill(shore)
    shore.overwrite(f"_spreports/{ORDERS}/1.json", b"{")

    (problem,) = lake_of(shore).check().problems

    assert problem.kind == "marker"


def test_what_the_markers_say_is_enough_for_a_ledger(shore: Lakeside) -> None:
    shore.put("7", orders(0), day=0, options='{"custom": "true"}')

    (report,) = lake_of(shore).reports()

    assert report.report_id == "7"
    assert report.report_type == ORDERS
    assert report.account == "account-1"
    assert report.marketplace_ids == ("A1PA6795UKMFR9",)
    assert report.options == {"custom": "true"}
    assert report.data_start_time == DAY
    assert report.data_end_time == DAY + timedelta(days=1)
    assert report.created_time == datetime(2026, 10, 2, tzinfo=UTC)
    assert report.report_document_id == "document-of-7"
    assert report.sha256 == "0" * 64
    assert report.request_key
    assert report.rows == 6


def test_purging_and_protecting_work_on_every_file_system(lakeside: Lakeside) -> None:
    fill(lakeside)
    lakeside.put("9", personal(), day=9)
    lake = lake_of(lakeside)

    assert lake.purge(date(2026, 10, 2)).rows == 6
    assert lake.protect(["buyer-email"], key=KEY) == (1, 1)

    frame = lakeside.scan().collect()
    assert rows_of(frame.filter(pl.col("sku").is_not_null())) == rows_of_table(
        orders(1), orders(2)
    )
    assert frame["buyer-email"].drop_nulls().str.len_chars().unique().to_list() == [64]
    assert lake.check(deep=True)


@pytest.mark.parametrize("compacted", [False, True])
def test_a_purge_takes_away_what_is_older(shore: Lakeside, compacted: bool) -> None:
    fill(shore, 4)
    shore.put("9", orders(9), day=9, data_start_time="", data_end_time="")
    lake = lake_of(shore)
    if compacted:
        lake.compact()
    before = shore.files()

    tried = lake.purge(date(2026, 10, 3), dry_run=True)
    assert shore.files() == before
    done = lake.purge(date(2026, 10, 3))

    assert [report.report_id for report in done.reports] == ["0", "1"]
    assert tried == done
    assert (done.rows, done.straddling, done.undated) == (12, 0, 1)
    assert rows_of(shore.scan().collect()) == rows_of_table(
        orders(2), orders(3), orders(9)
    )
    assert lake.check(deep=True)
    assert not lake.purge(date(2026, 10, 3)).reports


def test_a_purge_spares_what_reaches_beyond_the_day(shore: Lakeside) -> None:
    shore.put("1", orders(0), day=0, data_end_time="2026-10-09T00:00:00+00:00")

    done = lake_of(shore).purge(date(2026, 10, 5))

    assert (done.reports, done.straddling) == ((), 1)
    assert shore.scan().collect().height == 6


def personal(rows: int = 4) -> pa.Table:
    mails = ["a@example.com", None, "b@example.com", "a@example.com"]
    return pa.table({"buyer-email": mails[:rows], "quantity": list(range(rows))})


@pytest.mark.parametrize("compacted", [False, True])
def test_hashed_columns_are_equal_where_the_values_were(
    shore: Lakeside, compacted: bool
) -> None:
    shore.put("1", personal(), day=0)
    shore.put("2", personal(3), day=1)
    shore.put("3", orders(2), day=2)
    lake = lake_of(shore)
    if compacted:
        lake.compact()
    scanned = shore.scan()

    reports, _ = lake.protect(["buyer-email"], key=KEY)

    def hashed(text: str) -> str:
        return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()

    a, b = hashed("a@example.com"), hashed("b@example.com")
    rows = shore.scan().filter(pl.col("sku").is_null()).collect()
    assert rows["buyer-email"].to_list() == [a, None, b, a, a, None, b]
    assert scanned.collect().height == 13
    assert reports == 2
    assert lake.protect(["buyer-email"], key=KEY) == (0, 0)
    assert lake.check(deep=True), lake.check().problems
    for name in shore.files():
        assert b"example.com" not in shore.bytes_of(name)
    assert [r.report_id for r in lake.reports()] == ["1", "2", "3"]


def test_a_column_that_is_hashed_already_is_not_hashed_again(shore: Lakeside) -> None:
    mails = ["a@example.com", None, "b@example.com", "a@example.com"]
    names = pa.array(["Ann", "Bo", None, "Ann"])
    shore.put("1", personal().append_column("buyer-name", names), day=0)
    lake = lake_of(shore)
    lake.protect(["buyer-email"], key=KEY)
    once = shore.scan().collect()["buyer-email"].to_list()
    shore.put("2", personal().append_column("buyer-name", names), day=1)

    assert lake.protect(["buyer-email", "buyer-name"], key=KEY) == (2, 2)

    rows = shore.scan().collect()
    assert rows["buyer-email"].to_list() == once * 2
    assert rows["buyer-name"].n_unique() == 3
    assert not set(mails) & set(once) - {None}


def test_a_list_can_be_dropped_and_not_hashed(shore: Lakeside) -> None:
    table = personal(2).append_column("lines", pa.array([["a"], ["b"]]))
    shore.put("1", table, day=0)
    lake = lake_of(shore)

    with pytest.raises(spr.SinkError, match="'lines' is no column of single"):
        lake.protect(["lines"], key=KEY)

    assert lake.protect(["lines"]) == (1, 1)
    assert lake.check(deep=True)


def test_a_check_of_a_type_that_is_not_there_finds_nothing(shore: Lakeside) -> None:
    fill(shore)

    found = lake_of(shore).check("listings")

    assert found
    assert (found.roots, found.files) == (0, 0)


def test_dropped_columns_are_gone_and_the_rest_stays(shore: Lakeside) -> None:
    shore.put("1", personal(), day=0)

    assert lake_of(shore).protect(["buyer-email"]) == (1, 1)

    frame = shore.scan().collect()
    assert frame.columns == ["quantity"]
    assert frame["quantity"].to_list() == [0, 1, 2, 3]
    with pytest.raises(spr.SinkError, match="no column would be left"):
        lake_of(shore).protect(["quantity"])


def test_a_column_that_nobody_has_is_no_protection(shore: Lakeside) -> None:
    shore.put("1", personal(), day=0)
    lake = lake_of(shore)

    with pytest.raises(ValueError, match=r"no report there has a column 'buyer-emial'"):
        lake.protect(["buyer-email", "buyer-emial"])

    assert shore.scan().collect().columns == ["quantity"]
    # Of a type, or of rows, that are yet to come nobody can tell
    assert lake.protect(["nosuch"], "listings") == (0, 0)
    kind = "GET_UNHEARD_OF"
    shore.put("2", personal()[:0], report_type=kind, partition_by=["quantity"])
    assert lake.protect(["nosuch"], kind) == (0, 0)
    # Dropped before, or of the catalogue and of reports to come
    assert lake.protect(["buyer-email"], key=KEY) == (0, 0)
    assert lake.protect(["amazon-order-id"]) == (0, 0)


def test_a_column_in_folder_names_and_a_short_key_are_refused(shore: Lakeside) -> None:
    shore.put("1", personal(), day=0, partition_by=["buyer-email"])

    with pytest.raises(spr.SinkError, match="partitioned by 'buyer-email'"):
        lake_of(shore).protect(["buyer-email"])
    with pytest.raises(ValueError, match="at least 16"):
        lake_of(shore).protect(["quantity"], key=b"short")
    with pytest.raises(ValueError, match="list of names"):
        lake_of(shore).protect("quantity")


@pytest.mark.parametrize(
    ("columns", "key", "error", "told"),
    [
        ([5], None, TypeError, "columns holds int, not a name"),
        ([None], None, TypeError, "columns holds NoneType, not a name"),
        ([b"sku"], None, TypeError, "columns holds bytes, not a name"),
        (5, None, TypeError, "columns must be a list of names, and not int"),
        ([], None, ValueError, "columns is empty: name some, such as"),
        (["quantity"], "0" * 16, TypeError, "key must be bytes, and not str"),
    ],
)
def test_what_is_no_column_and_no_key_is_told_before_anything_is_done(
    shore: Lakeside, columns: Any, key: Any, error: type[Exception], told: str
) -> None:
    shore.put("1", personal(), day=0)

    with pytest.raises(error, match=told):
        lake_of(shore).protect(columns, key=key)


def test_a_protection_says_what_was_written_anew_by_name(shore: Lakeside) -> None:
    for day in (0, 1):
        shore.put(str(day), personal(), day=day)

    done = lake_of(shore).protect(["buyer-email"])

    assert (done.reports, done.files) == done == (2, 2)


def test_restricted_files_stay_the_owners_alone(shore: Lakeside) -> None:
    kind = "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"
    for day in (0, 1):
        shore.put(str(day), personal(), day=day, report_type=kind)

    lake_of(shore).compact()

    (name,) = shore.data_files()
    assert shore.fs.info(f"{shore.url}/{name}")["mode"] & 0o077 == 0


def test_a_root_that_is_no_lake_is_named() -> None:
    with pytest.raises(spr.SinkError, match=r"^/ is no lake"):
        spr.Lake("/").check()


def test_where_no_lake_is_there_is_an_error(shore: Lakeside) -> None:
    with pytest.raises(spr.SinkError, match="is no lake"):
        lake_of(shore).check()

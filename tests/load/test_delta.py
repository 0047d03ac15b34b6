"""A Delta table with many writers: nothing lost, nothing doubled, read by everybody."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import deltalake
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fsspec.core import url_to_fs

import spreports as spr
from spreports.arrays import array_of
from spreports.load.delta import sink_delta
from spreports.load.delta_report import DeltaReport
from spreports.load.object_store import (
    delta_options,
    fsspec_options,
    in_fsspecs_words,
)
from spreports.load.parquet import SinkResult
from tests.load.delta_writer import MADE, report
from tests.load.lake import Bucket

REPOSITORY = Path(__file__).parents[2]


def read(url: str, options: dict[str, Any] | None = None) -> pl.DataFrame:
    storage = delta_options(url, options)
    return pl.scan_delta(url, storage_options=storage or None).sort("n").collect()


def numbers(url: str, options: dict[str, Any] | None = None) -> list[int]:
    return read(url, options)["n"].to_list()


def test_rows_come_back_alike_in_polars_pandas_and_duckdb(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    sink_delta(
        [report("1", range(30)), report("2", range(30, 60))],
        url,
        partition_by=["sku", "purchase-date:day"],
    )

    by_polars = read(url)
    table = deltalake.DeltaTable(url)
    by_pandas = table.to_pandas().sort_values("n")
    files = table.file_uris()
    names = 'n, sku, price, CAST("purchase-date" AS VARCHAR) AS at, report_id'
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        # DuckDB's own Delta reader is a download; the log's current files are not
        by_duckdb = connection.execute(
            f"SELECT {names} FROM read_parquet(?, hive_partitioning=true,"
            " hive_types={'sku': VARCHAR}) ORDER BY n",
            [files],
        ).fetchall()

    assert by_polars["n"].to_list() == list(range(60))
    assert by_polars["sku"].to_list() == [f"{n % 7:03d}" for n in range(60)]
    assert by_polars["price"].to_list() == [Decimal(n) / 100 for n in range(60)]
    assert by_polars["purchase-date"].dtype == pl.Datetime("us", "UTC")
    days = by_polars["purchase-date"].dt.date()
    assert by_polars["purchase-date_day"].to_list() == days.to_list()
    assert by_pandas["sku"].tolist() == by_polars["sku"].to_list()
    assert [row[:3] for row in by_duckdb] == list(
        by_polars.select("n", "sku", "price").rows()
    )
    assert by_duckdb[0][3].startswith("2026-10-02 00:00:00")


def test_the_table_needs_no_feature_of_later_protocols(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    by = ["purchase-date:month"]
    newer = report("2", range(3), window="w1", made=MADE + timedelta(1))
    sink_delta([report("1", range(3))], url, partition_by=by)
    sink_delta([newer], url, partition_by=by)

    protocol = deltalake.DeltaTable(url).protocol()

    assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
    assert not protocol.reader_features
    assert not protocol.writer_features


def test_a_report_that_is_there_is_not_written_again(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    first = sink_delta([report("1", range(5)), report("2", range(5, 9))], url)
    version = deltalake.DeltaTable(url).version()

    again = sink_delta([report("1", range(5)), report("2", range(5, 9))], url)

    assert [result.rows for result in first] == [5, 4]
    assert first[0].files == 1
    assert first[0].bytes > 0
    assert [result.rows for result in again] == [0, 0]
    assert deltalake.DeltaTable(url).version() == version
    assert numbers(url) == list(range(9))


def test_a_column_without_a_value_is_text_and_takes_one_later(tmp_path: Path) -> None:
    url = str(tmp_path / "table")

    sink_delta([report("1", [1], note=pa.nulls(1))], url)
    sink_delta([report("2", [2], note=array_of(["a"], pa.string()))], url)

    found = pl.read_delta(url).sort("n")
    assert found["note"].to_list() == [None, "a"]


def test_files_and_bytes_stand_with_the_first_report_that_has_rows(
    tmp_path: Path,
) -> None:
    reports = [report("1", []), report("2", [2]), report("3", [3])]

    results = sink_delta(reports, tmp_path / "table")

    assert [(each.rows, each.files) for each in results] == [(0, 0), (1, 1), (1, 0)]
    assert [each.bytes > 0 for each in results] == [False, True, False]


def test_a_restated_window_replaces_the_older_version(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    later = MADE + timedelta(days=1)
    sink_delta([report("1", range(5), window="a"), report("2", [50], window="b")], url)
    before = deltalake.DeltaTable(url).version()

    restated = report("3", range(10, 13), window="a", made=later)
    sink_delta([restated, report("4", [60], window="c")], url)

    assert numbers(url) == [10, 11, 12, 50, 60]
    assert deltalake.DeltaTable(url).version() == before + 1


@pytest.mark.slow
@pytest.mark.parametrize("begun", [False, True])
def test_the_log_tells_no_values_of_personal_data(
    tmp_path: Path, *, begun: bool
) -> None:
    url = str(tmp_path / "table")
    if begun:  # by a version of ours that told all
        sink_delta([report("begun", [0], window="w")], url, partition_by=["sku"])
    for number in range(12):
        one = report(
            str(number),
            [number],
            window="w",
            made=MADE + timedelta(minutes=number),
            buyer=pa.array([f"Canary {number}"]),
        )
        done = sink_delta([replace(one, private=True)], url, partition_by=["sku"])
        assert done[0].rows == 1
    assert numbers(url) == [11]
    table = deltalake.DeltaTable(url)
    table.delete("n = 11")
    table.vacuum(0, enforce_retention_duration=False, dry_run=False)

    log = tmp_path / "table" / "_delta_log"
    commits = "".join(path.read_text() for path in sorted(log.glob("*.json")))
    checkpoints = [pq.read_table(path) for path in log.glob("*.checkpoint.parquet")]
    assert checkpoints
    assert "Canary" not in f"{commits} {[each.to_pylist() for each in checkpoints]}"
    assert not list((tmp_path / "table").rglob("*.zstd.parquet"))
    last = [line for line in commits.splitlines() if '"add"' in line][-1]
    least = json.loads(json.loads(last)["add"]["stats"])["minValues"]
    assert set(least) == {"report_id", "report_window"}


def test_of_two_versions_of_one_moment_the_one_that_comes_last_counts(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    first, second, third = (report(f"{n}", [n], window="w") for n in (1, 2, 3))

    sink_delta([first, second], url)
    assert numbers(url) == [2]
    sink_delta([third], url)
    assert numbers(url) == [3]


def test_an_older_version_that_comes_late_replaces_nothing(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    later = MADE + timedelta(days=1)
    sink_delta([report("3", [3], window="a", made=later)], url)

    result = sink_delta([report("1", [1], window="a")], url)
    both = sink_delta(
        [report("6", [6], window="b", made=later), report("5", [5], window="b")], url
    )

    assert result[0].rows == 0
    assert [each.rows for each in both] == [1, 0]
    assert numbers(url) == [3, 6]


def test_new_columns_are_added_and_narrow_ones_widened(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("1", [1])], url)
    sink_delta([report("2", [2], novel=pa.array(["x"]), price=pa.array([2]))], url)

    frame = read(url)

    assert frame["novel"].to_list() == [None, "x"]
    assert frame["price"].to_list() == [Decimal("0.01"), Decimal(2)]


def test_a_column_that_no_longer_fits_is_an_error_and_changes_nothing(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("1", [1])], url)

    with pytest.raises(spr.SinkError, match="'price' is double now, and decimal"):
        sink_delta([report("2", [2], price=pa.array([0.5]))], url)
    with pytest.raises(spr.SinkError, match="partitioned by nothing"):
        sink_delta([report("2", [2])], url, partition_by=["sku"])

    assert numbers(url) == [1]


def test_what_a_document_raises_comes_through_and_nothing_is_visible(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("1", [1])], url)
    good = report("2", range(500))

    def breaking(texts: frozenset[str]) -> pa.RecordBatchReader:
        def pieces() -> Iterator[pa.RecordBatch]:
            yield from good.open(texts)
            raise spr.ParseError("row 7 is short", row=7)

        return pa.RecordBatchReader.from_batches(good.open(texts).schema, pieces())

    bad = DeltaReport(name="2", window="w2", made=MADE, open=breaking)
    with pytest.raises(spr.ParseError, match="row 7"):
        sink_delta([bad], url)

    assert numbers(url) == [1]


def test_places_and_options_that_delta_has_not_are_errors_without_secrets() -> None:
    with pytest.raises(spr.SinkError, match="memory:// cannot hold a Delta table"):
        sink_delta([report("1", [1])], "memory://a/table")
    options = {"secret": "canary-a", "cipher": "canary-b"}
    with pytest.raises(spr.SinkError, match="'cipher'") as caught:
        sink_delta([report("1", [1])], "s3://a/table", storage_options=options)
    assert "canary" not in str(caught.value)


def test_fsspecs_options_are_translated() -> None:
    options = {
        "key": "k",
        "secret": "s",
        "client_kwargs": {"endpoint_url": "http://127.0.0.1:1", "region_name": "r"},
        "aws_request_timeout": "5",
    }
    assert delta_options("s3://lake/orders", options) == {
        "aws_access_key_id": "k",
        "aws_secret_access_key": "s",
        "aws_endpoint_url": "http://127.0.0.1:1",
        "aws_region": "r",
        "aws_allow_http": "true",
        "aws_request_timeout": "5",
    }
    assert delta_options("abfs://lake", {"account_name": "a"}) == {
        "azure_storage_account_name": "a"
    }


@pytest.mark.parametrize(
    ("connection", "told"),
    [
        (
            "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=a+/b==;"
            "EndpointSuffix=core.windows.net",
            {"account_name": "shop", "account_key": "a+/b=="},
        ),
        ("UseDevelopmentStorage=true", {"use_emulator": "true"}),
        (
            "AccountName=shop;AccountKey=a==;EndpointSuffix=core.chinacloudapi.cn",
            {
                "account_name": "shop",
                "account_key": "a==",
                "endpoint": "https://shop.blob.core.chinacloudapi.cn",
            },
        ),
        (
            "BlobEndpoint=https://shop.blob.core.windows.net/;"
            "SharedAccessSignature=sv=2024&sig=x%3D",
            {
                "account_name": "shop",
                "endpoint": "https://shop.blob.core.windows.net/",
                "sas_key": "sv=2024&sig=x%3D",
            },
        ),
    ],
)
def test_a_connection_string_of_azure_serves_delta_too(
    connection: str, told: dict[str, str]
) -> None:
    options = {"connection_string": connection}

    assert delta_options("abfs://lake", options) == {
        f"azure_storage_{name}": value for name, value in told.items()
    }
    assert fsspec_options("abfs://lake", options) == options


def test_delta_lakes_own_options_are_translated_back() -> None:
    own = {
        "aws_access_key_id": "k",
        "AWS_SECRET_ACCESS_KEY": "s",
        "aws_endpoint_url": "http://127.0.0.1:1",
        "aws_region": "r",
        "aws_skip_signature": "true",
        "conditional_put": "etag",
        "client_kwargs": {"region_name": "said before"},
    }
    assert fsspec_options("s3://lake/orders", own) == {
        "key": "k",
        "secret": "s",
        "anon": True,
        "client_kwargs": {
            "endpoint_url": "http://127.0.0.1:1",
            "region_name": "said before",
        },
    }
    for plain in ({}, {"key": "k", "client_kwargs": {"region_name": "r"}}):
        assert fsspec_options("s3://lake/orders", plain) == plain
    assert fsspec_options("lake", {"aws_region": "r", "auto_mkdir": True}) == {
        "auto_mkdir": True
    }


def test_encryption_is_asked_for_alike_in_fsspecs_words_and_in_delta_lakes() -> None:
    ours = {
        "s3_additional_kwargs": {
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": "arn:key",
            "BucketKeyEnabled": True,
        }
    }
    theirs = {
        "aws_server_side_encryption": "aws:kms",
        "aws_sse_kms_key_id": "arn:key",
        "aws_sse_bucket_key_enabled": "true",
    }
    for options in (ours, theirs):
        assert delta_options("s3://lake/orders", options) == theirs
        assert fsspec_options("s3://lake/orders", options) == ours

    with pytest.raises(ValueError, match="'ACL'"):
        delta_options("s3://a/b", {"s3_additional_kwargs": {"ACL": "canary"}})
    assert in_fsspecs_words({"aws_sse_kms_key_id"}) == (
        ": say 'SSEKMSKeyId' for 'aws_sse_kms_key_id', in s3_additional_kwargs"
    )


def test_encryption_is_asked_for_with_delta_lakes_files_and_with_ours(
    bucket: Bucket,
) -> None:
    options = bucket.options | {"aws_server_side_encryption": "aws:kms"}

    sink_delta([report("1", [1])], bucket.url, storage_options=options)
    fs, root = url_to_fs(bucket.url, **fsspec_options(bucket.url, options))
    fs.pipe(f"{root}/note", b"ours")

    keys = bucket.objects()
    assert len(keys) == 4
    for key in keys:
        head = bucket.fs.call_s3("head_object", Bucket=bucket.name, Key=key)
        assert head["ServerSideEncryption"] == "aws:kms"


@pytest.mark.slow
def test_a_server_that_is_not_there_is_a_sink_error_without_secrets() -> None:
    options = {
        "key": "canary-key",
        "secret": "canary-secret",
        "client_kwargs": {"endpoint_url": "http://127.0.0.1:9"},
        "aws_max_retries": "0",
    }
    with pytest.raises(spr.SinkError) as caught:
        sink_delta([report("1", [1])], "s3://lake/orders", storage_options=options)
    told = f"{caught.value} {caught.value.__cause__}"
    assert "canary" not in told


IN_PROCESS = """
import sys
import s3fs
from moto.server import ThreadedMotoServer
from spreports.load.delta import sink_delta
from tests.load.delta_writer import report

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
server.start()
host, port = server.get_host_and_port()
options = {
    "key": "test",
    "secret": "test",
    "client_kwargs": {
        "endpoint_url": f"http://{host}:{port}", "region_name": "eu-west-1"
    },
}
s3fs.S3FileSystem(**options).mkdir("a-lake")
(result,) = sink_delta(
    [report("1", range(30))], "s3://a-lake/table", storage_options=options
)
print(result.rows, result.files)
"""


@pytest.mark.slow
def test_an_s3_server_in_a_thread_of_this_process_is_answered() -> None:
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-W", "ignore", "-c", IN_PROCESS],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "30 1"


def test_eight_threads_lose_and_double_nothing(tmp_path: Path) -> None:
    url = str(tmp_path / "table")

    def writer(number: int) -> int:
        rows = 0
        for turn in range(2):
            name = str(number * 2 + turn)
            first = 10 * int(name)
            own = report(name, range(first, first + 10))
            shared = report(f"shared-{turn}", [1000 + turn])
            rows += sum(result.rows for result in sink_delta([own, shared], url))
        return rows

    with ThreadPoolExecutor(8) as pool:
        written = sum(pool.map(writer, range(8)))

    assert numbers(url) == [*range(160), 1000, 1001]
    assert written == 162


def test_a_report_that_comes_with_somebody_elses_new_table_is_not_counted_again(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    theirs = report("1", range(10))
    others = iter([lambda: sink_delta([theirs], url)])

    def opened(texts: frozenset[str]) -> pa.RecordBatchReader:
        next(others, lambda: None)()
        return theirs.open(texts)

    (result,) = sink_delta([replace(theirs, open=opened)], url)

    assert result == SinkResult(0, 0, 0)
    assert numbers(url) == [*range(10)]


def test_a_newer_version_that_comes_into_the_new_table_first_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "table")
    older = report("1", [1], window="w", made=MADE)
    newer = report("2", [2], window="w", made=MADE + timedelta(1))
    create = deltalake.DeltaTable.create

    def slowly(place: str, *told: Any, **how: Any) -> deltalake.DeltaTable:
        create(place, *told, **how)
        sink_delta([newer], url)
        return deltalake.DeltaTable(place)

    monkeypatch.setattr(deltalake.DeltaTable, "create", slowly)

    (result,) = sink_delta([older], url)

    assert result == SinkResult(0, 0, 0)
    assert read(url)["report_id"].to_list() == ["2"]


def test_a_report_that_others_brought_first_is_not_looked_for_in_commits_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("old", range(3))], url)
    deltalake.DeltaTable(url).create_checkpoint()
    # As Delta does once commits before a checkpoint are old
    (tmp_path / f"table/_delta_log/{0:020}.json").unlink()
    mine, write = report("new", range(3, 5)), deltalake.write_deltalake

    def overtaken(*given: Any, **options: Any) -> None:
        monkeypatch.undo()
        sink_delta([mine], url)
        write(*given, **options)

    monkeypatch.setattr(deltalake, "write_deltalake", overtaken)
    assert sink_delta([mine], url) == [SinkResult(0, 0, 0)]

    assert numbers(url) == [*range(5)]


@pytest.mark.slow
@pytest.mark.parametrize("where", ["local", "s3"])
def test_eight_writers_on_one_table_lose_and_double_nothing(
    where: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url, options = str(tmp_path / "table"), {}
    if where == "s3":
        bucket: Bucket = request.getfixturevalue("bucket")
        url, options = bucket.url, bucket.options
    turns = 1 if os.environ.get("SPREPORTS_SLOW") == "short" else 4
    writers = [
        subprocess.Popen(  # noqa: S603 - our own script
            [
                sys.executable,
                "-m",
                "tests.load.delta_writer",
                str(n),
                url,
                json.dumps(options),
                str(turns),
            ],
            cwd=REPOSITORY,
        )
        for n in range(8)
    ]
    assert [writer.wait(600) for writer in writers] == [0] * 8

    frame = read(url, options)

    own = {
        100 * (10 * n + t) + i
        for n in range(8)
        for t in range(turns)
        for i in range(100)
    }
    expected = [*own, *range(10_000, 10_000 + turns), *range(20_000, 20_000 + turns)]
    assert frame["n"].to_list() == sorted(expected)
    newest = frame.filter(pl.col("n") >= 20_000)["report_id"].to_list()
    assert newest == [f"7-v{turn}" for turn in range(turns)]


# Prints the peak of a process that streams so many batches of rows into a table
STREAM = """
import resource, sys
import pyarrow as pa
from spreports.load.delta import sink_delta
from spreports.load.delta_report import DeltaReport

def batch(number):
    first = number * 10_000
    rows = range(first, first + 10_000)
    texts = {f"c{i}": [f"v {i} {n * 7919 % 100_003}" for n in rows] for i in range(20)}
    return pa.RecordBatch.from_pydict({"n": list(rows), **texts})

schema = batch(0).schema
def opened(texts):
    batches = map(batch, range(int(sys.argv[2])))
    return pa.RecordBatchReader.from_batches(schema, batches)

sink_delta([DeltaReport(name="1", window="w", open=opened)], sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peaks = [
        int(
            subprocess.run(  # noqa: S603 - our own script
                [sys.executable, "-c", STREAM, str(tmp_path / batches), batches],
                cwd=REPOSITORY,
                capture_output=True,
                check=True,
            ).stdout
        )
        for batches in ("20", "80")
    ]

    assert peaks[1] < peaks[0] * 1.25


def test_a_table_holds_one_report_type_and_one_of_its_tables(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    sink_delta([replace(report("1", [1]), content="GET_A, table rows")], url)
    sink_delta([replace(report("2", [2]), content="GET_A, table rows")], url)

    for other in ("GET_A, table summary", "GET_B, table rows"):
        with pytest.raises(spr.SinkError, match=f"than {other}: give each a Delta tab"):
            sink_delta([replace(report("3", [3]), content=other)], url)

    assert numbers(url) == [1, 2]


def test_of_two_types_that_begin_one_table_together_one_is_refused(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")

    def begin(kind: int) -> str:
        try:
            sink_delta([replace(report(str(kind), [kind]), content=str(kind))], url)
        except spr.SinkError:
            return "refused"
        return "written"

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(begin, [1, 2, 3, 4]))

    assert sorted(ends) == ["refused"] * 3 + ["written"]
    assert len(numbers(url)) == 1


def test_a_table_of_an_earlier_version_takes_what_it_took(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("1", [1])], url)

    for number, kind in ((2, "GET_A"), (3, "GET_B")):
        sink_delta([replace(report(str(number), [number]), content=kind)], url)

    assert numbers(url) == [1, 2, 3]


def test_a_commit_whose_answer_was_lost_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("1", range(30))], url, partition_by=[])
    write = deltalake.write_deltalake

    def lost(*given: Any, **options: Any) -> None:
        write(*given, **options)
        raise deltalake.exceptions.CommitFailedError("no answer")

    monkeypatch.setattr(deltalake, "write_deltalake", lost)
    brought = sink_delta(
        [report("2", range(30, 50)), report("1", range(30))], url, partition_by=[]
    )
    again = sink_delta([report("2", range(30, 50))], url, partition_by=[])

    assert [(each.rows, each.files) for each in brought] == [(20, 1), (0, 0)]
    assert [(each.rows, each.files) for each in again] == [(0, 0)]
    assert numbers(url) == [*range(50)]

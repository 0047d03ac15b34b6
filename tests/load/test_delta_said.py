"""What a store answers deltalake is told in our words, and without what it quotes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import deltalake
import fsspec
import polars as pl
import pytest

import spreports as spr
from spreports.load.delta import sink_delta
from spreports.load.delta_reading import count_by
from spreports.load.delta_tables import Tables
from spreports.load.object_store import delta_options
from spreports.load.parquet import sink
from spreports.load.target import refusals
from tests.load.delta_writer import MADE, report
from tests.load.lake import Bucket
from tests.load.rows import orders, reader
from tests.one_answer import serving, unsigned_tls

SAMPLE = Path(__file__).parents[2] / "data" / "samples" / "orders_DE.txt"
KEYS = {"aws_access_key_id": "canary-key", "aws_secret_access_key": "canary-secret"}
ONCE = {"max_retries": "0", "aws_region": "eu-west-1", "aws_allow_http": "true"}
DENIED = "access is denied to these credentials"
LOST = "there is no connection to the store, or it was lost"


def answer(status: str, code: str = "Other") -> bytes:
    """An answer of S3 that quotes a key, as some do."""
    body = f"<Error><Code>{code}</Code><Message>canary-key</Message></Error>".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body


def told_of(work: Callable[[], object], options: dict[str, str]) -> spr.SinkError:
    """What becomes of what deltalake raises."""
    with (
        pytest.raises(spr.SinkError) as caught,
        refusals("s3://lake/orders", options, "open the Delta table at"),
    ):
        work()
    assert "canary" not in f"{caught.value} {caught.value.__cause__}"
    return caught.value


@pytest.mark.parametrize(
    ("bytes_", "said", "passes"),
    [
        (answer("403 Forbidden", "AccessDenied"), DENIED, False),
        (answer("401 Unauthorized"), DENIED, False),
        (answer("400 Bad Request", "ExpiredToken"), "the session of these cr", False),
        (answer("403 Forbidden", "RequestTimeTooSkewed"), "this machine's clo", False),
        (answer("404 Not Found", "NoSuchBucket"), "there is no such bucket", False),
        (answer("400 Bad Request"), "the store answered with status 400", False),
        (answer("501 Not Implemented"), "the store answered with status 501", False),
        (answer("503 Slow Down", "SlowDown"), "the store answered with stat", True),
        (answer("500 Internal Server Error"), "the store answered with stat", True),
        (answer("429 Too Many Requests"), "the store answered with status 429", True),
        (answer("301 Moved Permanently"), "the bucket lies in another region", False),
        (b"", LOST, True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", LOST, True),
    ],
    ids=lambda value: f"{value!r:.30}",
)
def test_what_a_store_answers_deltalake_is_told_in_our_words(
    bytes_: bytes, said: str, *, passes: bool
) -> None:
    with serving(bytes_) as host:
        options = {**KEYS, **ONCE, "aws_endpoint_url": host}
        error = told_of(
            lambda: deltalake.DeltaTable("s3://lake/orders", storage_options=options),
            options,
        )

    assert f"{error}".startswith(
        f"cannot open the Delta table at s3://lake/orders: {said}"
    )
    assert isinstance(error, spr.SinkOutageError) is passes


def test_a_certificate_that_is_not_accepted_passes_by_no_second_run(
    tmp_path: Path,
) -> None:
    with serving(b"", tls=unsigned_tls(tmp_path)) as host:
        options = {**KEYS, **ONCE, "aws_endpoint_url": host}
        error = told_of(
            lambda: deltalake.DeltaTable("s3://lake/orders", storage_options=options),
            options,
        )

    assert "its certificate is not accepted on this machine" in f"{error}"
    assert not isinstance(error, spr.SinkOutageError)


WRITING = (
    "Failed to parse parquet: External: Generic S3 error: Error performing PUT http://"
    "127.0.0.1:1/lake/canary.parquet in 106.7ms, after 1 retries, max_retries: 1, "
    "retry_timeout: 180s  - "
)


@pytest.mark.parametrize(
    ("text", "said", "passes"),
    [
        (f"{WRITING}HTTP error: error sending request", LOST, True),
        (
            f"{WRITING}Server returned non-2xx status code: 403 Forbidden: canary",
            DENIED,
            False,
        ),
        ("Cast error: Cannot cast string '503 canary' to Int64", "DeltaError", False),
    ],
)
def test_what_a_writer_of_rows_says_is_in_one_line(
    text: str, said: str, *, passes: bool
) -> None:
    def write() -> None:
        raise deltalake.exceptions.DeltaError(text)

    with (
        pytest.raises(spr.SinkError, match=f"orders: {said}$") as caught,
        refusals("s3://lake/orders", {}, "write the Delta table at"),
    ):
        write()

    assert "canary" not in str(caught.value)
    assert isinstance(caught.value, spr.SinkOutageError) is passes


def _without(*versions: int) -> Callable[[Path], None]:
    def harm(log: Path) -> None:
        for version in versions:
            (log / f"{version:020}.json").unlink()

    return harm


def _cut_short(log: Path) -> None:
    (log / f"{2:020}.json").write_text('{"add": {"path": "canary')


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (_without(2), "its log lacks commit 2"),
        (_without(1, 2), "its log lacks commits 1 to 2"),
        (_without(0), "its log lacks its first commits"),
        (_cut_short, "a file of its log is damaged"),
    ],
)
def test_a_log_that_is_not_whole_is_told_with_what_to_do(
    tmp_path: Path, harm: Callable[[Path], None], said: str
) -> None:
    url = str(tmp_path / "table")
    for number in range(3):  # after the commit that makes the table
        sink_delta([report(str(number), [number])], url)
    harm(tmp_path / "table" / "_delta_log")

    with pytest.raises(
        spr.SinkError, match=f"{said}: bring the files of _delta_log back"
    ) as caught:
        sink_delta([report("9", [9])], url)

    assert "canary" not in str(caught.value)


def test_a_log_without_its_checkpoint_is_told_likewise(tmp_path: Path) -> None:
    url = str(tmp_path / "table")
    for number in range(10):
        sink_delta([report(str(number), [number])], url)
    log = tmp_path / "table" / "_delta_log"
    (log / f"{9:020}.checkpoint.parquet").unlink()

    with pytest.raises(spr.SinkError, match="its log lacks its checkpoint: bring"):
        sink_delta([report("99", [9])], url)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (
            "Generic S3 error\n  ↳ Error performing PUT http://169.254.169.254/latest/",
            "no credentials are found: give storage_options=",
        ),
        (
            "Generic GCS error\n  ↳ Error performing token request\n   ↳ Error"
            " performing GET http://169.254.169.254/computeMetadata/",
            "OSError",
        ),
    ],
)
@pytest.mark.parametrize(
    "answered",
    [
        "HTTP error\n    ↳ error sending request",
        "Server returned non-2xx status code\n    ↳ 503 Service Unavailable",
    ],
)
def test_a_service_that_gives_out_credentials_and_does_not_is_no_outage(
    asked: str, said: str, answered: str
) -> None:
    def ask() -> None:
        raise OSError(f"{asked}token in 5ms - {answered}")

    error = told_of(ask, {})

    assert f"table at s3://lake/orders: {said}" in f"{error}"
    assert not isinstance(error, spr.SinkOutageError)


@pytest.mark.slow
def test_who_gives_no_credentials_is_told_how_to_give_them(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    said = r"no credentials are found: give storage_options=\{'key': .*AWS_ACCESS_KEY"
    options = {"client_kwargs": bucket.options["client_kwargs"]}

    with pytest.raises(spr.SinkError, match=said):
        sink(reader(orders(3)), bucket.url, stem="7", storage_options=options)
    with pytest.raises(spr.SinkError, match=said):
        spr.scan_lake(bucket.url, "orders", storage_options=options)
    fsspec.filesystem("s3", **options).clear_instance_cache()


@pytest.mark.slow
def test_who_gives_none_for_a_delta_table_is_told_likewise(
    bucket: Bucket, tmp_path: Path
) -> None:
    # In a process of its own: deltalake 1.6.0 keeps the credentials of a table before
    table = f"""
import spreports as spr
try:
    spr.open_document({str(SAMPLE)!r}, report_type="orders").sink(
        {bucket.url!r}, format="delta"
    )
except spr.SinkError as exc:
    print(exc)
"""
    env = {name: os.environ[name] for name in os.environ if name[:4] != "AWS_"}
    env |= {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}

    told = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", table],
        env=env,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )

    assert "no credentials are found: give storage_options={'key': " in told.stdout


@pytest.mark.skipif(os.name != "posix", reason="in other words elsewhere")
@pytest.mark.parametrize("below", ["", "table"])
def test_a_file_where_a_table_or_its_folder_should_lie_is_no_folder(
    below: str, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(spr.SinkError, match="Not a directory"):
        sink_delta([report("1", [1])], tmp_path / "file" / below)


def test_options_in_deltas_words_are_told_in_fsspecs(bucket: Bucket) -> None:
    own: dict[str, Any] = delta_options(bucket.url, bucket.options)
    own.pop("aws_allow_http")

    said = (
        "has 'aws_access_key_id', which this file system does not know: say 'key' for"
        " 'aws_access_key_id', 'endpoint_url' for 'aws_endpoint_url', in client_kwargs,"
        " 'region_name' for 'aws_region', in client_kwargs, 'secret' for"
        " 'aws_secret_access_key'"
    )
    with pytest.raises(spr.SinkError, match=said) as caught:
        sink(reader(orders(3)), bucket.url, stem="7", storage_options=own)

    assert "canary" not in str(caught.value)


def append_only(url: str) -> None:
    table = deltalake.DeltaTable(url)
    table.alter.set_table_properties({"delta.appendOnly": "true"})


def with_feature(name: str, *, reader: bool) -> Callable[[str], None]:
    def add(url: str) -> None:
        version = deltalake.DeltaTable(url).version() + 1
        features: dict[str, Any] = {"minReaderVersion": 1, "minWriterVersion": 7}
        features["writerFeatures"] = [name]
        if reader:
            features |= {"minReaderVersion": 3, "readerFeatures": [name]}
        lines = {"commitInfo": {"timestamp": 1}}, {"protocol": features}
        commit = Path(url, "_delta_log", f"{version:020}.json")
        commit.write_text("".join(json.dumps(line) + "\n" for line in lines))

    return add


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (append_only, "it is append-only"),
        (
            with_feature("rowTracking", reader=False),
            "table features that deltalake does not know: RowTracking",
        ),
    ],
)
def test_a_table_that_takes_no_newer_version_says_why_at_the_first_try(
    changed: Callable[[str], None],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("1", [1], window="w")], url)
    changed(url)
    write, tries = deltalake.write_deltalake, []

    def counted(*given: Any, **options: Any) -> None:
        tries.append(1)
        write(*given, **options)

    monkeypatch.setattr(deltalake, "write_deltalake", counted)
    newer = report("2", [2], window="w", made=MADE + timedelta(hours=1))
    with pytest.raises(spr.SinkError, match=words):
        sink_delta([newer], url)

    assert len(tries) == 1
    assert pl.read_delta(url)["n"].to_list() == [1]


def test_a_table_that_deltalake_cannot_read_says_which_feature_it_has(
    tmp_path: Path,
) -> None:
    url = str(tmp_path / "table")
    sink_delta([report("1", [1])], url)
    with_feature("deletionVectors", reader=True)(url)

    with pytest.raises(spr.SinkError, match="does not know: deletionVectors"):
        count_by(Tables(None), url, ["report_id"])

"""What can never work is refused before a report is asked for."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import fsspec
import pytest

import spreports as spr
from spreports.simulator import Simulator


def orders(client: spr.Client) -> spr.Reports:
    return client.reports("orders", start="3d", marketplaces=["DE"])


@pytest.mark.parametrize(
    ("given", "error", "told"),
    [
        ({"partition_by": ["sku", "sku"]}, ValueError, "'sku': it names a folder tw"),
        ({"partition_by": "sku"}, ValueError, "list of names, not one string"),
        ({"partition_by": 5}, TypeError, "list of names, and not int"),
        ({"partition_by": [5]}, TypeError, "holds int, not a name"),
        ({"partition_by": ["sku:day"]}, spr.SinkError, "no column 'sku' of GET_FLAT"),
        ({"partition_by": ["nope:day"]}, spr.SinkError, "no column 'nope' of GET_FL"),
        ({"partition_by": ["sku:week"]}, spr.SinkError, "day, month or year"),
        ({"partition_by": ["a/b"]}, spr.SinkError, "part of a path"),
        ({"table": "x"}, ValueError, "has no table 'x'"),
        ({"table": ["x"]}, TypeError, "table= must be the name of one .* not list"),
    ],
)
def test_a_sink_that_no_document_of_the_type_could_fill_costs_nothing(
    simulator: Simulator,
    client: spr.Client,
    tmp_path: Path,
    *,
    given: dict[str, Any],
    error: type[Exception],
    told: str,
) -> None:
    with pytest.raises(error, match=told) as refused:
        orders(client).sink(tmp_path / "lake", **given)

    # Of arguments, as the command line's exit code tells, whatever else it is
    assert isinstance(refused.value, ValueError | TypeError)
    assert simulator.requests == []


@pytest.mark.parametrize(
    "way",
    [
        lambda reports: reports.read("nope"),
        lambda reports: reports.scan("nope"),
        lambda reports: reports.batches("nope"),
    ],
)
def test_a_table_that_no_document_of_the_type_has_costs_nothing(
    simulator: Simulator, client: spr.Client, *, way: Callable[[spr.Reports], object]
) -> None:
    with pytest.raises(ValueError, match="has no table 'nope'"):
        way(orders(client))

    assert simulator.requests == []


def test_a_table_that_is_no_name_is_refused_in_words(client: spr.Client) -> None:
    tables: Any = ["x"]
    reports = client.reports("sales_and_traffic", start="3d", marketplaces=["DE"])
    for way in (reports.read, reports.scan, reports.batches):
        with pytest.raises(TypeError, match="the name of one table, and not list"):
            way(tables)


def test_a_place_without_its_package_costs_nothing(
    simulator: Simulator, client: spr.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)

    with pytest.raises(spr.SinkError, match=r"pip install 'spreports\[gcs\]'") as gone:
        orders(client).sink("gs://user:canary@bucket/lake")

    assert "canary" not in f"{gone.value} {gone.value.url}"
    with pytest.raises(spr.SinkError, match="no file system nope:// is known"):
        orders(client).sink("nope://bucket/lake")
    assert simulator.requests == []


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("s3://bucket", "is no folder: name one below it"),
        ("memory://bucket/_spreports", "choose a folder of another name"),
        ("simplecache::memory://bucket/lake", "chained URLs cannot be written to"),
        ("/", "is no folder"),
    ],
)
def test_a_place_that_can_hold_no_sink_costs_nothing(
    simulator: Simulator, client: spr.Client, *, place: str, told: str
) -> None:
    with pytest.raises(spr.SinkError, match=told):
        orders(client).sink(place)

    assert simulator.requests == []


def test_a_delta_table_without_its_package_costs_nothing(
    simulator: Simulator,
    client: spr.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)

    with pytest.raises(spr.SinkError, match=r"pip install 'spreports\[delta\]'"):
        orders(client).sink(tmp_path / "table", format="delta")

    assert simulator.requests == []


@pytest.mark.parametrize(
    "way",
    [
        lambda reports, _: reports.read(),
        lambda reports, _: reports.scan(),
        lambda reports, _: reports.batches(),
        lambda reports, folder: reports.sink(folder / "lake"),
    ],
)
def test_a_workbook_without_its_package_costs_nothing(
    simulator: Simulator,
    client: spr.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    way: Callable[[spr.Reports, Path], object],
) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    reports = client.reports("fee_discounts", marketplaces=["DE"])

    with pytest.raises(spr.ParseError, match=r"pip install 'spreports\[xlsx\]'"):
        way(reports, tmp_path)

    assert simulator.requests == []


def test_a_workbook_that_is_there_says_itself_what_reads_it_and_is_not_doubted(
    simulator: Simulator, client: spr.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports = client.reports("fee_discounts", marketplaces=["DE"]).wait()
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "python_calamine", None)
        for _ in range(3):
            with pytest.raises(spr.ParseError, match=r"'spreports\[xlsx\]'") as told:
                reports.read()
            assert "Document.save(path) keeps it" in str(told.value)
            assert "reuse=False" not in str(told.value)

    assert reports.read().height > 0
    asked = [request.operation for request in simulator.requests]
    assert asked.count("getReportDocument") == 1


def test_the_packages_of_an_executors_workers_are_theirs(
    simulator: Simulator, client: spr.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)

    with ThreadPoolExecutor(1) as pool, pytest.raises(spr.SinkError, match="gcs"):
        orders(client).sink("gs://bucket/lake", executor=pool)

    assert simulator.requests != []


def test_a_column_that_a_document_may_bring_besides_is_left_to_it(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    with pytest.raises(spr.SinkError, match="cannot partition by 'only-there'"):
        orders(client).sink(tmp_path / "lake", partition_by=["only-there"])

    assert simulator.requests != []


def test_a_column_that_only_a_document_may_bring_is_told_before_anything_is_asked(
    simulator: Simulator, client: spr.Client, caplog: pytest.LogCaptureFixture
) -> None:
    def told(report_type: str, by: str) -> str:
        caplog.clear()
        feed = spr.Feed(report_type, marketplaces=["JP"], partition_by=[by])
        client.sync(feed, "lake", dry_run=True)
        return caplog.text

    assert "cannot be written: did you mean 'purchase-date' or" in told(
        "orders", "purchased-date"
    )
    # The document's spelling counts: what the catalogue writes may be the wrong one
    for report_type, by, name in [
        ("orders", "purchase_date", "purchase-date"),
        ("listings", "Price", "price"),
        ("listings", "seller sku", "seller-sku"),
    ]:
        said = told(report_type, by)
        assert f"names '{by}', which the catalogue spells '{name}' for GET_" in said
        assert f"does not spell it '{by}' cannot be written" in said
        assert "did you mean" not in said
    assert "'nope', which is no column of GET_FLAT_FILE_ALL" in told("orders", "nope")
    for report_type, by in [
        ("orders", "purchase-date:month"),
        ("orders", "date:month"),
        ("listings", "価格"),
        ("feedback", "評価"),  # of a fixed order, in any language
    ]:
        assert told(report_type, by) == ""
    assert simulator.requests == []


def test_names_that_can_be_read_but_once_serve_every_document(
    client: spr.Client, tmp_path: Path
) -> None:
    reports = client.reports("orders", start="40d", marketplaces=["DE"])

    reports.sink(tmp_path / "lake", partition_by=iter(["sales-channel"]))  # type: ignore[arg-type] # who does not check types gives anything

    assert len(reports) > 1
    assert {path.name.partition("=")[0] for path in (tmp_path / "lake").iterdir()} == {
        "sales-channel"
    }


@pytest.mark.parametrize("format", ["parquet", "delta"])
@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("file", r"to file: .*/file is a file, and no folder; name another"),
        ("./file", "is a file, and no folder"),
        ("file/below/it", r"to file/below/it: .*/file is a file, and no folder"),
        ("file:///dev/null", "/dev/null is a file, and no folder"),
        ("link/lake", "is a file, and no folder"),
        pytest.param(
            "/proc/x",
            r"to /proc/x: /proc cannot be written to; make it writable, or",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="Linux's own"),
        ),
    ],
)
def test_a_place_where_nothing_can_be_written_costs_nothing(
    simulator: Simulator,
    client: spr.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    place: str,
    told: str,
    format: str,  # noqa: A002 - as in `sink`
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").touch()
    Path("link").symlink_to("file")
    report_document_id = "amzn1.spdoc.1.4.eu.00000000-0000-0000-0000-000000000000.T1.1"

    for way in (orders(client), client.document(report_document_id)):
        with pytest.raises(spr.SinkError, match=told):
            way.sink(place, format=format)

    assert simulator.requests == []
    assert {path.name for path in tmp_path.iterdir()} >= {"file", "link"}
    assert not (tmp_path / "_spreports").exists()


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are POSIX's")
@pytest.mark.parametrize("place", ["lake", "shut/lake", "shut/inner/lake", "open/root"])
def test_a_folder_that_may_not_be_written_to_costs_nothing(
    simulator: Simulator,
    client: spr.Client,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    shut = {tmp_path / "lake", tmp_path / "shut", tmp_path / "open" / "_spreports"}
    for folder in (*shut, tmp_path / "open" / "root"):
        folder.mkdir(parents=True)
    may = os.access
    # Root may write anywhere; to others it looks as to this one
    monkeypatch.setattr(
        os, "access", lambda path, how: path not in shut and may(path, how)
    )

    with pytest.raises(spr.SinkError, match="cannot be written to; make it writable"):
        orders(client).sink(tmp_path / place)

    assert simulator.requests == []


def test_a_place_that_is_yet_to_be_made_is_no_hindrance(
    client: spr.Client, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to("there")

    for place in ("a/b/c", "there", "link/d"):
        assert orders(client).sink(tmp_path / place).rows > 0


@pytest.mark.parametrize(
    ("executor", "told"),
    [
        (1, "executor=1 is no executor: give a concurrent.futures"),
        ("threads", "is no executor"),
        (ThreadPoolExecutor, "is no executor"),
    ],
)
def test_what_is_no_executor_costs_nothing(
    simulator: Simulator, client: spr.Client, tmp_path: Path, executor: Any, told: str
) -> None:
    for place in (tmp_path / "lake", "memory://no-executor/lake"):
        with pytest.raises(TypeError, match=told):
            orders(client).sink(place, executor=executor)

    assert simulator.requests == []


def test_an_executor_that_is_shut_down_costs_nothing(
    simulator: Simulator, client: spr.Client, tmp_path: Path
) -> None:
    pool = ThreadPoolExecutor(1)
    pool.shutdown()

    for place in (tmp_path / "lake", "memory://shut-down/lake"):
        with pytest.raises(spr.SinkError, match="shut down and takes no work: run ag"):
            orders(client).sink(place, executor=pool)

    assert simulator.requests == []


DOCUMENT_ID = "amzn1.spdoc.1.4.eu.00000000-0000-0000-0000-000000000000.T1.1"
MIXED = {
    "parquet": "is a Delta table: give format='delta', or name another folder",
    "delta": "is kept as plain Parquet: leave format='delta' out, or name another",
}


@pytest.mark.parametrize(
    ("format", "told"),
    [
        ("parquet", r"storage_options has 'keey', which this file system does not"),
        ("delta", r"storage_options\['keey'\] means nothing to Delta Lake"),
    ],
)
def test_an_option_that_the_file_system_does_not_know_costs_nothing(
    simulator: Simulator,
    client: spr.Client,
    *,
    format: str,  # noqa: A002 - as in `sink`
    told: str,
) -> None:
    options = {"keey": "canary"}

    with pytest.raises(spr.SinkError, match=told) as refused:
        orders(client).sink("s3://lake/a", format=format, storage_options=options)

    assert "canary" not in f"{refused.value}"
    assert simulator.requests == []


def sink_both(
    simulator: Simulator, client: spr.Client, folder: str, **options: Any
) -> None:
    """Sink in each format, then in vain in the other one into the same folder."""
    for format, there in (("parquet", "delta"), ("delta", "parquet")):  # noqa: A001 - as in `sink`
        place = f"{folder}/{there}"
        assert orders(client).sink(place, format=there, **options).rows > 0
        asked = len(simulator.requests)
        later = client.reports("orders", start="9d", end="5d", marketplaces=["DE"])
        for way in (later, client.document(DOCUMENT_ID)):
            with pytest.raises(spr.SinkError, match=MIXED[format]) as refused:
                way.sink(place, format=format, **options)
            assert refused.value.url == place
        with (
            ThreadPoolExecutor(1) as pool,
            pytest.raises(spr.SinkError, match=MIXED[format]),
        ):
            later.sink(place, format=format, executor=pool, **options)
        assert len(simulator.requests) == asked
        later.sink(place, format=there, **options)


@pytest.mark.parametrize("place", ["{}", "file://{}"])
def test_a_sink_of_the_other_format_into_a_folder_costs_nothing(
    simulator: Simulator, client: spr.Client, tmp_path: Path, place: str
) -> None:
    sink_both(simulator, client, place.format(tmp_path))


def test_a_plain_sink_into_a_delta_table_of_others_costs_nothing(
    simulator: Simulator, client: spr.Client
) -> None:
    fs = fsspec.filesystem("memory")
    fs.pipe_file(f"/others/table/_delta_log/{0:020}.json", b"{}")

    with pytest.raises(spr.SinkError, match=MIXED["parquet"]):
        orders(client).sink("memory://others/table")

    assert simulator.requests == []
    fs.rm("/others", recursive=True)


@pytest.mark.slow
def test_a_folder_of_an_object_store_is_looked_at_by_one_listing(
    simulator: Simulator,
    client: spr.Client,
    s3_server: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    options = {
        "key": "test-key",
        "secret": "test-secret",
        "client_kwargs": {"endpoint_url": s3_server, "region_name": "eu-west-1"},
    }
    fs = fsspec.filesystem("s3", **options)
    fs.mkdir("either")
    sink_both(simulator, client, "s3://either", storage_options=options)

    for format in ("parquet", "delta"):  # noqa: A001 - as in `sink`
        caplog.clear()
        with (
            caplog.at_level(logging.DEBUG, logger="botocore.endpoint"),
            pytest.raises(spr.APIError),
        ):
            client.document(DOCUMENT_ID).sink(
                "s3://either/new", format=format, storage_options=options
            )
        asked = [r.getMessage() for r in caplog.records if "Making re" in r.msg]
        assert len(asked) == 1
        assert "ListObjectsV2" in asked[0]

    own = {
        "aws_access_key_id": "test-key",
        "aws_secret_access_key": "test-secret",
        "aws_endpoint_url": s3_server,
        "aws_region": "eu-west-1",
    }
    done = orders(client).sink("s3://either/own", format="delta", storage_options=own)
    assert done.rows > 0
    fs.rm("either", recursive=True)

"""Rows read while their document arrives are seen when it is verified, or never."""

from __future__ import annotations

import gzip
import json
import random
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import spreports as spr
from spreports.catalog import lookup
from spreports.errors import DownloadError, ParseError, SinkError
from spreports.fetch.download import download
from spreports.reports import document_source as source_module
from spreports.reports import staging as staging_module
from spreports.reports import work as work_module
from spreports.reports.shape import Shape
from spreports.reports.work import Reading, Target, Work, land
from spreports.simulator import Fault, Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.clocks import ManualClock
from tests.fetch.bad_host import FAULTS, BadHost
from tests.fetch.documents import UTF_8, entry
from tests.reports.conftest import calls

NOT_MD5 = '"d41d8cd98f00b204e9800998ecf8427e-3"'
_RANDOM = random.Random(3)  # noqa: S311 - no secret
ROWS = [(f"{n:07d}", _RANDOM.randbytes(30).hex()) for n in range(50_000)]
TEXT = b"id\tday\tnoise\n" + b"".join(
    f"{key}\t{key[-1]}\t{noise}\n".encode() for key, noise in ROWS
)
STORED = gzip.compress(TEXT, 1, mtime=0)
UNDECLARED = "text/plain"
KIND = entry(known=False, format=None)


@pytest.fixture(autouse=True)
def any_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read along whatever the host's speed."""
    monkeypatch.setattr("spreports.fetch.arriving.WORTH_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a worker's waits take no time."""
    monkeypatch.setattr(
        "spreports.fetch.download.download", partial(download, clock=ManualClock())
    )


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Tell of each reading of rows whether the document was still arriving."""
    times: list[bool] = []
    read = work_module.read

    def noted(stored: Any, *rest: Any, **told: Any) -> pa.RecordBatchReader:
        times.append(stored.proof is not None)
        return read(stored, *rest, **told)

    for module in (work_module, source_module, staging_module):
        monkeypatch.setattr(module, "read", noted)
    return times


def landing(host: BadHost, folder: Path, **target: Any) -> spr.SinkResult:
    return land(
        Work(
            url=host.url,
            report_document_id="D1",
            reading=Reading(entry=KIND, shape=target.pop("shape", Shape())),
            target=Target(url=str(folder / "lake" / "rows"), stem="R1", **target),
            loopback=True,
        )
    )


def lake(folder: Path) -> pl.DataFrame:
    return pl.scan_parquet(f"{folder}/lake/rows/**/*.parquet").collect().sort("id")


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def threads() -> list[str]:
    ours = ("spreports-read", "spreports-at-work", "spreports-encode")
    return [t.name for t in threading.enumerate() if t.name.startswith(ours)]


@pytest.mark.parametrize("by", [(), ("day",)])
@pytest.mark.parametrize("etag", ["md5", NOT_MD5])
def test_rows_are_read_while_the_document_arrives(
    tmp_path: Path, begun: list[bool], by: tuple[str, ...], etag: str
) -> None:
    with BadHost(STORED, etag=etag) as host:
        result = landing(host, tmp_path, partition_by=by)

    assert begun == [True]
    assert (result.rows, result.files) == (len(ROWS), 10 if by else 1)
    assert lake(tmp_path)["noise"].to_list() == [noise for _, noise in ROWS]
    assert threads() == []


def test_a_worker_does_not_have_its_own_copy_forced_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []

    def noted(*args: Any, lasting: bool, **others: Any) -> Any:
        told.append(lasting)
        return download(*args, lasting=lasting, clock=ManualClock(), **others)

    monkeypatch.setattr("spreports.fetch.download.download", noted)
    with BadHost(STORED, etag=NOT_MD5) as host:
        assert landing(host, tmp_path).rows == len(ROWS)
    assert told == [False]


@pytest.mark.slow
def test_files_and_marker_are_those_of_a_document_that_is_here(
    tmp_path: Path, begun: list[bool]
) -> None:
    written = []
    for name, limit in (("early", 1 << 20), ("late", 1 << 40)):
        with pytest.MonkeyPatch.context() as patched, BadHost(STORED) as host:
            patched.setattr("spreports.fetch.arriving.WORTH_BYTES", limit)
            landing(host, tmp_path / name, partition_by=("day",))
        written.append(
            {
                file: (tmp_path / name / file).read_bytes()
                for file in files(tmp_path / name)
            }
        )

    assert begun == [True, False]
    assert written[0] == written[1]
    (part, *_) = (tmp_path / "early" / "lake" / "rows").rglob("*.parquet")
    assert b"spreports.sha256" in pq.read_metadata(part).metadata


TERM = {
    "departmentName": "Amazon.de",
    "searchTerm": 'a "b"',
    "searchFrequencyRank": 1,
    "clickedAsin": "B000000001",
    "clickShareRank": 1,
    "clickShare": 0.5,
    "conversionShare": 1,
}
JSON = json.dumps({"dataByDepartmentAndSearchTerm": [TERM] * 9000}, indent=2)
ORDER = """<Message><Order><AmazonOrderID>1</AmazonOrderID>
<PurchaseDate>2026-10-05T01:02:03+00:00</PurchaseDate>
<OrderItem><SKU>a &amp; b</SKU><Quantity>2</Quantity></OrderItem></Order></Message>
"""
XML = f'<?xml version="1.0"?><AmazonEnvelope>{ORDER * 9000}</AmazonEnvelope>'


@pytest.mark.parametrize(
    ("kind", "text"), [("search_terms", JSON), ("orders_xml", XML)]
)
@pytest.mark.parametrize("content_type", ["application/json", UTF_8])
def test_json_and_xml_are_read_along_as_well(
    tmp_path: Path, begun: list[bool], kind: str, text: str, content_type: str
) -> None:
    with BadHost(text.encode(), content_type=content_type) as host:
        result = land(
            Work(
                url=host.url,
                report_document_id="D1",
                reading=Reading(entry=lookup(kind)),
                target=Target(url=str(tmp_path / "lake" / "rows"), stem="R1"),
                loopback=True,
            )
        )

    assert begun == [True]
    assert result.rows == 9000
    assert threads() == []


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("etag", ["md5", NOT_MD5])
def test_whatever_breaks_the_lake_has_the_whole_document_or_nothing(
    tmp_path: Path, fault: str, etag: str
) -> None:
    with BadHost(STORED, [fault, "reset"], etag=etag, where=lambda: 0.8) as host:
        # A worker has one URL: where that is refused, another has to be issued
        refused = fault in {"401", "404", "expired", "html", "redirect", "s3_error"}
        with pytest.raises(DownloadError) if refused else nullcontext() as caught:
            landing(host, tmp_path)

    if caught is not None:
        assert caught.value.report_document_id == "D1"
        assert files(tmp_path) == []
    else:
        assert lake(tmp_path)["noise"].to_list() == [noise for _, noise in ROWS]
    assert threads() == []


@pytest.mark.parametrize(
    ("fault", "etag"),
    [("bit_flip", NOT_MD5), ("short_length", NOT_MD5), ("cut_chunked", None)],
)
@pytest.mark.parametrize("where", [0.05, 0.95])
def test_of_a_document_that_never_gets_whole_nothing_is_seen(
    tmp_path: Path, begun: list[bool], fault: str, etag: str | None, where: float
) -> None:
    """The bytes' own error comes, not what their broken part was to a parser."""
    with (
        BadHost(STORED, [fault] * 99, etag=etag, where=lambda: where) as host,
        pytest.raises(DownloadError, match="did not arrive"),
    ):
        landing(host, tmp_path)

    assert begun == ([True] if where > 0.5 or fault == "bit_flip" else [])
    assert files(tmp_path) == []
    assert threads() == []


def test_text_whose_checksum_is_wrong_is_not_seen_however_well_it_parses(
    tmp_path: Path, begun: list[bool]
) -> None:
    class Another(BadHost):
        """Each time another document than the one that the ETag is of."""

        def _answer(self, connection: Any, request: Any, fault: str) -> None:
            self.body = TEXT.replace(b"0", b"%d" % (1 + len(self.requests)))
            super()._answer(connection, request, fault)

    with (
        Another(TEXT) as host,
        pytest.raises(DownloadError, match="do not match their ETag"),
    ):
        landing(host, tmp_path)

    assert begun == [True]
    assert files(tmp_path) == []
    assert threads() == []


@pytest.mark.slow
def test_an_earlier_version_stays_where_a_later_one_does_not_get_whole(
    tmp_path: Path,
) -> None:
    with BadHost(STORED) as host:
        landing(host, tmp_path)
    before = files(tmp_path), lake(tmp_path)

    with (
        BadHost(STORED, ["bit_flip"] * 99, etag=NOT_MD5, where=lambda: 0.9) as host,
        pytest.raises(DownloadError),
    ):
        landing(host, tmp_path)

    assert files(tmp_path) == before[0]
    assert lake(tmp_path).equals(before[1])


def test_a_document_that_changes_on_the_way_is_read_anew(
    tmp_path: Path, begun: list[bool]
) -> None:
    later = gzip.compress(TEXT.replace(b"\t", b"\tx"), 1, mtime=0)

    class Changing(BadHost):
        def _answer(self, connection: Any, request: Any, fault: str) -> None:
            super()._answer(connection, request, fault)
            self.body, self.etag = later, '"later-1"'

    with Changing(STORED, ["close_early"], etag='"first-1"', where=lambda: 0.9) as host:
        landing(host, tmp_path)

    assert begun == [True, False]
    assert lake(tmp_path)["xnoise"].to_list() == [f"x{noise}" for _, noise in ROWS]


@pytest.mark.parametrize("place", [1000, -1000])
def test_a_fault_in_a_sound_document_is_its_own_error(
    tmp_path: Path, begun: list[bool], place: int
) -> None:
    lines = TEXT.splitlines(keepends=True)
    lines[place] = b"one cell too\tfew\n"
    ragged = gzip.compress(b"".join(lines), 1)
    with BadHost(ragged) as host, pytest.raises(ParseError) as caught:
        landing(host, tmp_path)

    assert begun == [True]
    assert caught.value.row == (place if place > 0 else len(lines) + place)
    assert files(tmp_path) == []
    assert len(host.requests) == 1


def test_a_target_that_refuses_is_its_own_error(
    tmp_path: Path, begun: list[bool]
) -> None:
    with BadHost(STORED) as host, pytest.raises(SinkError, match="nowhere"):
        landing(host, tmp_path, partition_by=("nowhere",))

    assert begun == [True]


def test_a_charset_that_the_last_byte_decides_is_seen(
    tmp_path: Path, begun: list[bool]
) -> None:
    body = gzip.compress(TEXT + "0\t0\tGröße\n".encode("cp1252"), 1)
    reading = Reading(entry=KIND, legacy_charset="cp1252")
    with BadHost(body, content_type=UNDECLARED) as host:
        land(
            Work(
                url=host.url,
                report_document_id="D1",
                reading=reading,
                target=Target(url=str(tmp_path / "lake" / "rows"), stem="R1"),
                loopback=True,
            )
        )

    assert begun == [True]
    assert lake(tmp_path)["noise"][0] == "Größe"


@pytest.fixture
def amazon() -> Iterator[Simulator]:
    """Serve documents of more than a MiB, on a clock that jumps over every wait."""
    with JumpingClock() as clock, Simulator(clock=clock, rows=30_000) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


def document(client: spr.Client, report_type: str = "orders") -> spr.Document:
    (report,) = client.reports("orders", start="7d", marketplaces=["DE"])
    return client.document(str(report.report_document_id), report_type=report_type)


def spooled(client: spr.Client) -> list[Path]:
    return list((client._connection.store.home / "spool").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("way", ["sink", "scan", "read"])
def test_a_document_from_amazon_is_read_while_it_arrives(
    amazon: Simulator, tmp_path: Path, begun: list[bool], way: str
) -> None:
    with amazon.client() as client:
        it = document(client)
        if way == "sink":
            assert it.sink(tmp_path / "lake").rows == 30_000
        else:
            frame = it.scan().collect() if way == "scan" else it.read()
            assert frame.height == 30_000
            assert it.scan().collect().equals(it.read())  # what is staged
        assert begun == ([True, False] if way == "read" else [True])
        # The second time Amazon is asked nothing
        assert it.batches().read_all().num_rows == 30_000
        assert it.read().height == 30_000
        assert spooled(client) == []

    assert calls(amazon, "getReportDocument") == 1
    assert threads() == []


def test_rows_that_go_out_one_by_one_wait_for_the_proof(
    amazon: Simulator, begun: list[bool]
) -> None:
    with amazon.client() as client:
        assert document(client).batches().read_all().num_rows == 30_000

    assert begun
    assert not any(begun)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind", ["cut", "corrupt", "no_etag", "change_etag", "no_length", "short_length"]
)
@pytest.mark.parametrize("way", ["sink", "scan"])
def test_a_transfer_that_breaks_is_mended_and_read_afterwards(
    amazon: Simulator, tmp_path: Path, kind: str, way: str
) -> None:
    amazon.faults.add(Fault(operation="document", kind=kind, at=0.9))
    with amazon.client() as client:
        it = document(client)
        if way == "sink":
            it.sink(tmp_path / "lake")
            rows = pl.read_parquet(f"{tmp_path}/lake/*.parquet")
        else:
            rows = it.scan().collect()
        assert rows.equals(pl.DataFrame(pl.from_arrow(it.batches().read_all())))

    assert rows.height == 30_000
    assert threads() == []


@pytest.mark.parametrize("way", ["sink", "scan", "read"])
def test_a_document_that_stays_broken_is_nowhere(
    amazon: Simulator, tmp_path: Path, begun: list[bool], way: str
) -> None:
    amazon.faults.add(Fault(operation="document", kind="corrupt", at=0.9, times=99))
    with amazon.client() as client:
        it = document(client)
        with pytest.raises(DownloadError, match="did not arrive"):
            it.sink(tmp_path / "lake") if way == "sink" else getattr(it, way)()

        assert begun == [True]
        assert spooled(client) == []
        home = client._connection.store.home
        assert [p for p in home.rglob("*") if p.suffix in {".parquet", ".tmp"}] == []
    assert files(tmp_path) == []
    assert threads() == []


@pytest.mark.parametrize("way", ["sink", "scan"])
def test_a_document_that_does_not_parse_is_kept(
    amazon: Simulator, tmp_path: Path, begun: list[bool], way: str
) -> None:
    with amazon.client() as client:
        it = document(client, report_type="search_terms")
        with pytest.raises(ParseError, match="is served as JSON") as caught:
            it.sink(tmp_path / "lake") if way == "sink" else it.scan()
        assert caught.value.report_document_id is not None

        assert begun == [True]
        assert it.save(tmp_path / "document") > 1 << 20

    assert calls(amazon, "getReportDocument") == 1
    assert threads() == []


def test_what_a_broken_transfer_has_let_find_is_forgotten(
    amazon: Simulator, tmp_path: Path, begun: list[bool]
) -> None:
    amazon.faults.add(Fault(operation="document", kind="cut", at=0.9))
    told: list[int] = []
    with amazon.client() as client:
        source = document(client)._source
        target = source.target(tmp_path / "lake", (), None)
        source.land(target, Shape(), lambda _, found: told.append(found.rows))

    assert begun == [True, False]
    assert told == [30_000]


@pytest.mark.parametrize("way", ["sink", "scan", "read"])
def test_a_lone_report_is_read_while_it_arrives(
    amazon: Simulator, tmp_path: Path, begun: list[bool], way: str
) -> None:
    with amazon.client() as client:
        reports = client.reports("orders", start="7d", marketplaces=["DE"])
        if way == "sink":
            assert reports.sink(tmp_path / "lake").rows == 30_000
        else:
            assert getattr(reports, way)().lazy().collect().height == 30_000

    assert begun == [True]
    assert calls(amazon, "getReportDocument") == 1
    assert threads() == []


def test_a_lone_report_waits_for_quota_as_one_of_many_does(
    simulator: Simulator, client: spr.Client
) -> None:
    throttled = Fault(operation="getReportDocument", kind="status", status=429, times=9)
    simulator.faults.add(throttled)

    assert (
        client.reports("orders", start="7d", marketplaces=["DE"]).read().height == 200
    )

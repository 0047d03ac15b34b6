"""A stored document as a reader: errors keep their type, threads and files end."""

from __future__ import annotations

import gc
import gzip
import io
import os
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from spreports.catalog import Column
from spreports.errors import DecodeError, DecompressError, ParseError
from spreports.fetch.document import open_batches, table_names
from spreports.fetch.findings import Findings
from spreports.fetch.read_ahead import _Ahead, read_ahead
from spreports.fetch.read_options import ReadOptions
from tests.fetch.documents import UTF_8, entry, opener, read

KIND = entry(Column(name="a"), Column(name="b", dtype="int64"))
TEXT = b"a\tb\n" + b"".join(b"row\t%d\n" % i for i in range(60_000))
ROOT = Path(__file__).parents[2]


def ahead_threads() -> list[str]:
    return [t.name for t in threading.enumerate() if "read-ahead" in t.name]


def test_a_document_is_read_in_small_batches_in_order() -> None:
    reader = open_batches(
        opener(gzip.compress(TEXT)),
        KIND,
        ReadOptions(batch_bytes=50_000),
        content_type=UTF_8,
    )
    assert reader.schema == pa.schema([("a", pa.string()), ("b", pa.int64())])
    batches = list(reader)
    assert len(batches) > 5
    assert all(batch.num_rows < 15_000 for batch in batches)
    table = pa.Table.from_batches(batches)
    assert table["b"].to_pylist() == list(range(60_000))
    assert ahead_threads() == []


def test_gzip_and_plain_give_the_same() -> None:
    assert read(TEXT, KIND).equals(read(TEXT, KIND, compress=False))


def test_no_part_of_a_stored_document_passes_for_the_whole() -> None:
    stored = gzip.compress(TEXT[:400], mtime=0)
    for end in range(len(stored)):
        with pytest.raises((DecompressError, ParseError)):
            open_batches(opener(stored[:end]), KIND, content_type=UTF_8).read_all()


def test_errors_reach_the_reader_with_their_own_type() -> None:
    stored = gzip.compress(TEXT)
    reader = open_batches(opener(stored[:-9]), KIND, content_type=UTF_8)
    with pytest.raises(DecompressError, match="cut short"):
        reader.read_all()

    reader = open_batches(
        opener(gzip.compress(TEXT + b"\xff\t1\n")), KIND, content_type=UTF_8
    )
    with pytest.raises(DecodeError) as caught:
        list(reader)
    assert caught.value.offset == len(TEXT)
    assert ahead_threads() == []


def test_what_the_stream_itself_raises_reaches_the_reader() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            data = super().read(1000)
            if not data:
                raise PermissionError("taken away")
            return data

    with pytest.raises(PermissionError, match="taken away"):
        open_batches(lambda: Broken(TEXT), KIND, content_type=UTF_8).read_all()


@pytest.mark.slow
def test_a_reader_that_is_dropped_early_leaves_no_thread_and_no_open_file() -> None:
    streams: list[io.BytesIO] = []

    def opened(stored: bytes = gzip.compress(TEXT * 20, 1)) -> io.BytesIO:
        streams.append(io.BytesIO(stored))
        return streams[-1]

    options = ReadOptions(batch_bytes=10_000)
    reader = open_batches(opened, KIND, options, content_type=UTF_8)
    assert ahead_threads() == []
    reader.read_next_batch()
    reader.close()
    del reader
    gc.collect()
    assert ahead_threads() == []

    unread = open_batches(opened, KIND, content_type=UTF_8)
    del unread
    with pytest.raises(ParseError) as caught:
        open_batches(lambda: opened(b"%PDF-" + b" " * 500_000), KIND)
    # at once, while the error and its frames still live
    assert streams[-1].closed
    del caught
    gc.collect()
    assert len(streams) == 3
    assert all(stream.closed for stream in streams)


@pytest.mark.slow
def test_the_interpreter_ends_with_a_reader_half_read(tmp_path: Path) -> None:
    (tmp_path / "d.gz").write_bytes(gzip.compress(TEXT * 30, 1))
    code = (
        "import sys; from pathlib import Path\n"
        "from spreports.catalog import ReportType\n"
        "from spreports.fetch.document import open_batches\n"
        "reader = open_batches(lambda: Path(sys.argv[1]).open('rb'),\n"
        "    ReportType(report_type='T', known=False), encoding='utf-8')\n"
        "print(reader.read_next_batch().num_rows > 0)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", code, str(tmp_path / "d.gz")],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_an_undeclared_charset_is_decided_by_the_whole_document() -> None:
    plain = TEXT + "Müller\t1\n".encode("cp1252")
    findings = Findings()
    table = read(
        plain, KIND, content_type=None, legacy_charset="cp1252", findings=findings
    )
    assert table["a"][-1].as_py() == "Müller"
    assert findings.charset == "cp1252"
    assert findings.rows == 60_001
    by_entry = entry(*KIND.columns(), charset="cp1252")
    assert read(plain, by_entry, content_type=None).num_rows == 60_001
    with pytest.raises(DecodeError, match="encoding="):
        read(plain, entry(*KIND.columns(), charset="header"), content_type=None)


def test_names_of_tables() -> None:
    assert table_names(opener(TEXT), KIND) == ("rows",)
    assert table_names(opener(TEXT), entry(known=False)) == ("rows",)
    assert read(TEXT, KIND, table="rows").num_rows == 60_000


@pytest.mark.parametrize(
    "options",
    [
        {"table": "other"},
        {"on_bad_value": "ignore"},
        {"encoding": "rot13"},
        {"batch_bytes": 0},
        {"batch_bytes": 1 << 30},
    ],
)
def test_wrong_arguments_are_value_errors(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(TEXT, KIND, **options)


def test_two_threads_in_a_row_end_even_if_the_first_closes_the_second() -> None:
    # as the collector does, when it runs in the thread that inflates
    seconds: list[_Ahead[bytes]] = []
    made = threading.Event()

    def inflated() -> Generator[bytes, None, None]:
        yield b"1"
        made.wait(600)
        seconds[0].stop()
        yield b"2"

    def parsed() -> Generator[bytes, None, None]:
        with closing(read_ahead(inflated())) as ahead:
            yield from ahead

    seconds.append(_Ahead(parsed(), 1))
    made.set()
    reading = threading.Thread(target=lambda: list(seconds[0]), daemon=True)
    reading.start()
    reading.join(600)
    assert not reading.is_alive()
    seconds[0].stop()
    assert ahead_threads() == []


def test_a_document_of_one_block_is_read_without_a_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: list[str] = []
    start = threading.Thread.start

    def noted(self: threading.Thread) -> None:
        started.append(self.name)
        start(self)

    monkeypatch.setattr(threading.Thread, "start", noted)
    rows = TEXT.count(b"\n") - 1

    assert read(TEXT, KIND).num_rows == rows
    assert started == []
    assert read(TEXT, KIND, batch_bytes=50_000).num_rows == rows
    assert "spreports-read-ahead" in started


def test_what_comes_behind_a_first_small_chunk_is_read_all_the_same() -> None:
    chunks = [b"1", b"22", b"333"]

    for worth in range(4):
        read_chunks = read_ahead((chunk for chunk in chunks), worth=worth)
        assert list(read_chunks) == chunks

    closed: list[bool] = []

    def noting() -> Generator[bytes, None, None]:
        try:
            yield from chunks
        finally:
            closed.append(True)

    for worth in (1, 2):
        ahead = read_ahead(noting(), worth=worth)
        assert next(ahead) == b"1"
        ahead.close()
    assert closed == [True, True]
    assert ahead_threads() == []
    assert list(read_ahead((chunk for chunk in list[bytes]()), worth=2)) == []

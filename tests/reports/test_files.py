"""Documents in files: on web servers that know little, and where nothing is known."""

from __future__ import annotations

import gc
import gzip
import http.server
import os
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NoReturn

import fsspec
import pyarrow.parquet as pq
import pytest

import spreports as spr
from spreports.load.delta_rows import DeltaRows
from spreports.reports.file_origin import is_plain_web
from spreports.simulator import Simulator

ROWS = 50_000
SECRET = "X-Amz-Signature=0123456789abcdef"


class Website(http.server.ThreadingHTTPServer):
    """Serves one body whole, knows no ranges, and may break off or refuse."""

    body = b""
    etag: str | None = None
    content_type: str | None = None
    cut: int | None = None
    status = 200
    elsewhere: str | None = None
    gets = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/orders.txt?{SECRET}"


class Answering(http.server.BaseHTTPRequestHandler):
    server: Website

    def do_HEAD(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.body)))
        if self.server.content_type is not None:
            self.send_header("Content-Type", self.server.content_type)
        if self.server.elsewhere is not None:
            self.send_header("Location", self.server.elsewhere)
        if self.server.etag is not None:
            self.send_header("ETag", self.server.etag)
        self.end_headers()

    def do_GET(self) -> None:
        self.server.gets += 1
        self.do_HEAD()
        self.wfile.write(self.server.body[: self.server.cut])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Website]:
    with Website(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def text(rows: int) -> bytes:
    lines = "".join(f"{number}\tSKU-{number:0140d}\n" for number in range(rows))
    return f"amazon-order-id\tsku\n{lines}".encode()


@pytest.mark.parametrize("zipped", [False, True])
def test_a_server_without_ranges_is_read_to_its_end(
    site: Website, zipped: bool
) -> None:
    plain = text(ROWS)
    assert len(plain) > 6 << 20, "more than fsspec asks for at once"
    site.body = gzip.compress(plain, 1) if zipped else plain

    frame = spr.open_document(site.url, report_type="orders").read()

    assert frame["amazon-order-id"][-1] == str(ROWS - 1)
    assert frame.height == ROWS


def test_an_answer_that_breaks_off_is_an_error_that_hides_the_url(
    site: Website, tmp_path: Path
) -> None:
    site.body, site.cut = text(ROWS), 3 << 20
    document = spr.open_document(site.url, report_type="orders")

    with pytest.raises(spr.DocumentError, match="broke off") as caught:
        document.sink(tmp_path / "lake")

    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert not list(tmp_path.rglob("*.parquet"))


def test_a_server_that_refuses_is_an_error_that_hides_the_url(site: Website) -> None:
    site.status = 503

    with pytest.raises(spr.DocumentError, match=r"orders\.txt cannot") as caught:
        spr.open_document(site.url, report_type="orders").read()

    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_document_is_asked_for_once_and_its_charset_taken_from_the_answer(
    site: Website, tmp_path: Path
) -> None:
    site.body = gzip.compress(b"seller-sku\titem-name\n1\t\x8f\xa4\n")
    site.content_type = "text/plain;charset=Windows-31J"
    document = spr.open_document(site.url, report_type="listings")

    rows = document.batches().read_all()

    assert rows["item-name"].to_pylist() == ["商"]
    assert site.gets == 1
    assert document.sink(tmp_path / "lake").rows == 1
    assert site.gets == 2


def test_gzip_that_came_whole_and_is_damaged_is_told_as_that(site: Website) -> None:
    # of no charset that is tried
    site.body = gzip.compress(text(ROWS), 0).replace(b"SKU-0", b"SKU\x810", 1)

    with pytest.raises(spr.DecompressError, match="corrupt GZIP: checksum"):
        spr.open_document(site.url, report_type="orders").read()


def test_a_redirect_is_followed(site: Website) -> None:
    site.status = 302
    with Website(("127.0.0.1", 0), Answering) as other:
        thread = threading.Thread(target=other.serve_forever, args=(0.01,))
        thread.start()
        other.body, site.elsewhere = b"sku\nA\n", other.url
        try:
            assert spr.open_document(site.url).read()["sku"].to_list() == ["A"]
        finally:
            other.shutdown()
            thread.join()


def test_nothing_that_listens_is_an_error_that_hides_the_url(site: Website) -> None:
    url = site.url.replace(str(site.server_port), "1")

    with pytest.raises(spr.DocumentError, match="no connection") as caught:
        spr.open_document(url).read()

    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_what_fsspec_is_told_for_a_web_server_reaches_it(site: Website) -> None:
    site.body = b"sku\nA\n"
    options = {"headers": {"X-Key": "1"}}

    frame = spr.open_document(site.url, storage_options=options).read()

    assert frame["sku"].to_list() == ["A"]


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://place/x.txt?a=b@c", True),
        ("HTTP://place:8080", True),
        ("https://me:word@place/x.txt", False),
        ("zip://x.txt::https://place/x.zip", False),
        ("https://place/x.zip::zip://x.txt", False),
        ("s3://place/x.txt", False),
        ("https.txt", False),
    ],
)
def test_names_passwords_and_chains_in_a_url_are_for_fsspec(
    url: str, plain: bool
) -> None:
    assert is_plain_web(url) is plain


@pytest.mark.parametrize("etags", [('"1"', '"2"'), (None, None)])
def test_what_a_server_serves_anew_is_read_anew(
    site: Website, etags: tuple[str | None, str | None]
) -> None:
    site.body, site.etag = b"sku\nA\n", etags[0]
    assert spr.open_document(site.url).read()["sku"].to_list() == ["A"]

    site.body, site.etag = b"sku\nB\n", etags[1]

    assert spr.open_document(site.url).read()["sku"].to_list() == ["B"]


UNKNOWN = r"foo://place[\w/]*: no file system foo:// is known.*spreports\[s3\]"
LACKING = r"gs://place[\w/]*: the package for gs:// is missing: .*spreports\[gcs\]"


@pytest.fixture
def _no_gcsfs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gcsfs", None)


def test_a_file_behind_a_cache_whose_name_has_that_of_files_in_it_is_scanned(
    tmp_path: Path,
) -> None:
    fsspec.filesystem("memory").pipe_file("/behind-a-cache.txt", text(2))

    document = spr.open_document(
        "filecache::memory://behind-a-cache.txt",
        report_type="orders",
        storage_options={"filecache": {"cache_storage": str(tmp_path / "cache")}},
    )

    assert document.scan().collect().height == 2
    fsspec.filesystem("memory").rm("/behind-a-cache.txt")


@pytest.mark.usefixtures("_no_gcsfs")
@pytest.mark.parametrize(
    ("url", "told"), [("foo://place/x", UNKNOWN), ("gs://place/x", LACKING)]
)
def test_a_file_system_that_is_not_there_is_named_with_what_to_do(
    client: spr.Client, simulator: Simulator, tmp_path: Path, url: str, told: str
) -> None:
    (tmp_path / "a.txt").write_bytes(text(3))
    document = spr.open_document(tmp_path / "a.txt", report_type="orders")
    feed = spr.Feed("orders", marketplaces=["DE"], since="3d")

    with pytest.raises(spr.DocumentError, match=told):
        spr.open_document(url, report_type="orders").read()
    with pytest.raises(spr.SinkError, match=told):
        document.sink(url)
    with pytest.raises(spr.SinkError, match=told):
        spr.scan_lake(url, "orders")
    with pytest.raises(spr.SinkError, match=told):
        client.sync(feed, url)
    with pytest.raises(spr.SinkError, match=told):
        client.sync(feed, url, dry_run=True)
    assert simulator.requests == []
    with pytest.raises(spr.SinkError, match=told):
        client.reports("orders", start="3d", marketplaces=["DE"]).sink(url)


def test_a_path_that_no_file_can_have_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(text(3))
    document = spr.open_document(tmp_path / "a.txt", report_type="orders")
    long = tmp_path / ("a" * 300)

    with pytest.raises(spr.SinkError, match=r"cannot open .*: File name too long"):
        document.sink(long)
    with pytest.raises(spr.DocumentError, match="cannot be read: File name too long"):
        spr.open_document(long, report_type="orders").read()
    for place in (document.sink, spr.open_document, spr.Lake):
        with pytest.raises(ValueError, match=r"url is 'a\\x00b': .* NUL"):
            place("a\0b")


def test_a_folder_is_named_where_a_document_was_meant(tmp_path: Path) -> None:
    for url in ("/", f"{tmp_path}/"):
        with pytest.raises(spr.DocumentError, match=f"^{url} cannot be read: Is a"):
            spr.open_document(url).read()


def test_a_file_that_cannot_be_read_is_named_with_its_place_and_no_signature() -> None:
    for url, named in (
        ("/nowhere/orders.txt", "/nowhere/orders.txt"),
        ("memory://nowhere/orders.txt?X-Amz-Signature=canary", "memory://nowhere/"),
    ):
        with pytest.raises(spr.DocumentError, match=f"^{named}") as refused:
            spr.open_document(url).read()
        assert "canary" not in "".join(traceback.format_exception(refused.value))


def test_an_option_that_the_file_system_does_not_know_is_named() -> None:
    document = spr.open_document("s3://lake/a.txt", storage_options={"keey": "canary"})

    with pytest.raises(
        spr.DocumentError, match="read: storage_options has 'keey', which this file"
    ) as refused:
        document.read()

    assert "canary" not in str(refused.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names here")
def test_a_pipe_is_refused_since_it_can_be_read_once_only(tmp_path: Path) -> None:
    pipe = tmp_path / "orders.txt"
    os.mkfifo(pipe)

    def written() -> None:
        with suppress(BrokenPipeError):
            pipe.write_bytes(text(1))

    writer = threading.Thread(target=written, daemon=True)
    writer.start()

    with pytest.raises(spr.DocumentError, match="cannot be read"):
        spr.open_document(pipe, report_type="orders").sink(tmp_path / "lake")
    writer.join()


@pytest.mark.slow
def test_a_frame_that_is_staged_already_leaves_no_file_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPREPORTS_HOME", str(tmp_path / "home"))
    path = tmp_path / "orders.txt"
    path.write_text("amazon-order-id\tquantity\n" + "302-1\t1\n" * ROWS)
    document = spr.open_document(path, report_type="orders")
    document.read()

    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        assert document.read().height == ROWS
        gc.collect()


def test_two_threads_that_save_to_one_path_leave_one_whole_document(
    tmp_path: Path,
) -> None:
    texts = {name: f"a\n{name}\n" * 200_000 for name in "xy"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    target, together = tmp_path / "target", threading.Barrier(2)

    def save(name: str) -> None:
        document = spr.open_document(tmp_path / name)
        together.wait(60)
        document.save(target)

    for _ in range(5):
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(save, texts))
        assert target.read_text() in texts.values()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["target", "x", "y"]


@pytest.mark.skipif(sys.platform != "linux", reason="open files are told by /proc")
@pytest.mark.parametrize("way", ["parquet", "delta", "frame"])
def test_a_way_out_that_fails_leaves_no_file_and_no_thread_though_its_error_is_kept(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "orders.txt"
    path.write_text("amazon-order-id\tquantity\n" + "302-1\t1\n" * 1_000_000)
    monkeypatch.setenv("SPREPORTS_HOME", str(tmp_path / "home"))
    lake, document = tmp_path / "lake", spr.open_document(path, report_type="orders")

    def refused(*_: object, **_told: object) -> NoReturn:
        raise OSError(28, "No space left on device")

    def misfit(*_: object) -> NoReturn:
        raise spr.SinkError("no space in the table for this column")

    monkeypatch.setattr(pq.ParquetWriter, "write_table", refused)
    monkeypatch.setattr(DeltaRows, "_fitted", misfit)
    go = document.scan if way == "frame" else partial(document.sink, lake, format=way)
    before = set(threading.enumerate())  # of another test, a lane may still end
    with pytest.raises(spr.SPReportsError) as kept:
        go()

    opened = [os.path.realpath(fd) for fd in Path("/proc/self/fd").iterdir()]
    threads = [thread.name for thread in set(threading.enumerate()) - before]
    assert str(path) not in opened
    assert not [name for name in threads if name.startswith("spreports")]
    assert "space" in str(kept.value)


@pytest.mark.parametrize(
    ("country", "charset", "word"),
    [
        *(("JP", "cp932", word) for word in ("本", "傘 (大)", "ﾃｽﾄ", "iPhone用")),
        *(("DE", "cp1252", word) for word in ("àéàé", "é†é†")),  # kanji, in cp932
    ],
)
def test_a_marketplace_that_was_said_decides_the_charset_of_a_few_words(
    tmp_path: Path, country: str, charset: str, word: str
) -> None:
    path = tmp_path / "pending.txt"
    path.write_bytes(f"order-id\tproduct-name\n1\t{word}\n".encode(charset))
    entry = spr.report_type("pending_orders").for_marketplace(country)

    frame = spr.open_document(path, report_type=entry).read()

    assert frame["product-name"].to_list() == [word]

"""What a store does not give is neither lost nor damaged: that is told as it is."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import fsspec
import pytest
from s3fs import S3FileSystem

import spreports as spr
from spreports.lake import place as place_module
from spreports.lake.place import Place
from tests.lake.lakes import COLLECTING_FAILS, Lakeside, orders
from tests.load.lake import Bucket

CODES = {403: "AccessDenied", 503: "SlowDown"}
CUT_OFF = 0
DOINGS: dict[str, Callable[[spr.Lake], object]] = {
    "check": lambda lake: lake.check(deep=True),
    "compact": lambda lake: lake.compact(),
}


class Between(BaseHTTPRequestHandler):
    """Passes requests on to an S3, but for those of data files."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer goes at once
    behind = ""
    status = CUT_OFF
    refused = ""

    def do_GET(self) -> None:
        where = urlsplit(self.path)
        if where.path.endswith(".parquet") and self.command == self.refused:
            if self.status == CUT_OFF:
                self.close_connection = True
                return
            code = CODES[self.status]
            self.answer(self.status, {}, f"<Error><Code>{code}</Code></Error>".encode())
            return
        inner = http.client.HTTPConnection(urlsplit(self.behind).netloc)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        inner.request(self.command, self.path, body, dict(self.headers))
        found = inner.getresponse()
        self.answer(found.status, dict(found.getheaders()), found.read())
        inner.close()

    do_HEAD = do_GET  # noqa: N815 - the server's name for it

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            if name.lower() not in {"connection", "date", "server"}:
                self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def behind(
    bucket: Bucket, s3_server: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Lakeside]:
    """A lake of two files at an S3 server, seen through what may refuse them."""
    for day in range(2):
        Lakeside(f"s3://{bucket.name}/lake", bucket.options, bucket.fs).put(
            str(day), orders(day), day=day
        )
    monkeypatch.setattr(S3FileSystem, "retries", 1)
    monkeypatch.setattr(Between, "behind", s3_server)
    with ThreadingHTTPServer(("127.0.0.1", 0), Between) as server:
        server.block_on_close = False  # s3fs keeps connections
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kwargs: dict[str, Any] = dict(bucket.options.get("client_kwargs") or {})
        kwargs["endpoint_url"] = f"http://127.0.0.1:{server.server_port}"
        options = {
            **bucket.options,
            "client_kwargs": kwargs,
            "config_kwargs": {"retries": {"max_attempts": 0}},
        }
        fs = fsspec.filesystem("s3", **options)
        yield Lakeside(f"s3://{bucket.name}/lake", options, fs)
        server.shutdown()


@pytest.mark.parametrize(
    ("method", "status", "kind"),
    [
        ("GET", 503, spr.SinkOutageError),
        pytest.param("HEAD", 503, spr.SinkOutageError, marks=pytest.mark.slow),
        pytest.param("GET", CUT_OFF, spr.SinkOutageError, marks=pytest.mark.slow),
        pytest.param("GET", 403, spr.SinkError, marks=pytest.mark.slow),
    ],
)
def test_files_that_a_store_does_not_give_are_neither_lost_nor_damaged(
    behind: Lakeside,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    status: int,
    kind: type[spr.SinkError],
) -> None:
    lake = spr.Lake(behind.url, storage_options=behind.options)
    monkeypatch.setattr(Between, "status", status)
    monkeypatch.setattr(Between, "refused", method)

    for doing in DOINGS.values():
        with pytest.raises(spr.SinkError, match="cannot read") as caught:
            doing(lake)
        assert type(caught.value) is kind
    with pytest.raises((spr.SinkError, COLLECTING_FAILS), match="cannot read"):
        behind.scan().collect()

    monkeypatch.setattr(Between, "refused", "")
    assert lake.check(deep=True)
    assert behind.scan().collect().height == 12


def test_a_file_that_became_another_one_since_it_was_listed_is_gone(
    bucket: Bucket,
) -> None:
    there = Lakeside(f"s3://{bucket.name}/lake", bucket.options, bucket.fs)
    there.put("1", orders(0), day=0)
    (name,) = there.data_files()
    place = Place.open(there.url, there.options)
    other = fsspec.filesystem("s3", **there.options, skip_instance_cache=True)

    with place.noted():
        other.pipe_file(f"{place.path}/{name}", b"another one")
        with pytest.raises(FileNotFoundError, match="is gone"):
            place.parquet(name)


@pytest.mark.parametrize("said", ["cut off", "cut off from hidden"])
def test_markers_that_a_store_does_not_give_are_no_damaged_ones(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    shore.put("1", orders(0), day=0)

    def cut_off(fs: object, paths: list[str]) -> list[Exception]:
        return [ConnectionResetError(said) for _ in paths]

    monkeypatch.setattr(place_module, "read_whole", cut_off)

    with pytest.raises(spr.SinkOutageError, match="cannot read"):
        spr.Lake(shore.url, storage_options={"user": "hidden"}).check()


def test_a_file_is_damaged_also_where_its_error_would_quote_a_secret(
    shore: Lakeside,
) -> None:
    shore.put("1", orders(0), day=0)
    (name,) = shore.data_files()
    shore.overwrite(name, bytes(len(shore.bytes_of(name))))
    # Arrow tells of "magic bytes" that are not there
    lake = spr.Lake(shore.url, storage_options={"user": "magic"})

    (problem,) = lake.check(deep=True).problems

    assert problem.kind == "damaged"

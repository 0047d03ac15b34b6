"""Answers that do not say for sure where they end: no part passes for the whole."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from spreports import open_document
from spreports.errors import DocumentError, DownloadError
from spreports.fetch.download import StoredDocument, download
from spreports.fetch.web_body import WebBody
from tests.clocks import ManualClock
from tests.connections import answering

TEXT = b"sku\tquantity\n" + b"".join(b"SKU%06d\t%06d\n" % (i, i) for i in range(1_000))
HALF = TEXT[: 13 + 17 * 500]
START = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\n"
# Said, so that no request goes out on a connection that is being closed
CHUNKED = START + b"Transfer-Encoding: chunked\r\nConnection: close\r\n"
WHOLE = START + b"Content-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(TEXT), TEXT)


def coded(body: bytes, end: bytes = b"0\r\n\r\n") -> bytes:
    """Return a body in chunks."""
    cuts = range(0, len(body), 1_700)
    parts = (body[place : place + 1_700] for place in cuts)
    return b"".join(b"%08x\r\n%s\r\n" % (len(part), part) for part in parts) + end


NOTHING_FOLLOWS = (
    b"HTTP/1.1 416 X\r\nContent-Length: 0\r\n"
    b"Content-Range: bytes */%d\r\nConnection: close\r\n\r\n" % len(TEXT)
)

BROKEN = {
    "the status line is cut": b"HTTP/1.1 200",
    "the header ends behind a line": START,
    "a header's name is cut": START + b"Content-Le",
    "a length is cut": START + b"Content-Length: 4",
    "an interim answer's header is cut": b"HTTP/1.1 100 Continue\r\n",
    "nothing follows an interim answer": b"HTTP/1.1 103 Hints\r\n\r\n",
    "a chunk's size is cut at its zeros": CHUNKED + b"\r\n" + coded(HALF, b"000"),
    "the first chunk's size is cut": CHUNKED + b"\r\n000",
    "a chunk's size is less than nothing": CHUNKED
    + b"\r\n"
    + b"-%x\r\n" % len(TEXT)
    + coded(TEXT),
    "two codings": START + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + coded(TEXT),
    "chunks in chunks": START
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
    + coded(TEXT),
    "a length that is none": START + b"Content-Length: %dx\r\n\r\n" % len(TEXT) + HALF,
    "two lengths": START
    + b"Content-Length: %d\r\nContent-Length: %d\r\n\r\n" % (len(TEXT), len(HALF))
    + HALF,
}
CONTRADICTING = {
    "chunks end before the length": CHUNKED
    + b"Content-Length: %d\r\n\r\n" % len(TEXT)
    + coded(HALF),
    "a whole answer that says it is a part": START
    + b"Content-Range: bytes 0-%d/%d\r\nContent-Length: %d\r\n\r\n"
    % (len(HALF) - 1, len(TEXT), len(HALF))
    + HALF,
}

DOUBTED = BROKEN | CONTRADICTING


def fetch(target: Path, *answers: bytes) -> tuple[StoredDocument, int]:
    """Download from a host, and say how often it was asked."""
    with answering(answers) as (url, asked):
        signed = f"{url}/d?X-Amz-Signature=CANARY"
        stored = download(lambda: signed, target, clock=ManualClock(), loopback=True)
    return stored, len(asked)


@pytest.mark.parametrize("broken", DOUBTED.values(), ids=DOUBTED)
def test_an_answer_in_doubt_is_no_document(broken: bytes, tmp_path: Path) -> None:
    target = tmp_path / "document"
    with pytest.raises(DownloadError) as caught:
        fetch(target, broken)
    assert "CANARY" not in str(caught.value)
    assert not target.exists()


@pytest.mark.parametrize("broken", DOUBTED.values(), ids=DOUBTED)
def test_after_two_answers_in_doubt_the_document_comes(
    broken: bytes, tmp_path: Path
) -> None:
    target = tmp_path / "document"
    fetch(target, broken, broken, WHOLE)
    assert target.read_bytes() == TEXT


@pytest.mark.parametrize(
    "header",
    [b"Transfer-Encoding: Chunked \r\n", b"transfer-encoding: chunked\r\n"],
)
def test_chunks_are_known_however_the_word_is_written(
    header: bytes, tmp_path: Path
) -> None:
    whole = START + header + b"Connection: close\r\n\r\n" + coded(TEXT)
    stored, given = fetch(tmp_path / "d", whole, NOTHING_FOLLOWS)
    assert (stored.path.read_bytes(), stored.verified, given) == (TEXT, "length", 2)


def test_where_the_host_knows_no_ranges_chunks_have_to_come_twice(
    tmp_path: Path,
) -> None:
    whole, half = (CHUNKED + b"\r\n" + coded(body) for body in (TEXT, HALF))
    stored, given = fetch(tmp_path / "d", whole)
    assert (stored.path.read_bytes(), stored.verified, given) == (TEXT, "twice", 4)
    stored, given = fetch(tmp_path / "e", half, whole)
    assert (stored.path.read_bytes(), stored.verified) == (TEXT, "twice")


def test_a_length_that_a_second_answer_tells_proves_the_end_of_chunks(
    tmp_path: Path,
) -> None:
    stored, given = fetch(tmp_path / "d", CHUNKED + b"\r\n" + coded(TEXT), WHOLE)
    assert (stored.path.read_bytes(), stored.verified, given) == (TEXT, "length", 2)


def test_a_length_that_is_told_twice_alike_is_one(tmp_path: Path) -> None:
    size = len(TEXT)
    told = b"Content-Length: %d, %d\r\nConnection: close\r\n\r\n" % (size, size)
    stored, _ = fetch(tmp_path / "d", START + told + TEXT)
    assert stored.path.read_bytes() == TEXT


def test_a_look_behind_the_end_that_brings_more_says_that_it_was_none(
    tmp_path: Path,
) -> None:
    cut = START + b"\r\n" + HALF
    stored, given = fetch(tmp_path / "d", cut, cut, WHOLE)
    assert (stored.path.read_bytes(), given) == (TEXT, 4)


def test_a_page_behind_the_end_says_nothing_of_the_length(tmp_path: Path) -> None:
    page = b"<!DOCTYPE html><html>" + b"wait " * len(TEXT)
    told = START.replace(b"plain", b"html") + b"Content-Length: %d\r\n\r\n" % len(page)
    whole = START + b"\r\n" + TEXT
    stored, given = fetch(tmp_path / "d", whole, whole, told + page)
    assert (stored.path.read_bytes(), stored.verified, given) == (TEXT, "twice", 3)


def test_a_header_that_cannot_be_read_is_logged_without_url_and_text(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    length = b"Content-Length: %d\r\n" % len(TEXT)
    odd = START + length + b"CANARY, no header\r\nX-A: CANARY\r\n\r\n" + TEXT
    fetch(tmp_path / "d", odd)
    assert "Failed to parse headers" in caplog.text
    assert "CANARY" not in caplog.text


def read_web(*answers: bytes) -> tuple[bytes, int]:
    """Read a body from a host as in `fetch`."""
    with answering(answers) as (url, asked), WebBody(f"{url}/d", "d") as body:
        return body.readall(), len(asked)


@pytest.mark.parametrize("broken", CONTRADICTING.values(), ids=CONTRADICTING)
def test_a_web_servers_answer_that_contradicts_itself_breaks_off(broken: bytes) -> None:
    with pytest.raises(DownloadError, match=f"of {len(TEXT)} announced"):
        read_web(broken)


def test_a_web_servers_answer_without_a_length_has_to_come_twice() -> None:
    whole, half = (START + b"\r\n" + body for body in (TEXT, HALF))
    assert read_web(whole) == (TEXT, 2)
    assert read_web(WHOLE) == (TEXT, 1)
    for first, second in ((half, whole), (whole, half), (half, WHOLE)):
        with pytest.raises(DownloadError, match="gave other bytes"):
            read_web(first, second)
    with pytest.raises(DocumentError, match="HTTP 404"):
        read_web(whole, b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n")


def test_a_web_servers_chunks_end_where_nothing_follows_or_come_twice() -> None:
    whole, half = (CHUNKED + b"\r\n" + coded(body) for body in (TEXT, HALF))
    assert read_web(whole, NOTHING_FOLLOWS) == (TEXT, 2)
    assert read_web(whole, WHOLE) == (TEXT, 2)
    assert read_web(whole) == (TEXT, 3)
    for later in (whole, WHOLE):
        with pytest.raises(DownloadError, match="gave other bytes"):
            read_web(half, later)
    with pytest.raises(DownloadError, match="goes on after its end"):
        read_web(half, NOTHING_FOLLOWS)


@pytest.mark.parametrize("start", [START, CHUNKED], ids=["close", "chunked"])
@pytest.mark.parametrize("packed", [True, False])
def test_half_a_document_of_a_web_server_is_no_table(
    packed: bool, start: bytes
) -> None:
    parts = [HALF, TEXT[len(HALF) :]]
    if packed:
        parts = [gzip.compress(part) for part in parts]
    framed = coded if start is CHUNKED else bytes
    half, whole = (
        start + b"\r\n" + framed(body) for body in (parts[0], b"".join(parts))
    )
    with answering([half, whole]) as (url, _), pytest.raises(DownloadError):
        open_document(f"{url}/d").read()
    with answering([whole]) as (url, _):
        assert open_document(f"{url}/d").read().height == 1_000

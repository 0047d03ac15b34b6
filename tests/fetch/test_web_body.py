"""A document at a URL of the user's own: redirects are followed, with care."""

from __future__ import annotations

import traceback
import zlib

import pytest

from spreports.cli import main
from spreports.errors import DocumentError, DownloadError
from spreports.fetch.document_host import (
    MAX_REDIRECTS,
    DocumentHost,
    SignedURL,
    check_url,
)
from spreports.fetch.tries import Setback
from spreports.fetch.web_body import WebBody
from spreports.wire import read_some
from tests.connections import answering

SIGNED = "/d?X-Amz-Signature=CANARY0123456789"


def redirect(location: bytes, body: bytes = b"", more: bytes = b"") -> bytes:
    return b"HTTP/1.1 302 X\r\nLocation: %s\r\n%s\r\n%s" % (location, more, body)


def test_a_redirect_leads_to_the_document() -> None:
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"
    with answering([redirect(b"/other?x=1"), redirect(b"third"), whole]) as (
        url,
        asked,
    ):
        body = WebBody(url + SIGNED, "d")
        with body:
            assert body.read() == b"ab"

    assert asked == [SIGNED, "/other?x=1", "/third"]


@pytest.mark.parametrize(
    "location",
    [b"http://[::1", b"//[::1", b"http://e/\xff", b"ftp://e/x", b"file:///etc/passwd"],
)
def test_a_redirect_to_no_web_address_is_an_error_of_ours(location: bytes) -> None:
    with (
        answering([redirect(location)]) as (url, _),
        pytest.raises(DocumentError, match="redirects to an address") as caught,
    ):
        WebBody(url + SIGNED, "d")

    assert "CANARY" not in str(caught.value)
    assert caught.value.__context__ is None


def test_redirects_in_a_ring_end() -> None:
    with (
        answering([redirect(SIGNED.encode())]) as (url, asked),
        pytest.raises(DocumentError, match=f"more than {MAX_REDIRECTS} times"),
    ):
        WebBody(url + SIGNED, "d")

    assert len(asked) == MAX_REDIRECTS + 1


@pytest.mark.parametrize(
    ("status", "code"), [(503, 5), (500, 5), (429, 5), (404, 1), (403, 1)]
)
def test_an_outage_of_a_web_server_is_exit_5_and_a_refusal_is_1(
    capsys: pytest.CaptureFixture[str], status: int, code: int
) -> None:
    answer = b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % status
    with answering([answer]) as (url, _):
        assert main(["show", url + SIGNED]) == code

    told = capsys.readouterr().err
    assert f"HTTP {status}" in told
    assert "CANARY" not in told


def test_a_web_server_that_is_not_there_is_exit_5_and_may_be_a_slip_of_the_pen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["show", "http://127.0.0.1:1/d.txt"]) == 5

    told = capsys.readouterr().err
    assert "document host; check the host's name, or run the same again later" in told


@pytest.mark.parametrize("location", [b"http://127.0.0.1:1/", b"http://[::1"])
def test_a_told_url_that_redirects_is_an_answer_whose_body_is_left_unread(
    location: bytes,
) -> None:
    bomb = zlib.compress(bytes(1 << 20), wbits=31)
    packed = redirect(location, bomb, b"Content-Encoding: gzip\r\n")
    with answering([packed]) as (url, _), DocumentHost(loopback=True) as host:
        answer = host.get(SignedURL(url + SIGNED, 0.0), start=0, etag=None)

        assert not isinstance(answer, Setback)
        assert answer.status_code == 302
        assert read_some(answer, 1 << 20, decode=False).startswith(b"\x1f\x8b")


def test_no_local_of_ours_shows_the_signature() -> None:
    with (
        answering([b"HTTP/1.1 404 X\r\nContent-Length: 0\r\n\r\n"]) as (url, _),
        pytest.raises(DocumentError) as caught,
    ):
        WebBody(url + SIGNED, "d")
    with pytest.raises(DownloadError) as refused:
        check_url("https://evil.example" + SIGNED, loopback=False)

    for error in (caught.value, refused.value):
        shown = traceback.TracebackException.from_exception(error, capture_locals=True)
        ours = [each for each in shown.stack if "spreports" in each.filename]
        assert ours
        assert "CANARY" not in str([each.locals for each in ours[-1:]])

"""Each step of an answer has its time, however its bytes are dealt out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
import urllib3

from spreports import wire
from spreports.api.exchange import Answer, Exchange, Fault
from spreports.errors import DownloadError
from spreports.fetch.download import download
from spreports.wire import WireSession, read_some
from tests.clocks import ManualClock
from tests.connections import accepting
from tests.one_answer import go_by, serving, unsigned_tls

OK = b"HTTP/1.1 200 OK\r\n"
HEADERS = {
    "a header": (OK + b"X-A: ", b"a"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
}
BODIES = {
    "a chunk's size": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "a trailer": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-A: ", b"a"),
    "endless trailers": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
        b"X-A: a\r\n" * 1000,
    ),
}


@contextmanager
def dripping(start: bytes, drip: bytes) -> Iterator[str]:
    """Answer every connection with some bytes, then with more and more of others."""
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(start)
        while not over.wait(0.005):
            connection.sendall(drip)

    with accepting(answer) as host:
        try:
            yield f"http://{host}/d"
        finally:
            over.set()


@pytest.fixture
def limit_steps(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sockets know no other time: the limit is what can be made small."""
    return lambda seconds: monkeypatch.setattr(wire, "STEP_SECONDS", seconds)


@pytest.fixture
def session() -> Iterator[WireSession]:
    with WireSession({}, trust_env=False) as session:
        yield session


@pytest.mark.parametrize("case", HEADERS)
def test_a_header_that_drips_in_is_given_up(
    session: WireSession, case: str, limit_steps: Callable[[float], None]
) -> None:
    limit_steps(0.05)
    with dripping(*HEADERS[case]) as url, pytest.raises(requests.ReadTimeout):
        session.get(url, stream=True, timeout=10)


@pytest.mark.parametrize("case", BODIES)
def test_a_read_that_brings_nothing_of_the_body_is_given_up(
    session: WireSession, case: str, limit_steps: Callable[[float], None]
) -> None:
    with (
        dripping(*BODIES[case]) as url,
        session.get(url, stream=True, timeout=10) as answer,
    ):
        limit_steps(0.05)
        with pytest.raises(urllib3.exceptions.ReadTimeoutError):
            read_some(answer, 1000, decode=False)


def test_a_body_that_keeps_coming_has_its_time_anew_with_each_read(
    session: WireSession, limit_steps: Callable[[float], None]
) -> None:
    limit_steps(0.3)
    with (
        dripping(OK + b"Content-Length: 100000\r\n\r\n", b"abc") as url,
        session.get(url, stream=True, timeout=10) as answer,
    ):
        got = b"".join(read_some(answer, 1000, decode=False) for _ in range(90))

    assert len(got) >= 90


def test_a_redirect_is_an_answer_whose_body_nobody_reads(session: WireSession) -> None:
    start = b"HTTP/1.1 302 X\r\nLocation: http://[::1\r\n\r\n"
    with (
        dripping(start, b"a" * 10_000) as url,
        session.get(url, stream=True, timeout=10) as answer,
    ):
        assert (answer.status_code, answer.is_redirect) == (302, True)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_tls_on_this_machine_is_trusted_by_the_bundle_and_goes_by_no_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    tls = unsigned_tls(tmp_path)
    go_by("http://127.0.0.1:1", monkeypatch)
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.setenv(name, str(tmp_path / "server.pem"))
    with serving(OK + b"Content-Length: 2\r\n\r\n{}", tls=tls) as url:
        exchange = Exchange(url, max_bytes=1000)
        answer = exchange.send("GET", "/d", headers={})
        exchange.close()
        got = download(
            lambda: f"{url}/d", tmp_path / "d", clock=ManualClock(), loopback=True
        )

    assert isinstance(answer, Answer)
    assert (answer.body, got.path.read_bytes()) == (b"{}", b"{}")


@pytest.mark.parametrize("case", [*HEADERS, *BODIES])
def test_a_call_of_the_api_ends_as_after_any_timeout(
    case: str, limit_steps: Callable[[float], None]
) -> None:
    limit_steps(0.05)
    with dripping(*(HEADERS | BODIES)[case]) as url:
        exchange = Exchange(url.removesuffix("/d"), max_bytes=1000)
        answer = exchange.send("GET", "/d", headers={})
        exchange.close()

    assert answer == Fault("no answer within 30 s", sent=True)


@pytest.mark.slow
@pytest.mark.parametrize("case", [*HEADERS, *BODIES])
def test_a_document_is_asked_for_again_as_after_any_timeout(
    tmp_path: Path, case: str, limit_steps: Callable[[float], None]
) -> None:
    limit_steps(0.05)
    threads = threading.active_count()
    with (
        dripping(*(HEADERS | BODIES)[case]) as url,
        pytest.raises(DownloadError, match=r"9 tries in a row.*did not answer in time"),
    ):
        download(lambda: url, tmp_path / "d", clock=ManualClock(), loopback=True)
    assert threading.active_count() <= threads  # one of a test before may have ended

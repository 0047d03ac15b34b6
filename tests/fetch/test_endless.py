"""A body without end ends in an error, and leaves nothing on the disk."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from spreports.errors import DownloadError
from spreports.fetch import limits
from spreports.fetch.download import download
from tests.clocks import ManualClock
from tests.fetch.bad_host import BadHost, Request
from tests.fetch.conftest import AtEachChunk

CHUNK = b"400\r\n" + b"a\tb\n" * 256 + b"\r\n"


class Endless(BadHost):
    """Sends chunks until nobody takes them any more."""

    def _answer(self, connection: socket.socket, request: Request, fault: str) -> None:
        coding = {"Transfer-Encoding": "chunked", "ETag": '"opaque-2"'}
        self._send(connection, 200, coding, CHUNK, length=None)
        while True:
            connection.sendall(CHUNK)


def test_a_body_without_end_is_given_up_after_the_most_bytes_of_any_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_each_chunk: AtEachChunk
) -> None:
    monkeypatch.setattr(limits, "MAX_BYTES", 300_000)
    seen: list[int] = []
    at_each_chunk(seen.append)
    with (
        Endless(b"") as host,
        pytest.raises(DownloadError, match=r"larger than 300000 bytes .*without end"),
    ):
        download(
            lambda: host.url,
            tmp_path / "d",
            clock=ManualClock(),
            loopback=True,
        )
    assert 0 < seen[-1] <= 300_000
    assert len(host.requests) == 1
    assert list(tmp_path.glob("d*")) == []


def test_a_body_without_end_is_given_up_after_the_longest_time_of_any_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_each_chunk: AtEachChunk
) -> None:
    monkeypatch.setattr(limits, "MAX_SECONDS", 36.0)
    rate_clock = ManualClock()
    at_each_chunk(lambda _: rate_clock.advance(5))
    with (
        Endless(b"") as host,
        pytest.raises(
            DownloadError, match=r"did not end within 0.01 hours.*without end"
        ),
    ):
        download(
            lambda: host.url,
            tmp_path / "d",
            clock=ManualClock(),
            loopback=True,
            rate_clock=rate_clock,
        )
    assert len(host.requests) == 1
    assert list(tmp_path.glob("d*")) == []


def test_the_longest_time_is_that_of_all_tries_together() -> None:
    clock = ManualClock()
    bounds = limits.Limits(None, clock)
    for hour in range(24):
        bounds.begin(0)
        assert not bounds.is_slow(0)
        clock.advance(3600)
        assert bounds.is_slow(hour)
    clock.advance(1)
    with pytest.raises(DownloadError, match="24 hours"):
        bounds.is_slow(1 << 40)

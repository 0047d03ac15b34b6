"""Who reads along sees the end when it is verified, and bytes of one answer only."""

from __future__ import annotations

import gzip
import os
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

import pytest

from spreports.errors import DownloadError
from spreports.fetch import arriving as module
from spreports.fetch import verify
from spreports.fetch.arriving import WORTH_BYTES, Arriving, GivenUpError
from spreports.fetch.download import StoredDocument, download
from spreports.fetch.gzip_walk import gzip_fault
from spreports.fetch.plain_chunks import plain_chunks
from tests.clocks import ManualClock
from tests.fetch.bad_host import FAULTS, BadHost, Request, md5_etag
from tests.fetch.conftest import AtEachChunk

# Does not get smaller: enough for several looks at it
BODY = random.Random(2).randbytes(3 << 19)  # noqa: S311 - no secret
STORED = gzip.compress(BODY, 1, mtime=0)
CORRUPT = STORED[:-4] + bytes(4)
NOT_MD5 = '"d41d8cd98f00b204e9800998ecf8427e-3"'
T = TypeVar("T")
OURS = ("spreports-read-along", "spreports-beside-")


@pytest.fixture(autouse=True)
def any_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read along whatever the host's speed."""
    monkeypatch.setattr(module, "WORTH_SECONDS", 0.0)


class Halting(BadHost):
    """Sends three quarters of the first answer, and the rest when it is told to."""

    def __init__(self, body: bytes, etag: str | None = "md5") -> None:
        self.go_on = threading.Event()
        super().__init__(body, etag=etag)

    def __enter__(self) -> Halting:
        return self

    def _send(
        self,
        connection: socket.socket,
        status: int,
        headers: dict[str, str],
        body: bytes,
        *,
        length: int | None = -1,
    ) -> None:
        length = len(body) if length == -1 else length
        first = len(body) * 3 // 4
        super()._send(connection, status, headers, body[:first], length=length)
        self.go_on.wait(60)
        connection.sendall(body[first:])


def read_all(arriving: Arriving[bytes]) -> bytes:
    with arriving.open() as stream:
        return b"".join(iter(lambda: stream.read(1 << 15), b""))


def fetch(
    host: BadHost,
    folder: Path,
    work: Callable[[Arriving[bytes]], bytes] = read_all,
    clock: ManualClock | None = None,
) -> tuple[StoredDocument, bytes | None]:
    """Download, and return what was read along, if anything was."""
    with Arriving(work) as arriving:
        stored = download(
            lambda: host.url,
            folder / "d",
            clock=clock or ManualClock(),
            loopback=True,
            watched=arriving,
        )
        if arriving.settle(stored.size, stored.sha256):
            return stored, arriving.result()
    return stored, None


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if t.name.startswith(OURS)]


@pytest.mark.parametrize("etag", ["md5", NOT_MD5])
def test_a_document_is_read_while_the_rest_is_still_to_come(
    tmp_path: Path, etag: str
) -> None:
    with Halting(STORED, etag=etag) as host:

        def work(arriving: Arriving[bytes]) -> bytes:
            with arriving.open() as stream:
                first = stream.read(1 << 20)
                assert host.sent < len(STORED)
                host.go_on.set()
                return first + b"".join(iter(lambda: stream.read(9999), b""))

        stored, read = fetch(host, tmp_path, work)

    assert read == STORED
    assert stored.path.read_bytes() == STORED
    assert threads() == []


def test_the_end_is_told_when_the_document_is_verified_and_no_earlier(
    tmp_path: Path,
) -> None:
    ended = threading.Event()

    def work(arriving: Arriving[bytes]) -> bytes:
        stored = read_all(arriving)
        ended.set()
        return stored

    with BadHost(STORED) as host, Arriving(work) as arriving:
        stored = download(
            lambda: host.url, tmp_path / "d", loopback=True, watched=arriving
        )
        assert not ended.wait(0.05)

        assert arriving.settle(stored.size, stored.sha256)
        assert arriving.result() == STORED


def test_the_proof_is_waited_for_and_is_the_digest(tmp_path: Path) -> None:
    with BadHost(STORED) as host:
        stored, proof = fetch(
            host, tmp_path, lambda arriving: arriving.proof().encode()
        )

    assert proof == stored.sha256.encode()


def test_each_reader_has_a_place_of_its_own(tmp_path: Path) -> None:
    def work(arriving: Arriving[bytes]) -> bytes:
        with arriving.open() as early:
            early.read(1000)
            assert read_all(arriving) == STORED
            assert early.read(10) == STORED[1000:1010]
        return read_all(arriving)

    with BadHost(STORED) as host:
        _, read = fetch(host, tmp_path, work)

    assert read == STORED


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("body", [STORED, BODY], ids=["gzip", "plain"])
@pytest.mark.parametrize("etag", ["md5", NOT_MD5])
def test_whatever_breaks_what_was_read_along_is_the_document_or_nothing(
    tmp_path: Path, fault: str, body: bytes, etag: str
) -> None:
    with BadHost(body, [fault, "reset"], etag=etag, where=lambda: 0.8) as host:
        stored, read = fetch(host, tmp_path)

    # A length is all that there is to go by for text whose ETag says nothing
    lies = body is BODY and etag == NOT_MD5 and fault in {"bit_flip", "short_length"}
    assert lies or stored.path.read_bytes() == body
    assert read in {None, stored.path.read_bytes()}
    assert threads() == []


@pytest.mark.parametrize("fault", ["close_early", "bit_flip", "cut_chunked"])
def test_an_answer_that_breaks_is_given_up_before_anything_else_is_asked(
    tmp_path: Path, fault: str
) -> None:
    seen: list[bool] = []
    given_up: list[bool] = []

    class Watching(ManualClock):
        def sleep(self, seconds: float) -> None:
            assert "spreports-read-along" not in threads()
            super().sleep(seconds)

    def work(arriving: Arriving[bytes]) -> bytes:
        seen.append(True)
        try:
            return read_all(arriving)
        except GivenUpError:
            given_up.append(True)
            raise

    with BadHost(STORED, [fault], etag=NOT_MD5, where=lambda: 0.9) as host:
        stored, read = fetch(host, tmp_path, work, Watching())

    assert read is None
    assert seen == given_up == [True]
    assert stored.path.read_bytes() == STORED


@pytest.mark.parametrize(
    ("fault", "etag", "body"),
    [
        ("bit_flip", NOT_MD5, STORED),
        ("bit_flip", None, STORED),
        ("short_length", NOT_MD5, STORED),
        ("cut_chunked", NOT_MD5, STORED),
        ("short_chunked", NOT_MD5, BODY),
        ("short_chunked", None, BODY),
        ("close_early", "md5", BODY),
    ],
)
def test_the_end_of_a_document_that_never_gets_whole_is_never_told(
    tmp_path: Path, fault: str, etag: str | None, body: bytes
) -> None:
    ends: list[int] = []

    def work(arriving: Arriving[bytes]) -> bytes:
        stored = read_all(arriving)
        ends.append(len(stored))
        return stored

    with (
        BadHost(body, [fault] * 99, etag=etag, where=lambda: 0.9) as host,
        pytest.raises(DownloadError),
    ):
        fetch(host, tmp_path, work)

    assert ends == []
    assert list(tmp_path.iterdir()) == []
    assert threads() == []


def test_bytes_that_do_not_match_their_etag_are_never_told_to_be_whole(
    tmp_path: Path,
) -> None:
    ends: list[int] = []

    def work(arriving: Arriving[bytes]) -> bytes:
        stored = read_all(arriving)
        ends.append(len(stored))
        return stored

    class Another(BadHost):
        """Other bytes each time, all of the same length."""

        def _answer(
            self, connection: socket.socket, request: Request, fault: str
        ) -> None:
            self.body = os.urandom(len(BODY))
            super()._answer(connection, request, fault)

    with (
        Another(BODY, etag=md5_etag(b"another")) as host,
        pytest.raises(DownloadError, match="do not match their ETag"),
    ):
        fetch(host, tmp_path, work)

    assert ends == []
    assert threads() == []


def test_the_works_own_error_comes_once_the_document_is_there(tmp_path: Path) -> None:
    def work(arriving: Arriving[bytes]) -> bytes:
        with arriving.open() as stream:
            stream.read(10)
        host.go_on.set()
        raise ValueError("of the work")

    with Halting(STORED) as host, pytest.raises(ValueError, match="of the work"):
        fetch(host, tmp_path, work)

    assert (tmp_path / "d").read_bytes() == STORED
    assert threads() == []


@pytest.mark.parametrize("size", [0, 1000, 256 << 10, WORTH_BYTES])
def test_a_small_document_gets_no_thread(tmp_path: Path, size: int) -> None:
    def work(_: Arriving[bytes]) -> bytes:
        raise AssertionError("begun")

    with BadHost(BODY[:size]) as host:
        stored, read = fetch(host, tmp_path, work)

    assert (stored.size, read) == (size, None)


@pytest.mark.parametrize(
    ("total", "seconds", "begun"),
    [
        (300 << 20, 0.0, True),
        (9 << 20, 0.01, False),  # 100 MiB a second
        (9 << 20, 1.2, True),  # 0.8 MiB a second
        (None, 0.0, True),
    ],
)
def test_what_a_quick_host_will_have_sent_in_a_moment_is_not_read_along(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    total: int | None,
    seconds: float,
    begun: bool,
) -> None:
    monkeypatch.setattr(module, "WORTH_SECONDS", 4.0)
    clock, started = ManualClock(), threading.Event()

    def work(_: Arriving[bytes]) -> bytes:
        started.set()
        return b""

    with (tmp_path / "d").open("w+b") as file, Arriving(work, clock) as arriving:
        arriving.announce(file.fileno(), "text/plain", total)
        clock.sleep(2 * seconds)
        arriving.grow(2 << 20)
        assert arriving.settle(2 << 20, "") is begun
    assert started.is_set() is begun


def undone(arriving: Arriving[bytes]) -> bytes:
    return b"".join(plain_chunks(arriving.open))


def undone_in_part(arriving: Arriving[bytes]) -> bytes:
    return next(plain_chunks(arriving.open))


def undone_after_the_proof(arriving: Arriving[bytes]) -> bytes:
    return arriving.proof().encode() and undone(arriving)


@pytest.mark.parametrize(
    ("work", "stored", "walked"),
    [
        (undone, STORED, False),
        (undone, CORRUPT, True),
        (undone, gzip.compress(BODY[:99]) + STORED, False),
        (undone, gzip.compress(STORED, 1), False),
        (read_all, STORED, True),
        (undone_in_part, STORED, True),
        (undone_after_the_proof, STORED, True),
    ],
    ids=["whole", "corrupt", "two members", "two layers", "raw", "in part", "proof"],
)
def test_gzip_is_undone_once_where_a_reader_undoes_all_of_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[Arriving[bytes]], bytes],
    stored: bytes,
    walked: bool,
) -> None:
    walks: list[str | None] = []

    def noted(chunks: Iterator[bytes]) -> str | None:
        walks.append(gzip_fault(chunks))
        return walks[-1]

    monkeypatch.setattr(verify, "gzip_fault", noted)
    sound = stored != CORRUPT
    with (
        BadHost(stored, etag=NOT_MD5) as host,
        nullcontext() if sound else pytest.raises(DownloadError, match="not whole"),
    ):
        assert fetch(host, tmp_path, work)[0].verified == "gzip"

    assert bool(walks) is walked
    assert all(fault is None for fault in walks) is sound


def test_the_end_of_chunks_is_told_when_nothing_follows_them_and_no_earlier(
    tmp_path: Path,
) -> None:
    ended = threading.Event()

    def work(arriving: Arriving[bytes]) -> bytes:
        stored = read_all(arriving)
        ended.set()
        return stored

    class Asked(BadHost):
        def _answer(
            self, connection: socket.socket, request: Request, fault: str
        ) -> None:
            assert request.start is None or not ended.wait(0.05)
            super()._answer(connection, request, fault)

    with Asked(BODY, ["chunked"], etag=NOT_MD5) as host:
        stored, read = fetch(host, tmp_path, work)

    assert (read, stored.verified, len(host.requests)) == (BODY, "length", 2)


def test_a_document_that_has_to_come_twice_is_not_read_along(tmp_path: Path) -> None:
    with BadHost(BODY, ["without_length"] * 2, etag=None) as host:
        stored, read = fetch(host, tmp_path)

    assert stored.verified == "twice"
    assert read is None


def test_ctrl_c_in_the_download_ends_the_work(
    tmp_path: Path, at_each_chunk: AtEachChunk
) -> None:
    begun = threading.Event()
    ends: list[bytes] = []

    def work(arriving: Arriving[bytes]) -> bytes:
        begun.set()
        ends.append(read_all(arriving))
        return b""

    def interrupted(size: int) -> None:
        if size > WORTH_BYTES:
            assert begun.wait(60)
            raise KeyboardInterrupt

    at_each_chunk(interrupted)
    with (
        BadHost(STORED) as host,
        pytest.raises(KeyboardInterrupt),
        Arriving(work) as arriving,
    ):
        download(lambda: host.url, tmp_path / "d", loopback=True, watched=arriving)

    assert ends == []
    assert list(tmp_path.iterdir()) == []
    assert threads() == []


class InterruptedOnce(threading.Condition):
    """Ctrl-C comes in the main thread's first wait."""

    interrupted = False

    def wait_for(self, predicate: Callable[[], T], timeout: float | None = None) -> T:
        main = threading.current_thread() is threading.main_thread()
        if main and not self.interrupted:
            self.interrupted = True
            raise KeyboardInterrupt
        return super().wait_for(predicate, timeout)


def test_ctrl_c_in_the_wait_for_the_work_ends_it(tmp_path: Path) -> None:
    errors: list[BaseException] = []

    def work(arriving: Arriving[bytes]) -> bytes:
        with arriving.open() as stream:
            with arriving._changed:  # slow work: it is still at it
                arriving._changed.wait_for(lambda: arriving._state.name == "GIVEN_UP")
            try:
                return stream.read(10)
            except GivenUpError as exc:
                errors.append(exc)
                raise

    def interrupted(host: BadHost) -> None:
        with Arriving(work) as arriving:
            arriving._changed = InterruptedOnce()
            stored = download(
                lambda: host.url, tmp_path / "d", loopback=True, watched=arriving
            )
            arriving.settle(stored.size, stored.sha256)

    with BadHost(STORED) as host, pytest.raises(KeyboardInterrupt):
        interrupted(host)

    assert len(errors) == 1
    assert threads() == []


def test_where_the_system_has_no_thread_the_document_is_read_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class NoThread(threading.Thread):
        def start(self) -> None:
            if self.name == "spreports-read-along":
                raise RuntimeError("can't start new thread")
            super().start()

    monkeypatch.setattr(threading, "Thread", NoThread)
    with BadHost(STORED) as host:
        stored, read = fetch(host, tmp_path)

    assert stored.path.read_bytes() == STORED
    assert read is None


def test_a_reader_that_is_left_behind_is_told_so(tmp_path: Path) -> None:
    left: list[Arriving[bytes]] = []

    def work(arriving: Arriving[bytes]) -> bytes:
        left.append(arriving)
        return b""

    with BadHost(STORED) as host:
        fetch(host, tmp_path, work)

    with pytest.raises(GivenUpError):
        left[0].open()
    with pytest.raises(GivenUpError):
        left[0].proof()

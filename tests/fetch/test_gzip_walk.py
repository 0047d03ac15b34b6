"""A gzip document walked while it arrives is judged as one that is walked at once."""

from __future__ import annotations

import gzip
import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spreports.fetch.beside import Beside
from spreports.fetch.gzip_walk import gzip_fault
from spreports.fetch.spool import Spool

# Does not get smaller: enough of it for a thread, and for a full queue
NOISE = random.Random(1).randbytes(6 << 20)  # noqa: S311 - no secret
LARGE = gzip.compress(NOISE, 1)
SMALL = gzip.compress(b"x" * 1000)


def pieces(stored: bytes, size: int = 1 << 17) -> Iterator[bytes]:
    return (stored[at : at + size] for at in range(0, len(stored), size))


def walked(
    stored: bytes, work: Callable[[Iterator[bytes]], str | None] = gzip_fault
) -> str | None:
    walk = Beside(work, "gzip")
    for piece in pieces(stored):
        walk.feed(piece)
    return walk.end()


def threads() -> list[str]:
    found = [t.name for t in threading.enumerate()]
    return [name for name in found if name.startswith("spreports-beside-")]


@pytest.mark.parametrize("whole", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("fault", ["none", "cut", "flipped", "foreign", "two"])
def test_a_walk_on_the_way_says_what_a_walk_at_once_says(
    whole: bytes, fault: str
) -> None:
    at = len(whole) // 2
    stored = {
        "none": whole,
        "cut": whole[:-1],
        "flipped": whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :],
        "foreign": whole + b"no more",
        "two": whole + whole,
    }[fault]

    said = walked(stored)

    assert said == gzip_fault(pieces(stored))
    assert (said is None) == (fault in {"none", "two"})
    assert threads() == []


def test_a_fault_at_the_start_of_much_more_keeps_nobody_waiting() -> None:
    assert walked(b"\x1f\x8b" + NOISE + NOISE) == gzip_fault(
        pieces(b"\x1f\x8b" + NOISE + NOISE)
    )
    assert threads() == []


def test_a_walk_that_is_given_up_ends_its_thread() -> None:
    walk = Beside(gzip_fault, "gzip")
    for piece in pieces(LARGE[: 2 << 20]):
        walk.feed(piece)
    walk.stop()
    assert threads() == []


def test_what_goes_wrong_in_the_thread_is_raised_at_the_end() -> None:
    def no_memory(chunks: Iterator[bytes]) -> str:
        next(chunks)
        raise MemoryError

    with pytest.raises(MemoryError):
        walked(LARGE, no_memory)
    assert threads() == []


def test_a_spool_gives_up_its_walk_when_it_starts_again_or_ends(tmp_path: Path) -> None:
    with Spool(tmp_path / "document") as spool:
        spool.walk_along()
        for piece in pieces(LARGE[:-1]):
            spool.append(piece)
        spool.restart()
        assert spool.walk is None
        assert threads() == []

        spool.walk_along()
        for piece in pieces(LARGE):
            spool.append(piece)
        first = spool.walk
        spool.walk_along()
        assert spool.walk is first
    assert threads() == []


@pytest.mark.parametrize("stored", [SMALL, LARGE], ids=["small", "large"])
def test_an_md5_that_is_reckoned_on_the_way_is_that_of_all_bytes_so_far(
    tmp_path: Path, stored: bytes
) -> None:
    half = len(stored) // 2
    with Spool(tmp_path / "document") as spool:
        for chunks in (pieces(stored[:half]), pieces(stored[half:])):
            for piece in chunks:
                spool.append(piece)
            spool.flush()
            so_far = stored[: spool.size]
            for _ in range(2):  # once of the way, then as it was told
                assert spool.md5 == hashlib.md5(so_far).hexdigest()  # noqa: S324 - S3's
        assert threads() == []

        spool.restart()
        for piece in pieces(stored[1:]):
            spool.append(piece)
        assert spool.md5 == hashlib.md5(stored[1:]).hexdigest()  # noqa: S324 - as above
        spool.restart()
        for piece in pieces(stored):
            spool.append(piece)
        assert threads() == (["spreports-beside-md5"] if stored is LARGE else [])
    assert threads() == []


def test_where_no_thread_can_start_the_spool_lets_go_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_thread(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", no_thread)

    def spooled() -> None:
        with Spool(tmp_path / "document") as spool:
            spool.walk_along()
            for piece in pieces(LARGE):
                spool.append(piece)

    with pytest.raises(RuntimeError, match="can't start new thread"):
        spooled()

    assert list(tmp_path.iterdir()) == []

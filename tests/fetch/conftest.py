"""Each rule by the kernel and without it; what happens while a document comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from spreports.fetch.json import records as json_records
from spreports.fetch.kernel import sandbox
from spreports.fetch.spool import Spool

AtEachChunk = Callable[[Callable[[int], object]], None]


@pytest.fixture(scope="module", params=["by the kernel", "without it"])
def each_way(request: pytest.FixtureRequest) -> Iterator[None]:
    """Read each document by the kernel from its first byte, or none of it."""
    with pytest.MonkeyPatch.context() as patch:
        by_kernel = request.param == "by the kernel"
        patch.setattr(sandbox, "_PAYS_FROM", 0 if by_kernel else 1 << 62)
        yield


@pytest.fixture(scope="module")
def by_kernel() -> Iterator[None]:
    """Read each document by the kernel from its first byte."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "_PAYS_FROM", 0)
        yield


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first look-ahead of JSON records be a few of them."""
    monkeypatch.setattr(json_records, "LOOK_AHEAD", 60)


@pytest.fixture
def at_each_chunk(monkeypatch: pytest.MonkeyPatch) -> AtEachChunk:
    """Have something happen whenever a download has taken bytes; it gets their sum."""
    append = Spool.append

    def register(happen: Callable[[int], object]) -> None:
        def appended(spool: Spool, chunk: bytes) -> None:
            append(spool, chunk)
            happen(spool.size)

        monkeypatch.setattr(Spool, "append", appended)

    return register

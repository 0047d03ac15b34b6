"""Rules of reading hold by the kernel and without it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spreports.fetch.json import records as json_records
from spreports.fetch.kernel import sandbox


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

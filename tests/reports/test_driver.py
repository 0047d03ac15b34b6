"""Documents that share a commit wait for each other, but not for long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from spreports.load.parquet import SinkResult
from spreports.reports.document_source import DocumentSource
from spreports.reports.driver import GROUP, GROUP_SECONDS, land_all
from spreports.reports.work import Work
from tests.clocks import ManualClock


def groups_of(pauses: Sequence[float]) -> list[int]:
    """Land documents that finish so many seconds after each other; their groups."""
    clock, groups = ManualClock(), []

    def documents() -> Iterator[DocumentSource]:
        for seconds in pauses:
            clock.sleep(seconds)
            yield cast("DocumentSource", object())

    def here(_: DocumentSource) -> SinkResult:
        groups.append(1)
        return SinkResult()

    def together(group: Sequence[DocumentSource]) -> list[SinkResult]:
        groups.append(len(group))
        return [SinkResult() for _ in group]

    def elsewhere(_: DocumentSource) -> Work:
        raise AssertionError

    land_all(documents(), clock, here, elsewhere, executor=None, together=together)
    return groups


def test_documents_that_finish_together_share_a_commit() -> None:
    assert groups_of([0.0] * (GROUP + 2)) == [GROUP, 2]


def test_what_comes_more_than_a_minute_after_the_first_ends_a_group() -> None:
    late = GROUP_SECONDS + 1

    assert groups_of([0.0, late, 0.0, late, 0.0]) == [2, 2, 1]

"""Documents that share a commit wait for each other, but not for long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import spreports as spr
from spreports.load.parquet import SinkResult
from spreports.reports.document_source import DocumentSource
from spreports.reports.driver import GROUP, GROUP_SECONDS, land_all
from spreports.reports.progress import OnProgress, Progress
from spreports.reports.work import Work
from spreports.simulator import Simulator
from spreports.simulator.jumping_clock import JumpingClock
from tests.clocks import ManualClock


def groups_of(pauses: Sequence[float], *, looks: bool = False) -> list[int]:
    """Land documents that finish so many seconds after each other; their groups."""
    clock, groups = ManualClock(), []

    def documents(told: OnProgress | None) -> Iterator[DocumentSource]:
        assert told is not None
        for seconds in pauses:
            clock.sleep(seconds)
            if looks:
                told(Progress(total=1, finished=0, adopted=0, statuses={}))
            yield cast("DocumentSource", object())

    def here(_: DocumentSource) -> SinkResult:
        groups.append(1)
        return SinkResult()

    def together(group: Sequence[DocumentSource]) -> list[SinkResult]:
        groups.append(len(group))
        return [SinkResult() for _ in group]

    def elsewhere(_: DocumentSource) -> Work:
        raise AssertionError

    land_all(documents, None, clock, here, elsewhere, executor=None, together=together)
    return groups


def test_documents_that_finish_together_share_a_commit() -> None:
    assert groups_of([0.0] * (GROUP + 2)) == [GROUP, 2]


def test_what_comes_more_than_a_minute_after_the_first_ends_a_group() -> None:
    late = GROUP_SECONDS + 1

    assert groups_of([0.0, late, 0.0, late, 0.0]) == [2, 2, 1]


def test_a_word_of_progress_ends_a_group_whose_time_is_over() -> None:
    late = GROUP_SECONDS + 1

    assert groups_of([0.0, 1.0, late, 1.0, late], looks=True) == [2, 2, 1]


def test_a_report_is_in_the_table_while_the_next_one_sits_out_its_cool_down(
    tmp_path: Path,
) -> None:
    log, table = tmp_path / "table" / "_delta_log", str(tmp_path / "table")
    seen: list[tuple[float, bool]] = []
    with (
        JumpingClock() as clock,
        Simulator(clock=clock, rows=3, cooldowns=True) as simulator,
        simulator.client() as client,
    ):
        entry = spr.report_type("sales_and_traffic")
        weeks = [
            client.reports(
                entry,
                start=datetime(2026, 9, first, tzinfo=UTC),
                end=datetime(2026, 9, first + 7, tzinfo=UTC),
                marketplaces=["DE"],
            )
            for first in (1, 8)
        ]
        both = [request for week in weeks for request in week._requests]
        reports = spr.Reports(client._connection, entry, both)

        def told(progress: spr.Progress) -> None:
            if progress.finished == 1:
                seen.append((clock.monotonic(), log.exists()))

        reports.sink(table, format="delta", on_progress=told)

    first, written = seen[0][0], next(time for time, there in seen if there)
    assert seen[-1][0] - first > 10 * GROUP_SECONDS
    assert written - first < 3 * GROUP_SECONDS

"""What a run looks at of a plain lake before it lands a window."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

import spreports as spr
from spreports.ledger import LakeWindow, Ledger, WindowState
from spreports.load.parquet import SinkResult
from spreports.reports.work import Target
from spreports.sync.delta_looks import DeltaLooks
from spreports.sync.lakeside import Lakeside
from spreports.sync.turn import Turn
from tests.sync.lake import ORDERS, day
from tests.sync.test_calendar import stream


def window(first: int, days: int = 1) -> LakeWindow:
    start, end = day(first), day(first) + timedelta(days=days)
    name = f"{start:%d}/{end:%d}"
    return LakeWindow(name=name, start=start, end=end, state=WindowState.ASKED)


def lakeside(tmp_path: Path) -> Lakeside:
    """A plain lake, of which no ledger is asked."""
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        return Lakeside(
            name="lake",
            to=str(tmp_path),
            storage_options=None,
            is_delta=False,
            refill=False,
            looks=DeltaLooks("lake", None, ledger.counts),
        )


class Host:
    """A run that lands windows; of another host's, only their names are real."""

    def __init__(self, tmp_path: Path, patched: pytest.MonkeyPatch) -> None:
        self.url, self.looks = str(tmp_path / ORDERS), 0
        self._markers = tmp_path / "_spreports" / ORDERS
        self._markers.mkdir(parents=True)
        self._others: list[LakeWindow] = []
        patched.setattr("spreports.sync.turn.Shelf", self._look)
        patched.setattr("spreports.sync.turn.windows_on", lambda *_: self._others)
        self._turn = Turn(stream(), lakeside(tmp_path))

    def _look(self, *_: object, **_more: object) -> None:
        self.looks += 1

    def meanwhile(self, theirs: LakeWindow) -> None:
        """Another host lands a window."""
        self._others.append(theirs)
        self._mark(f"theirs-{theirs.start:%d}")

    def land(
        self, mine: LakeWindow, *, is_new: bool = True, table: str = ""
    ) -> SinkResult:
        target = Target(url=self.url + table, stem=f"mine-{mine.start:%d}")
        return self._turn.land(mine, {}, target, self._write, is_new=is_new)

    def _write(self, target: Target) -> SinkResult:
        self._mark(target.stem)
        return SinkResult(rows=1)

    def _mark(self, stem: str) -> None:
        (self._markers / f"{stem}.json").touch()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_a_run_reads_no_marker_of_its_own(host: Host) -> None:
    for first in (1, 2, 3):
        assert host.land(window(first)).rows == 1

    assert host.looks == 0


def test_what_another_host_has_landed_is_read_once_and_counts_until_the_end(
    host: Host,
) -> None:
    host.meanwhile(window(1, days=3))

    for first in (4, 5):
        assert host.land(window(first)).rows == 1
    for first in (2, 3):
        with pytest.raises(spr.SinkError, match="another host has landed 01/04"):
            host.land(window(first))

    assert host.looks == 1


def test_a_newer_version_of_rows_that_are_there_waits_for_nobody(host: Host) -> None:
    host.meanwhile(window(1, days=3))

    assert host.land(window(2), is_new=False).rows == 1
    assert host.looks == 0


def test_the_second_table_of_a_report_comes_whatever_was_landed_since_the_first(
    host: Host,
) -> None:
    host.land(window(2))
    host.meanwhile(window(1, days=3))

    assert host.land(window(2), table="-second").rows == 1
    assert host.looks == 0

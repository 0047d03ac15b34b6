"""What care is interrupted in the middle of: the rows are there, before and after."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

import spreports as spr
from tests.lake.lakes import ORDERS, Lakeside, orders, rows_of

DAYS = 3


def lake_of(shore: Lakeside) -> spr.Lake:
    return spr.Lake(shore.url, storage_options=shore.options)


def fill(shore: Lakeside) -> list[tuple[Any, ...]]:
    for day in range(DAYS):
        shore.put(str(day), orders(day), day=day)
    return rows_of(shore.scan().collect())


def compact(lake: spr.Lake) -> object:
    return lake.compact()


def protect(lake: spr.Lake) -> object:
    return lake.protect(["sales-channel"])


def purge(lake: spr.Lake) -> object:
    return lake.purge(date(2027, 1, 1))


@pytest.mark.parametrize("care", [compact, protect])
@pytest.mark.parametrize("nth", range(1, 12))
def test_ctrl_c_while_a_disk_writes_keeps_every_row(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    care: Callable[[spr.Lake], object],
    nth: int,
) -> None:
    shore = Lakeside(str(tmp_path / "lake"), {}, fsspec.filesystem("file"))
    before = fill(shore)
    real, calls = os.fsync, 0

    def pressed(file: int) -> None:
        nonlocal calls
        real(file)
        calls += 1
        if calls == nth:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", pressed)
        with pytest.raises(KeyboardInterrupt):
            care(lake_of(shore))

    assert len(shore.scan().collect()) == len(before)
    assert not [p for p in lake_of(shore).check().problems if p.kind == "missing"]
    lake_of(shore).purge(date(2026, 9, 1), dry_run=True)
    assert len(shore.scan().collect()) == len(before)
    care(lake_of(shore))
    lake_of(shore).compact()
    assert lake_of(shore).check(deep=True), lake_of(shore).check(deep=True).problems
    assert len(shore.scan().collect()) == len(before)


class Answerless(MemoryFileSystem):  # type: ignore[misc] # fsspec has no types
    """An object store whose n-th write takes effect, and whose answer is lost."""

    protocol = ("answerless", "memory")
    cachable = False
    store: dict[str, Any] = {}  # noqa: RUF012 - as its parent does
    pseudo_dirs = [""]  # noqa: RUF012 - as its parent does
    countdown = -1
    error: BaseException = OSError(104, "reset")
    # Whether the write is seen only after it has been looked for
    late = False
    held: dict[str, bytes] = {}  # noqa: RUF012 - as its parent does

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("answerless://", "memory://")))

    def pipe_file(self, path: str, value: bytes, **how: Any) -> None:
        self._write(path, lambda: super(Answerless, self).pipe_file(path, value, **how))

    def _write(self, path: str, write: Callable[[], None]) -> None:
        type(self).countdown -= 1
        write()
        if type(self).countdown == 0:
            if self.late:
                name = self._strip_protocol(path)
                self.held[name] = self.store.pop(name).getvalue()
            raise self.error

    def _open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        file = super()._open(path, mode, **options)
        if mode == "wb":
            commit: Callable[[], None] = file.commit
            file.commit = lambda: self._write(path, commit)
        return file

    def arrive(self) -> None:
        """Let what was held back be seen."""
        for name, data in self.held.items():
            super().pipe_file(name, data)
        self.held.clear()


@pytest.fixture
def answerless() -> Lakeside:
    fsspec.register_implementation("answerless", Answerless, clobber=True)
    Answerless.store.clear()
    Answerless.held.clear()
    Answerless.pseudo_dirs[:] = [""]
    Answerless.countdown, Answerless.late = -1, False
    Answerless.error = OSError(104, "reset")
    return Lakeside("answerless://bucket/lake", {}, fsspec.filesystem("answerless"))


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("error", [OSError(104, "reset"), KeyboardInterrupt()])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_compaction_whose_write_is_not_answered_keeps_every_row(
    answerless: Lakeside, nth: int, error: BaseException, *, late: bool
) -> None:
    before = fill(answerless)
    lake = lake_of(answerless)
    Answerless.countdown, Answerless.error, Answerless.late = nth, error, late

    # The note, the file, the marker
    try:
        lake.compact()
    except (spr.SinkError, KeyboardInterrupt):
        pass
    else:
        assert nth == 3
        assert not late
    Answerless.countdown = -1
    assert rows_of(answerless.scan().collect()) == before
    answerless.fs.arrive()

    assert rows_of(answerless.scan().collect()) == before
    lake.purge(date(2026, 9, 1), dry_run=True)
    lake.compact()
    assert rows_of(answerless.scan().collect()) == before
    assert lake.check(deep=True), lake.check().problems
    assert len(answerless.data_files()) == 1


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("nth", [1, 2, 3, 4])
def test_a_sink_whose_write_is_not_answered_gives_all_of_its_rows_or_none(
    answerless: Lakeside, nth: int, *, late: bool
) -> None:
    answerless.put("1", orders(0), day=0)
    Answerless.countdown, Answerless.late = nth, late

    with contextlib.suppress(spr.SinkError):
        answerless.put("2", orders(1, 9), day=1)
    Answerless.countdown = -1
    answerless.fs.arrive()

    assert len(answerless.scan().collect()) in {6, 15}
    answerless.put("2", orders(1, 9), day=1)
    assert len(answerless.scan().collect()) == 15
    assert lake_of(answerless).check(deep=True)


def test_care_takes_nothing_away_where_a_compaction_and_its_sources_lack_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shore = Lakeside(str(tmp_path / "lake"), {}, fsspec.filesystem("file"))
    before = fill(shore)
    with monkeypatch.context() as patched:
        patched.setattr("spreports.lake.rewrite.settled", _killed)
        with pytest.raises(KeyboardInterrupt):
            lake_of(shore).compact()
    first, *_, made = sorted(shore.data_files(), key=lambda name: "compact-" in name)
    data = shore.bytes_of(first)
    shore.remove(made)
    shore.remove(first)
    there = shore.data_files()

    for care in (compact, protect, purge):
        with pytest.raises(spr.SinkError, match="nothing was taken away") as caught:
            care(lake_of(shore))

    assert shore.data_files() == there
    marker = str(caught.value).partition("once ")[2].removesuffix(" is deleted")
    assert ORDERS in marker
    assert Path(marker).exists()
    shore.overwrite(first, data)
    assert rows_of(shore.scan().collect()) == before
    lake_of(shore).compact()
    assert rows_of(shore.scan().collect()) == before


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("care", [compact, protect])
def test_care_of_a_lake_that_lacks_a_file_is_a_sink_error(
    shore: Lakeside, care: Callable[[spr.Lake], object]
) -> None:
    fill(shore)
    shore.remove(shore.data_files()[0])
    there = shore.data_files()

    with pytest.raises(spr.SinkError, match="lake check"):
        care(lake_of(shore))
    assert shore.data_files() == there

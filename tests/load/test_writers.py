"""Rows wait in memory, go to the scratch disk or are written early: which, and when."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spreports.load.encoders import Encoders
from spreports.load.encoding import PAGE_BYTES
from spreports.load.parquet import FEW_ROWS, MANY_ROWS, SOME_FOLDERS, SOME_ROWS, sink
from spreports.load.scratch import Scratch, SetAside
from spreports.load.share import Share
from spreports.load.waiting import SMALL_BYTES, size_of
from spreports.load.writers import MANY_FOLDERS, PartWriters
from tests.load.lake import numbers, tree
from tests.load.rows import cut, orders, reader

ROWS = orders(30_000)
EACH = 100  # bytes of a row


class Watched:
    """Writers of `ROWS`, window by window, and what they do with them.

    Parameters
    ----------
    home : Path
    monkeypatch : pytest.MonkeyPatch
    budget : int, bytes
    row_group_rows : int
    """

    def __init__(
        self,
        home: Path,
        monkeypatch: pytest.MonkeyPatch,
        budget: int = 8 << 20,
        row_group_rows: int = 16_000,
    ) -> None:
        self.encoded: list[tuple[str, bool]] = []
        self.set_aside: list[int] = []
        self.together: list[bool] = []
        encode, append = Encoders.encode, Scratch.append

        def encoding(
            encoders: Encoders,
            folder: str,
            size: int,
            rows: Callable[[bool], AbstractContextManager[pa.Table]],
            *,
            side_by_side: bool,
            plain: bool,
        ) -> None:
            self.encoded.append((folder, side_by_side))
            encode(encoders, folder, size, rows, side_by_side=side_by_side, plain=plain)

        def appending(
            scratch: Scratch, tables: Sequence[pa.Table], *, together: bool
        ) -> SetAside:
            self.set_aside.append(sum(table.num_rows for table in tables))
            self.together.append(together)
            return append(scratch, tables, together=together)

        monkeypatch.setattr(Encoders, "encode", encoding)
        monkeypatch.setattr(Scratch, "append", appending)
        self.writers = PartWriters(
            home,
            "7",
            ROWS.schema,
            note={},
            budget=budget,
            row_group_rows=row_group_rows,
            one_folder=False,
            max_open=9,
            page_bytes=PAGE_BYTES,
            written=lambda *_: None,
        )
        self._rows, _ = self.writers.coded(ROWS)
        self._added: dict[str, list[int]] = defaultdict(list)
        self._start = 0

    def add(self, **shares: int) -> None:
        """Add a window in which each folder has so many rows."""
        named = []
        for folder, count in shares.items():
            end = self._start + count
            assert end <= ROWS.num_rows
            named.append((folder, Share(self._rows, self._start, count)))
            self._added[folder].extend(range(self._start, end))
            self._start = end
        self.writers.add(named, EACH)

    def finish(self) -> Counter[str]:
        """Return how many rows each folder's files have: as added, in order."""
        found: dict[str, list[int]] = defaultdict(list)
        for part in self.writers.finish(at_least_one=False):
            rows = pq.read_table(part.local, columns=["n"], partitioning=None)
            found[part.path.split("/")[0]].extend(rows["n"].to_pylist())
        assert found == {folder: rows for folder, rows in self._added.items() if rows}
        return Counter({folder: len(rows) for folder, rows in found.items()})


def test_a_folder_without_rows_for_two_windows_is_written_while_others_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path, monkeypatch)
    for _ in range(3):
        watched.add(monday=1_000)
    watched.add(tuesday=1_000)
    assert watched.encoded == []
    watched.add(tuesday=1_000)
    assert watched.encoded == [("monday", False)]

    assert watched.finish() == {"monday": 3_000, "tuesday": 2_000}
    assert watched.encoded == [("monday", False), ("tuesday", True)]


def test_a_few_rows_are_never_written_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path, monkeypatch)
    watched.add(small=999)
    for _ in range(9):
        watched.add(large=1_000)

    assert watched.encoded == []
    assert watched.finish() == {"small": 999, "large": 9_000}


def test_a_folder_that_comes_back_is_written_early_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path, monkeypatch)
    for _ in range(4):
        for folder in ("a", "b"):
            for _ in range(3):
                watched.add(**{folder: 1_000})

    assert [folder for folder, _ in watched.encoded] == ["a", "b"]
    assert watched.finish() == {"a": 12_000, "b": 12_000}
    assert Counter(folder for folder, _ in watched.encoded) == {"a": 2, "b": 2}


def test_row_groups_of_four_folders_come_side_by_side_those_of_three_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path, monkeypatch, budget=400_000)  # a row group: 1,000 rows
    for _ in range(4):
        watched.add(a=300, b=300, c=300)
    assert watched.encoded == [("a", False), ("b", False), ("c", False)]
    watched.encoded.clear()
    for _ in range(5):
        watched.add(a=250, b=250, c=250, d=250)

    assert ("d", True) in watched.encoded
    assert all(together for _, together in watched.encoded)
    watched.finish()


def test_memory_counts_until_no_share_of_its_window_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path, monkeypatch)
    watched.add(a=500, b=500)
    whole = watched.writers._held
    watched.writers._flush("a")
    assert watched.writers._held == whole > 1_000 * EACH
    watched.writers._flush("b")
    assert watched.writers._held == 0
    assert watched.finish() == {"a": 500, "b": 500}


@pytest.mark.parametrize("each", [(300, 300), (400, 200), (200, 200, 200)])
def test_two_or_three_folders_that_fill_up_alike_never_see_the_scratch_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, each: tuple[int, ...]
) -> None:
    shares = {f"f{n}": rows for n, rows in enumerate(each)}
    window = sum(size_of(Share(ROWS, 0, rows), EACH) for rows in each)
    watched = Watched(tmp_path, monkeypatch, 10 * window, row_group_rows=1 << 20)

    for _ in range(48):
        watched.add(**shares)

    assert watched.set_aside == []
    assert {folder for folder, _ in watched.encoded} == {*shares}
    assert watched.finish() == {folder: 48 * rows for folder, rows in shares.items()}


@pytest.mark.parametrize(("folders", "windows"), [(4, 3), (127, 3), (128, 4)])
def test_less_waits_where_several_folders_share_each_window(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folders: int, windows: int
) -> None:
    shares = {f"f{n}": 4 for n in range(folders)}
    window = folders * size_of(Share(ROWS, 0, 4), EACH)
    watched = Watched(tmp_path, monkeypatch, 8 * window, row_group_rows=1 << 20)

    for _ in range(windows):
        watched.add(**shares)
    assert watched.set_aside == []
    watched.add(**shares)

    assert len(watched.set_aside) == folders
    assert watched.finish() == dict.fromkeys(shares, 4 * (windows + 1))


def test_what_got_no_rows_for_longest_goes_to_the_disk_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = size_of(Share(ROWS, 0, 1_000), EACH)
    watched = Watched(tmp_path, monkeypatch, 9 * window, row_group_rows=1 << 20)
    for folder in ("oldest", "oldest", "middle", "middle"):
        watched.add(**{folder: 1_000})
    assert watched.set_aside == []
    watched.add(latest=1_000)

    assert watched.set_aside == [2_000, 2_000]
    assert watched.writers._held == window
    assert watched.encoded == []
    assert watched.finish() == {"oldest": 2_000, "middle": 2_000, "latest": 1_000}


def test_small_pieces_are_put_together_on_the_scratch_disk_and_large_ones_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(tmp_path, monkeypatch, row_group_rows=1 << 20)
    small = SMALL_BYTES // EACH
    for _ in range(5):
        watched.add(small=small - 100, large=small + 100)
    assert watched.set_aside == []

    watched.writers._set_aside(0)

    assert watched.set_aside == [5 * (small - 100), 5 * (small + 100)]
    assert watched.together == [True, False]

    watched.add(large=10)
    watched.writers._set_aside(0)

    assert watched.together == [True, False, True]
    whole = {"small": 5 * (small - 100), "large": 5 * (small + 100) + 10}
    assert watched.finish() == whole


@pytest.mark.parametrize(
    ("count", "rows"),
    [
        (SOME_FOLDERS - 1, FEW_ROWS),
        (SOME_FOLDERS, SOME_ROWS),
        (MANY_FOLDERS, MANY_ROWS),
    ],
)
def test_windows_are_larger_where_many_folders_share_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, rows: int
) -> None:
    sizes, folders = [], []
    add = PartWriters.add

    def adding(
        writers: PartWriters, shares: Sequence[tuple[str, Share]], each: int
    ) -> None:
        sizes.append(sum(rows.num_rows for _, rows in shares))
        folders.append(len(shares))
        add(writers, shares, each)

    monkeypatch.setattr(PartWriters, "add", adding)
    few, many = 4 * FEW_ROWS, 2 * (FEW_ROWS + rows)
    table = pa.table({"n": range(few + many)})
    shop = [f"{n % (1 if n < few else count)}" for n in range(few + many)]

    sink(
        reader(table.append_column("shop", pa.array(shop))),
        tmp_path / "lake",
        stem="7",
        partition_by=["shop"],
    )

    assert folders[:4] == [1, 1, 1, 1]
    # Two windows are on their way when the first of many folders is known
    assert sizes == [FEW_ROWS] * 6 + [rows] * 2
    assert numbers(tmp_path / "lake") == list(range(few + many))


@pytest.mark.slow
def test_many_folders_have_the_same_files_however_the_batches_were_cut(
    tmp_path: Path,
) -> None:
    table = orders(5 * FEW_ROWS, channels=MANY_FOLDERS)
    for name, sizes in {"a": [], "b": [1_000] * 40, "c": [1, 60_000, 3]}.items():
        sink(
            cut(table, sizes),
            tmp_path / name / "lake",
            stem="7",
            partition_by=["sales-channel"],
            # So that rows go to the scratch disk and make several row groups
            budget=2 << 20,
            row_group_rows=300,
        )

    first = tree(tmp_path / "a" / "lake")
    assert len(first) == MANY_FOLDERS
    assert tree(tmp_path / "b" / "lake") == tree(tmp_path / "c" / "lake") == first
    assert numbers(tmp_path / "a" / "lake") == list(range(table.num_rows))


def test_days_that_follow_each_other_need_no_scratch_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("rows went to the scratch disk")

    monkeypatch.setattr(Scratch, "append", refuse)
    table = orders(6 * FEW_ROWS)
    days = pa.array([f"{n // (2 * FEW_ROWS)}" for n in range(table.num_rows)])

    result = sink(
        reader(table.append_column("day", days)),
        tmp_path / "lake",
        stem="7",
        partition_by=["day"],
        budget=2 * (3 * FEW_ROWS * table.nbytes // table.num_rows),
    )

    assert (result.rows, result.files) == (6 * FEW_ROWS, 3)


@pytest.mark.slow
@given(
    st.lists(
        st.lists(st.integers(0, 250), min_size=1, max_size=4), min_size=1, max_size=30
    ),
    st.integers(1, 1 << 20),
)
def test_every_row_is_written_whatever_waits_where(
    tmp_path_factory: pytest.TempPathFactory, windows: list[list[int]], budget: int
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        watched = Watched(tmp_path_factory.mktemp("parts"), monkeypatch, budget)
        expected: Counter[str] = Counter()
        for shares in windows:
            named = {f"f{place}": count for place, count in enumerate(shares)}
            watched.add(**named)
            expected.update(named)

        assert watched.finish() == +expected
        assert watched.writers._held == watched.writers._encoders.queued == 0

"""Read files in groups, side by side, and some groups ahead of the query."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor

import pyarrow as pa

from spreports.at_work import threads_of
from spreports.errors import SinkError
from spreports.lake.reading import Wanted, open_piece, read_piece
from spreports.lake.stock import Piece, grouped

__all__ = ["read_groups"]

# Rows of small files that are read side by side and kept until all of them are there
GROUP_ROWS = 65_536
SIDE_BY_SIDE = 4
# Groups that are read while the query has another
AHEAD = 2
# Of an object store, where to read is to wait: files side by side, and groups ahead as
# long as they are no more bytes together
REQUESTS = 8
AHEAD_BYTES = 64 << 20

# Of one group: each list of tables holds what the query takes at once
Tables = Iterator[list[pa.Table]]


def read_groups(
    pieces: Sequence[Piece], wanted: Wanted, *, hurried: bool
) -> Iterator[tuple[Sequence[Piece], Tables]]:
    """Yield groups of pieces with their rows.

    Parameters
    ----------
    pieces : sequence of Piece
    wanted : Wanted
    hurried : bool
        A few rows may be all that is wanted: one file at a time, nothing ahead.

    Yields
    ------
    pieces : sequence of Piece
    tables : iterator of list of pyarrow.Table
        To be used up before the next group is asked for.

    Raises
    ------
    FileNotFoundError
        By the tables: a file was replaced, and nothing of its group was yielded.
    SinkError
        By the tables: a file is damaged, or the file system refused.
    """
    waiting: deque[tuple[Sequence[Piece], Callable[[], Tables]]] = deque()
    is_local = all(piece.root.is_local for piece in pieces)
    ahead = _Ahead()
    count = SIDE_BY_SIDE if is_local else REQUESTS
    with threads_of("spreports-scan", count) as pool:
        for group in grouped(pieces, 1 if hurried else GROUP_ROWS):
            waiting.append((group, _begun(pool, group, wanted)))
            if len(waiting) > (0 if hurried else ahead.groups):
                first, tables = waiting.popleft()
                yield first, tables() if is_local else ahead.weighed(tables())
        for first, tables in waiting:
            yield first, tables()


class _Ahead:
    """How many groups to read ahead of the query, by what those took that have come."""

    def __init__(self) -> None:
        self.groups = AHEAD
        self._largest = 1

    def weighed(self, tables: Tables) -> Tables:
        """Give a group's tables on."""
        for together in tables:
            size = sum(table.nbytes for table in together)
            self._largest = max(self._largest, size)
            yield together
        self.groups = max(AHEAD, min(REQUESTS, AHEAD_BYTES // self._largest))


def _begun(
    pool: Executor, group: Sequence[Piece], wanted: Wanted
) -> Callable[[], Tables]:
    """Begin to read a group; return what gives its rows."""
    # A group is full at `GROUP_ROWS`, and its last file may hold as many
    if sum(piece.rows for piece in group) > GROUP_ROWS * 2:
        return lambda: _large(pool, group, wanted)
    coming = [pool.submit(_whole, piece, wanted) for piece in group]
    return lambda: iter([[table for each in coming for table in each.result()]])


def _whole(piece: Piece, wanted: Wanted) -> list[pa.Table]:
    """Return all rows of a piece."""
    return list(read_piece(piece, open_piece(piece, wanted), wanted))


def _large(pool: Executor, group: Sequence[Piece], wanted: Wanted) -> Tables:
    """Yield the rows of large files, all of which are open before the first row."""
    files = list(pool.map(lambda piece: open_piece(piece, wanted), group))
    begun = False
    try:
        for piece, file in zip(group, files, strict=True):
            tables = read_piece(piece, file, wanted)
            coming = pool.submit(next, tables, None)
            while (table := coming.result()) is not None:
                coming = pool.submit(next, tables, None)
                yield [table]
                begun = True
    except FileNotFoundError:
        if not begun:
            raise
        raise SinkError(
            f"{group[0].root.name}: a large file was replaced while it was read;"
            " collect again",
            url=group[0].root.name,
        ) from None

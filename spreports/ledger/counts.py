"""How many rows of which values the files of Delta tables hold: none is read twice.

Such a file never changes.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

__all__ = ["COUNTS_SCHEMA", "LakeCounts"]

COUNTS_SCHEMA = """
CREATE TABLE IF NOT EXISTS lake_counts (
    lake TEXT NOT NULL,
    root TEXT NOT NULL,
    columns TEXT NOT NULL,
    file TEXT NOT NULL,
    groups TEXT NOT NULL,
    PRIMARY KEY (lake, root, columns, file)
);
"""

Groups = Mapping[tuple[Any, ...], int]


class LakeCounts:
    """What is counted of all lakes' files; made by `Ledger`.

    Parameters
    ----------
    rows : callable
        Returns the rows of a query.
    write : callable
        The ledger's transaction.
    """

    def __init__(
        self,
        rows: Callable[[str, tuple[str, ...]], list[tuple[Any, ...]]],
        write: Callable[[], AbstractContextManager[sqlite3.Connection]],
    ) -> None:
        self._rows, self._write = rows, write

    def of(self, lake: str, root: str, columns: Sequence[str]) -> dict[str, Groups]:
        """Return the counts of a table's files, by what each is known by."""
        found = self._rows(
            "SELECT file, groups FROM lake_counts "
            "WHERE lake = ? AND root = ? AND columns = ?",
            (lake, root, json.dumps(columns)),
        )
        return {
            file: {tuple(map(_value, values)): n for values, n in json.loads(text)}
            for file, text in found
        }

    def put(
        self,
        lake: str,
        root: str,
        columns: Sequence[str],
        files: Mapping[str, Groups],
        *,
        without: Collection[str] = (),
    ) -> None:
        """Write counts of files, and forget files that the table no longer has."""
        key = (lake, root, json.dumps(columns))
        with self._write() as db:
            for file in without:
                db.execute(
                    "DELETE FROM lake_counts "
                    "WHERE lake = ? AND root = ? AND columns = ? AND file = ?",
                    (*key, file),
                )
            for file, groups in files.items():
                said = [[list(map(_text, values)), n] for values, n in groups.items()]
                db.execute(
                    "INSERT OR REPLACE INTO lake_counts VALUES (?, ?, ?, ?, ?)",
                    (*key, file, json.dumps(said)),
                )


def _text(value: str | datetime | None) -> str | list[str] | None:
    """Write a value of a column as JSON has it; a time apart from a text."""
    return [value.isoformat()] if isinstance(value, datetime) else value


def _value(text: str | list[str] | None) -> str | datetime | None:
    return datetime.fromisoformat(text[0]) if isinstance(text, list) else text

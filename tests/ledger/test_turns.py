"""The clients of one process take turns at a file."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from spreports.ledger import Ledger
from spreports.turns import PAUSE, _turn_at, transaction, write_ahead

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_many_ledgers_of_one_file_write_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    together = threading.Barrier(24)

    def work(number: int) -> None:
        ledger = Ledger(path)
        together.wait(600)
        for turn in range(10):
            row = ledger.intend(f"account-{number}", "key", NOW)
            ledger.created(row, f"{number}-{turn}")
        ledger.close()

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(work, range(24)))

    ledger = Ledger(path)
    assert all(ledger.answered(f"account-{n}", "key") == 10 for n in range(24))
    ledger.close()


def test_one_file_has_one_turn_by_whatever_path_and_is_forgotten(
    tmp_path: Path,
) -> None:
    turn = _turn_at(tmp_path / "a" / ".." / "file")

    assert _turn_at(tmp_path / "file") is turn
    assert _turn_at(tmp_path / "other") is not turn


class Interrupted(sqlite3.Connection):
    """Ctrl-C comes while a transaction waits for its turn, which it then gets."""

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        cursor = super().execute(sql, *parameters)
        if sql.startswith("BEGIN"):
            raise KeyboardInterrupt
        return cursor


def test_a_transaction_that_is_interrupted_as_it_begins_is_not_left_open(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file"
    db = sqlite3.connect(path, isolation_level=None, factory=Interrupted)

    with pytest.raises(KeyboardInterrupt), transaction(db):
        pass

    assert not db.in_transaction
    db.close()


def test_a_transaction_that_sqlite_has_rolled_back_says_why(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "file", isolation_level=None)
    db.execute("CREATE TABLE texts (text TEXT)")
    db.execute("PRAGMA max_page_count = 12")

    texts = [("x" * 1_000,)] * 1_000

    with pytest.raises(sqlite3.OperationalError, match="full"), transaction(db):
        db.executemany("INSERT INTO texts VALUES (?)", texts)

    assert db.execute("SELECT count(*) FROM texts").fetchone() == (0,)
    db.close()


def test_a_new_file_that_another_recovers_is_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recovering = sqlite3.OperationalError("database is locked")
    recovering.sqlite_errorcode = sqlite3.SQLITE_BUSY_RECOVERY
    refused, slept = [recovering], list[float]()

    class Recovered(sqlite3.Connection):
        def execute(self, *asked: Any) -> sqlite3.Cursor:
            if refused:
                raise refused.pop()
            return super().execute(*asked)

    monkeypatch.setattr("spreports.turns.time.sleep", slept.append)
    with closing(sqlite3.connect(":memory:", factory=Recovered)) as connection:
        write_ahead(connection)

    assert slept == [PAUSE]

"""The clients of one process take turns at a file."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from spreports.ledger import Ledger
from spreports.turns import turn_at

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
    assert all(len(ledger.report_ids(f"account-{n}")) == 10 for n in range(24))
    ledger.close()


def test_one_file_has_one_turn_by_whatever_path_and_is_forgotten(
    tmp_path: Path,
) -> None:
    turn = turn_at(tmp_path / "a" / ".." / "file")

    assert turn_at(tmp_path / "file") is turn
    assert turn_at(tmp_path / "other") is not turn

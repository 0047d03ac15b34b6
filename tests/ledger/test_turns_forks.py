"""A forked child uses the files of its parent's client as a process of its own."""

from __future__ import annotations

import os
import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spreports.ledger import Ledger
from spreports.quota import QuotaFile
from tests.forking import in_child

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.sqlite"


def test_what_a_child_writes_stays_though_its_parent_closes_the_file_before(
    path: Path,
) -> None:
    # SQLite would remove the log that the child goes on writing to
    written, write = os.pipe()
    closed, close = os.pipe()

    def parent() -> None:
        ledger = Ledger(path)
        child = os.fork()
        if not child:
            ledger.created(ledger.intend("account", "key", NOW), "before")
            os.write(write, b"x")
            os.read(closed, 1)
            ledger.created(ledger.intend("account", "key", NOW), "after")
            os._exit(0)
        os.read(written, 1)
        ledger.close()
        os.write(close, b"x")
        os.waitpid(child, 0)

    assert in_child(parent) == "None"
    ledger = Ledger(path)
    assert ledger.knows("account", "before")
    assert ledger.knows("account", "after")
    ledger.close()


def test_a_child_closes_the_connections_that_it_inherited(path: Path) -> None:
    ledger, quota = Ledger(path), QuotaFile(path.with_name("quota"))
    files = [ledger._file._handle(), quota._file._handle()]

    def open_ones() -> int:
        left = 0
        for each in files:
            assert each.connection is not None
            try:
                each.connection.execute("SELECT 1")
                left += 1
            except sqlite3.ProgrammingError:
                pass
        return left

    assert in_child(open_ones) == "0"
    assert open_ones() == len(files)
    ledger.close()
    quota.close()


def test_a_fork_waits_for_its_turn_at_a_file_and_gives_it_back(path: Path) -> None:
    quota = QuotaFile(path)
    inside, leave = threading.Event(), threading.Event()

    def book() -> None:
        with quota.transaction() as db:
            inside.set()
            leave.wait(0.1)
            db.execute("INSERT INTO cooldowns VALUES ('a', 'b', 'c', 0, 0)")

    def counted() -> int:
        with quota.transaction() as db:
            return len(db.execute("SELECT * FROM cooldowns").fetchall())

    thread = threading.Thread(target=book)
    thread.start()
    inside.wait()

    assert in_child(counted) == "1"
    thread.join()
    assert counted() == 1
    quota.close()


def test_a_child_leaves_alone_what_its_parent_is_about_to_create(path: Path) -> None:
    ledger = Ledger(path)
    ledger.intend("account", "key", NOW)

    assert in_child(ledger.close) == "None"

    request = ledger.latest("account", "key")
    assert request is not None
    assert request.owner
    ledger.close()


def test_a_closed_file_is_closed_for_a_child_too(path: Path) -> None:
    ledger = Ledger(path)
    ledger.close()

    said = in_child(lambda: ledger.latest("account", "key"))

    assert said.startswith("StoppedError: this client is closed")

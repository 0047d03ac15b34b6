"""The ledger: each step is there for the next process."""

from __future__ import annotations

import multiprocessing
import re
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spreports.clock import StoppedError
from spreports.errors import ConfigError
from spreports.ledger import (
    LakeWindow,
    Ledger,
    VerifiedDocument,
    WindowState,
    asked_of_type,
    asked_time,
    door,
    request_key,
)
from spreports.owner import mark
from spreports.turns import transaction
from tests.opened import is_closed, note_opened

NOW = datetime(2026, 11, 1, tzinfo=UTC)
KEY = request_key("T", ["A", "B"], {"x": "1"}, NOW, NOW)


def test_a_request_is_the_same_whatever_the_order_of_its_parts() -> None:
    assert request_key("T", ["B", "A"], {"x": "1"}, NOW, NOW) == KEY
    assert request_key("T", ["A", "B"], {"x": "2"}, NOW, NOW) != KEY
    assert request_key("T", ["A"], {"x": "1"}, NOW, NOW) != KEY


def test_every_step_is_seen_by_the_next_process(tmp_path: Path) -> None:
    first = Ledger(tmp_path / "ledger.sqlite")
    row = first.intend("account", KEY, NOW)
    first.created(row, "R1")
    first.seen("account", "R1", "DONE", "D1")
    document = VerifiedDocument(
        content_type="text/plain", size=3, sha256="00", verified="md5"
    )
    first.stored("account", "D1", document, NOW)
    first.close()

    second = Ledger(tmp_path / "ledger.sqlite")
    known = second.latest("account", KEY)

    assert known is not None
    assert (known.report_id, known.processing_status) == ("R1", "DONE")
    assert known.report_document_id == "D1"
    assert second.document("account", "D1") == document
    second.close()


def test_an_intent_without_an_answer_stays(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.intend("account", KEY, NOW)

    known = ledger.latest("account", KEY)

    assert known is not None
    assert known.report_id is None
    ledger.close()


def test_an_intent_of_which_nothing_came_is_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.refused(ledger.intend("account", KEY, NOW))

    assert ledger.latest("account", KEY) is None
    ledger.close()


def test_a_report_that_was_adopted_before_its_answer_came_is_the_askers(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    row = ledger.intend("account", KEY, NOW)
    assert ledger.open_keys("account") == {KEY}
    assert ledger.adopted("account", KEY, ("R1", "DONE", "D1"), NOW)

    ledger.created(row, "R1")

    latest = ledger.latest("account", KEY)
    assert latest is not None
    assert (latest.id, latest.report_id) == (row, "R1")
    assert ledger.open_keys("account") == frozenset()
    assert ledger.intend_alone("account", KEY, NOW, 1) is not None
    ledger.close()


@pytest.mark.parametrize("ahead", [False, True])
def test_an_intent_of_another_host_is_waited_for_an_hour(
    tmp_path: Path, *, ahead: bool
) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.intend("account", KEY, NOW)
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db, db:
        db.execute("UPDATE requests SET owner = '00000000-1-1'")

    def intended(minutes: float) -> int | None:
        now = NOW + timedelta(minutes=-minutes if ahead else minutes)
        return ledger.intend_alone("account", KEY, now, 0)

    assert intended(59) is None
    assert intended(61) is not None
    assert intended(61) is None  # ours, and we are alive
    ledger.close()


def test_a_private_document_of_another_host_is_kept_for_a_day(tmp_path: Path) -> None:
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        document = VerifiedDocument(
            content_type=None, size=1, sha256="0" * 64, verified="md5"
        )
        ledger.stored("account", "D1", document, NOW, private=True)
        assert ledger.orphans("account", NOW + timedelta(hours=25)) == ()
        with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db, db:
            db.execute("UPDATE documents SET private_owner = '00000000-1-1'")

        assert ledger.orphans("account", NOW + timedelta(hours=23)) == ()
        assert ledger.orphans("account", NOW + timedelta(hours=25)) == ("D1",)


def test_an_intent_of_our_own_is_waited_for_as_long_as_we_run(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.intend("account", KEY, NOW)  # and waits for createReport's quota

    assert ledger.intend_alone("account", KEY, NOW + timedelta(hours=2), 0) is None
    ledger.close()


def test_of_two_that_find_no_report_the_later_one_makes_none_where_the_first_has(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(Ledger(path)) as first, closing(Ledger(path)) as second:
        answered = second.answered("account", KEY)
        made = first.intend_alone("account", KEY, NOW, answered)
        assert made is not None
        assert second.intend_alone("account", KEY, NOW, answered) is None
        first.created(made, "R1")

        assert second.intend_alone("account", KEY, NOW, answered) is None

        answered = second.answered("account", KEY)
        assert second.intend_alone("account", KEY, NOW, answered) is not None


def test_a_report_is_known_once_it_is_a_requests_and_found_by_an_index(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    assert not ledger.knows("account", "R1")
    ledger.created(ledger.intend("account", KEY, NOW), "R1")
    asked: list[str] = []
    with ledger._file.turn() as connection:
        connection.set_trace_callback(asked.append)

    assert ledger.knows("account", "R1")
    (query,) = asked
    assert not ledger.knows("another", "R1")

    ((*_, how),) = ledger.rows(f"EXPLAIN QUERY PLAN {query}", ())
    assert "(account=? AND report_id=?)" in how
    ledger.close()


def test_accounts_share_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.created(ledger.intend("one", KEY, NOW), "R1")

    assert ledger.latest("two", KEY) is None
    ledger.close()


def test_others_cannot_read_the_ledger(tmp_path: Path) -> None:
    Ledger(tmp_path / "store" / "ledger.sqlite").close()

    path = tmp_path / "store" / "ledger.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_new_ledger_has_no_table_that_nobody_reads(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    tables = ledger.rows("SELECT name FROM sqlite_master WHERE type = 'table'", ())
    ledger.close()
    code = "".join(p.read_text() for p in Path(door.__file__).parent.glob("*.py"))

    assert tables
    for (name,) in tables:
        assert re.search(rf"SELECT[^;]*? FROM {name}\b", code), name


def test_an_older_ledger_keeps_the_commits_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.execute("CREATE TABLE commits (account TEXT, report_id TEXT)")
        old.execute("INSERT INTO commits VALUES ('account', 'R1')")
        old.execute("PRAGMA user_version = 3")
        old.commit()

    ledger = Ledger(path)
    ledger.intend("account", KEY, NOW)

    assert ledger.rows("SELECT * FROM commits", ()) == [("account", "R1")]
    ledger.close()


def test_a_newer_ledger_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(ConfigError, match="newer"):
        Ledger(path)


@pytest.mark.parametrize("refused", ["newer", "no ledger"])
def test_a_file_that_is_refused_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    path = tmp_path / "ledger.sqlite"
    if refused == "newer":
        Ledger(path).close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 99")
    else:
        path.write_bytes(b"not a database " * 100)
    opened = note_opened(monkeypatch)

    with pytest.raises(ConfigError):
        Ledger(path)

    assert [is_closed(connection) for connection in opened] == [True]


def test_a_ledger_that_cannot_write_its_last_word_is_closed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.intend("account", KEY, NOW)
    with ledger._file.turn() as connection:
        connection.execute("PRAGMA query_only = ON")

    with pytest.raises(ConfigError, match="cannot be written"):
        ledger.close()

    assert is_closed(connection)
    ledger.close()


@pytest.mark.parametrize(
    "intend",
    [
        lambda ledger: ledger.intend("account", KEY, NOW),
        lambda ledger: ledger.intend_alone("account", KEY, NOW, 0),
    ],
)
def test_an_intent_that_was_not_committed_is_not_given_up_for_anothers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    intend: Callable[[Ledger], int],
) -> None:
    @contextmanager
    def failing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
        with transaction(connection) as db:
            yield db
            raise sqlite3.OperationalError("disk I/O error")  # as of a COMMIT

    ledger, other = (Ledger(tmp_path / "ledger.sqlite") for _ in range(2))
    with monkeypatch.context() as patched:
        patched.setattr(door, "transaction", failing)
        with pytest.raises(ConfigError, match="disk I/O error"):
            intend(ledger)
    intend(other)

    ledger.close()

    known = other.latest("account", KEY)
    assert known is not None
    assert known.owner == mark()
    other.close()


def test_a_file_that_is_no_ledger_is_refused_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"not a database " * 100)

    with pytest.raises(ConfigError, match="move it away"):
        Ledger(path)


# No byte may be written, as on a full disk
FULL_DISK = """
import resource, signal, sys
from spreports.ledger import Ledger
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
Ledger(__import__("pathlib").Path(sys.argv[1]))
"""


def test_a_new_ledger_on_a_full_disk_is_not_to_be_moved_away(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path / "ledger.sqlite")]

    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words

    assert "ConfigError" in ended.stderr
    assert "make room" in ended.stderr
    assert "move it away" not in ended.stderr


def test_a_place_where_no_ledger_can_be_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one that you may write to"):
        Ledger(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="one that you may write to"):
        Ledger(tmp_path / "file" / "ledger.sqlite")


def _write_rows(path: Path, name: str) -> None:
    ledger = Ledger(path)
    for n in range(25):
        ledger.created(ledger.intend(name, f"key {n}", NOW), f"{name}-{n}")
    ledger.close()


def test_processes_write_side_by_side_and_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    context = multiprocessing.get_context("spawn")
    writers = [
        context.Process(target=_write_rows, args=(path, f"p{n}")) for n in range(2)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(600)

    connection = sqlite3.connect(path)
    (count,) = connection.execute("SELECT count(*) FROM requests").fetchone()
    connection.close()
    assert count == 50


def test_a_ledger_that_cannot_be_written_says_so_and_keeps_what_it_has(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.intend("account", KEY, NOW)
    with ledger._file.turn() as connection:
        connection.execute("PRAGMA max_page_count = 1")

    with pytest.raises(ConfigError, match=r"cannot be written \(.*full") as caught:
        ledger.intend("x" * 100_000, KEY, NOW)

    assert caught.value.hopeless  # no setting is wrong
    assert "make room" in str(caught.value)
    assert ledger.latest("account", KEY) is not None
    ledger.close()


def test_half_a_character_is_written_and_found(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    key = request_key("T", ["\ud83d"], {}, None, None)
    ledger.created(ledger.intend("account", key, NOW), "R\ud83d")
    window = LakeWindow(
        name="w", start=NOW, end=NOW, state=WindowState.FAILED, error="no \ud83d"
    )

    ledger.windows.put("lake", "feed", window, NOW)

    assert ledger.windows.of("lake", "feed")[0].error == r"no \ud83d"
    assert ledger.answered("account", key) == 1
    assert ledger.knows("account", "R\ud83d")
    ledger.close()


READS: list[Callable[[Ledger], object]] = [
    lambda ledger: ledger.latest("account", KEY),
    lambda ledger: ledger.document("account", "D1"),
    lambda ledger: ledger.knows("account", "R1"),
    lambda ledger: ledger.windows.of("lake", "feed"),
    lambda ledger: ledger.windows.listed("lake", "feed"),
    lambda ledger: asked_time(ledger, "account", "R1"),
]


@pytest.mark.parametrize("read", READS)
def test_a_closed_ledger_says_that_the_client_is_closed(
    tmp_path: Path, read: Callable[[Ledger], object]
) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    ledger.close()

    with pytest.raises(StoppedError, match="this client is closed"):
        read(ledger)
    with pytest.raises(StoppedError, match="this client is closed"):
        ledger.intend("account", KEY, NOW)


@pytest.mark.parametrize("read", READS)
def test_damaged_pages_are_told_with_what_to_do(
    tmp_path: Path, read: Callable[[Ledger], object]
) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(path).close()
    ledger = Ledger(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))

    with pytest.raises(ConfigError, match=r"cannot be read \(.*move it away"):
        read(ledger)
    ledger.close()


@pytest.mark.parametrize(("seconds", "then"), [(-60, -60), (60, 0)])
def test_a_report_was_asked_for_no_later_than_it_was_made(
    tmp_path: Path, seconds: int, then: int
) -> None:
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        ledger.created(ledger.intend("account", KEY, NOW), "R1")

        ledger.made("account", "R1", NOW + timedelta(seconds=seconds))

        known = ledger.latest("account", KEY)
        assert known is not None
        assert known.intended_time == NOW + timedelta(seconds=then)


def test_a_ledger_that_could_not_be_written_as_it_closed_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise ConfigError("full")

    ledger = Ledger(tmp_path / "ledger.sqlite")
    for _ in range(2):
        ledger.intend("account", KEY, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "abandoned", full)
        with pytest.raises(ConfigError, match="full"):
            ledger.close()

    ledger.close()


def test_requests_of_a_type_are_those_of_it_alone_from_a_moment_on(
    tmp_path: Path,
) -> None:
    with closing(Ledger(tmp_path / "ledger.sqlite")) as ledger:
        for report_type, options in (("T", {}), ("U", {"like": "T"})):
            key = request_key(report_type, ["A", "B"], options, NOW, NOW)
            ledger.created(ledger.intend("account", key, NOW), report_type)

        def found(places: list[str], since: datetime) -> list[str | None]:
            asked = asked_of_type(ledger, "account", "T", places, since)
            return [request.report_id for request in asked]

        assert found([], NOW) == found(["B", "C"], NOW) == ["T"]
        assert found(["C"], NOW) == found([], NOW + timedelta(seconds=1)) == []

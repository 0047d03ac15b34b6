"""What the ledger keeps of a lake, and how an older ledger gets room for it."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from spreports.ledger import (
    LakeMarker,
    LakeWindow,
    Ledger,
    TableRows,
    WindowState,
    request_key,
)
from spreports.ledger.schema import SCHEMA

NOW = datetime(2026, 11, 2, 4, tzinfo=UTC)
KEY = request_key("T", ["M"], {}, None, None)
WINDOW = LakeWindow(
    name="2026-11-01/2026-11-02",
    start=datetime(2026, 11, 1, tzinfo=UTC),
    end=datetime(2026, 11, 2, tzinfo=UTC),
    state=WindowState.ASKED,
)


def test_a_window_comes_back_as_it_was_written(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    whole = replace(
        WINDOW,
        state=WindowState.FAILED,
        tries=2,
        error_kind="ReportFatalError",
        error="why",
        report_id="R1",
        report_document_id="D1",
        sha256="ab",
        created_time=NOW,
        tables={"rows": TableRows(7, ("a", "b"))},
        files=3,
    )

    ledger.windows.put("lake", "feed", WINDOW, NOW)
    ledger.windows.put("lake", "feed", whole, NOW)

    assert ledger.windows.of("lake", "feed") == (whole,)
    assert ledger.windows.of("lake", "other") == ()
    assert ledger.windows.of("other", "feed") == ()
    assert whole.rows == 7
    ledger.close()


def test_the_time_of_the_last_listing_is_kept_by_feed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")

    assert ledger.windows.listed("lake", "feed") is None
    ledger.windows.put_listed("lake", "feed", NOW)

    assert ledger.windows.listed("lake", "feed") == NOW
    assert ledger.windows.listed("lake", "other") is None
    ledger.close()


def test_a_compaction_that_one_feed_has_read_is_read_by_the_others_too(
    tmp_path: Path,
) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    own = LakeMarker("root", "R1", ("R1",))
    # With reports of the other feed in it, of which this one says nothing
    both = LakeMarker("root", "compact-1", ("R2",))
    ledger.windows.put_all("lake", "feed", [], NOW, [own, both])

    assert set(ledger.windows.markers("lake", "feed", "root")) == {own, both}
    known = ledger.windows.markers("lake", "other", "root")
    assert known == (LakeMarker("root", "R1", ()),)
    ledger.close()


def test_a_ledger_of_the_first_schema_keeps_its_rows_and_learns_of_lakes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ledger.sqlite"
    old = sqlite3.connect(path)
    old.executescript(SCHEMA)
    old.execute(
        "INSERT INTO requests (account, request_key, intended_time, owner, report_id) "
        "VALUES ('account', ?, ?, '', 'R1')",
        (KEY, NOW.isoformat()),
    )
    old.execute("PRAGMA user_version = 1")
    old.commit()
    old.close()

    ledger = Ledger(path)
    ledger.windows.put("lake", "feed", WINDOW, NOW)

    known = ledger.latest("account", KEY)
    assert known is not None
    assert known.report_id == "R1"
    assert ledger.windows.of("lake", "feed") == (WINDOW,)
    ledger.close()
    again = sqlite3.connect(path)
    assert again.execute("PRAGMA user_version").fetchone() == (3,)
    again.close()


def test_a_ledger_of_the_second_schema_learns_of_items(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    ledger = Ledger(path)
    ledger.windows.put("lake", "feed", WINDOW, NOW)
    ledger.close()
    old = sqlite3.connect(path)
    old.execute("ALTER TABLE lake_windows DROP COLUMN item")
    old.execute("PRAGMA user_version = 2")
    old.commit()
    old.close()

    ledger = Ledger(path)
    settled = replace(WINDOW, name="other", version_of="a settlement")
    ledger.windows.put("lake", "feed", settled, NOW)

    assert ledger.windows.of("lake", "feed") == (WINDOW, settled)
    assert ledger.windows.versions("lake", "a settlement") == (("feed", settled, NOW),)
    assert ledger.windows.versions("elsewhere", "a settlement") == ()
    ledger.close()


def test_a_window_without_a_version_is_older_than_any_version() -> None:
    first, half = NOW, NOW.replace(microsecond=1)
    made = [replace(WINDOW, created_time=when) for when in (half, None, first)]

    in_order = sorted(made, key=lambda window: window.made)

    assert [window.created_time for window in in_order] == [None, first, half]


def test_a_window_is_begun_or_given_up_or_there() -> None:
    made = {
        state: replace(WINDOW, state=state, created_time=NOW) for state in WindowState
    }
    unmade = {s: replace(WINDOW, state=s) for s in WindowState}

    for known in (made, unmade):
        begun = {s for s in WindowState if known[s].is_begun}
        assert begun == {WindowState.ASKED, WindowState.FAILED}
    assert {s for s in WindowState if made[s].is_given_up} == {WindowState.GAP}
    given_up = {s for s in WindowState if unmade[s].is_given_up}
    assert given_up == {WindowState.GAP, WindowState.COMMITTED}
    told_no_more = [w for w in (*made.values(), *unmade.values()) if w.is_told_no_more]
    assert told_no_more == [unmade[WindowState.COMMITTED]]


def test_windows_overlap_where_they_share_a_moment() -> None:
    end = WINDOW.end
    behind = replace(WINDOW, start=end, end=datetime(2026, 11, 3, tzinfo=UTC))
    across = replace(WINDOW, start=datetime(2026, 11, 1, 23, tzinfo=UTC), end=NOW)
    dateless = replace(WINDOW, start=None, end=None)

    assert WINDOW.overlaps(WINDOW)
    assert WINDOW.overlaps(across)
    assert across.overlaps(behind)
    assert not WINDOW.overlaps(behind)
    assert not behind.overlaps(WINDOW)
    assert not WINDOW.overlaps(dateless)
    assert not dateless.overlaps(WINDOW)

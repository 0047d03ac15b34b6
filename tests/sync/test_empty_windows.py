"""What Amazon says is empty, of days that nobody asks for again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.ledger import LakeWindow, TableRows, WindowState
from spreports.plan.windows import Window
from spreports.simulator import Fault, Simulator, World
from spreports.sync.calendar import new_window
from spreports.sync.feed_note import news_of
from spreports.sync.roots import lake_name
from tests.clocks import ManualClock
from tests.sync.lake import ORDERS, day

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=0)


def test_rows_that_one_cancelled_report_denied_come_on_the_next_night(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.faults.add(Fault(operation="report", kind="cancelled"))
    first = client.sync(FEED, lake)
    assert (first.empty, first.rows, client.sync(FEED, lake).created) == (1, 0, 0)
    clock.advance(DAY)

    second = client.sync(FEED, lake)

    assert (second.created, second.empty, second.failed) == (2, 0, ())
    found = spr.scan_lake(lake, "orders").collect()
    truth = simulator.truth("orders", day(1), day(11), clock.now(), marketplaces=["DE"])
    assert found.height >= len(truth) - 5 > 0
    clock.advance(DAY)
    assert client.sync(FEED, lake).created == 1


def test_a_window_that_is_empty_twice_is_asked_for_no_more(
    clock: ManualClock, lake: str, home: Path
) -> None:
    world = World(seed=1, empty_days=frozenset(date(2026, 11, n) for n in range(1, 10)))
    created = []
    with (
        Simulator(
            clock=clock,
            usage_plans=False,
            delays=(0.3, 0.5),
            settlements=False,
            world=world,
        ) as simulator,
        simulator.client(home=home) as client,
    ):
        for _ in range(4):
            created.append(client.sync(FEED, lake).created)
            clock.advance(DAY)

    # The long window and its second report; then only each night's own day
    assert created == [1, 2, 1, 1]


def test_a_window_that_is_empty_again_once_it_was_given_up_is_asked_for_no_more(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.faults.add(Fault(operation="report", kind="cancelled"))
    client.sync(FEED, lake)
    ledger, key = client._connection.ledger.windows, client._stream(FEED).key
    (empty,) = ledger.of(lake_name(lake), key)
    given_up = replace(empty, state=WindowState.GAP, tries=3)
    ledger.put(lake_name(lake), key, given_up, clock.now())
    simulator.faults.add(Fault(operation="report", kind="cancelled"))

    assert client.sync(FEED, lake, retry_gaps=True).empty == 1

    clock.advance(DAY)
    assert client.sync(FEED, lake).created == 1  # of the day that is over since


def test_a_window_called_empty_whose_days_another_host_has_cut_otherwise_is_let_go(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-10-01", lookback=2)
    plan = client.sync(feed, lake, dry_run=True).plan
    assert plan is not None
    starts = [str(window.start)[:10] for window in plan.windows]
    wrong = starts.index("2026-10-31") + 1
    simulator.faults.add(Fault(operation="report", kind="cancelled", nth=wrong))
    assert client.sync(feed, lake).empty == 1
    # Another host begins its windows where the purge ended
    spr.Lake(lake).purge(date(2026, 11, 4))
    clock.advance(DAY)
    with simulator.client(home=home.with_name("other host")) as other:
        assert other.sync(feed, lake).failed == ()

    assert client.sync(feed, lake).created == 0

    orders = spr.scan_lake(lake, "orders", latest=True).collect()["amazon-order-id"]
    assert orders.len() > 0
    assert orders.is_duplicated().sum() == 0


# Of what is restated no more on the nights of these tests, two days are quiet
SLOW = spr.Feed("orders", marketplaces=["DE"], since="2026-11-04", lookback=1)
DAILY = replace(SLOW, lookback=30)
QUIET = frozenset(date(2026, 11, n) for n in (4, 6, 9))
ONCE = [("09", "10"), ("06", "07"), ("04", "05")]
UNKNOWN = [(first, until, "new") for first, until in ONCE]


@pytest.fixture
def quiet(clock: ManualClock) -> Iterator[Simulator]:
    """An Amazon that has no data of some days."""
    with Simulator(
        clock=clock,
        usage_plans=False,
        delays=(0.3, 0.5),
        settlements=False,
        rows=20,
        world=World(seed=1, empty_days=QUIET),
    ) as running:
        yield running


class Nights:
    """Runs of hosts that keep no store, one each night."""

    def __init__(
        self, simulator: Simulator, clock: ManualClock, tmp_path: Path, kind: str
    ) -> None:
        self._simulator, self._clock, self._format = simulator, clock, kind
        self._homes, self.lake = tmp_path / "homes", str(tmp_path / "lake")

    def due(self, feed: spr.Feed, **how: Any) -> list[tuple[str, str, str]]:
        """What a host with a new store is about to ask for: from, until, and why."""
        with self._simulator.client(home=self._home()) as client:
            how |= {"dry_run": True, "format": self._format}
            plan = client.sync(feed, self.lake, **how).plan
        assert plan is not None
        return [(f"{w.start:%d}", f"{w.end:%d}", w.reason) for w in plan.windows]

    def sync(
        self, *feeds: spr.Feed, home: str | None = None, **how: Any
    ) -> spr.SyncResult:
        """A night of a host with a new store, or with one that is kept by that name."""
        with self._simulator.client(home=self._home(home)) as client:
            result = client.sync(feeds, self.lake, format=self._format, **how)
        assert result.failed == ()
        self._clock.advance(DAY)
        return result

    def notes(self) -> list[Path]:
        folder = ORDERS if self._format == "parquet" else "_feeds"
        return sorted(Path(self.lake, "_spreports", folder).glob("*.feed"))

    def windows(self, note: Path | None = None) -> list[tuple[str, int]]:
        """The first day of each window in a note, and how often Amazon said so."""
        said = json.loads((note or self.notes()[0]).read_text())["windows"]
        return [(window["start"][8:10], window["tries"]) for window in said]

    def _home(self, name: str | None = None) -> Path:
        number = sum(1 for _ in self._homes.glob("*"))
        return self._homes / (name or f"{number}")


@pytest.fixture
def nights(
    quiet: Simulator, clock: ManualClock, tmp_path: Path, request: pytest.FixtureRequest
) -> Nights:
    return Nights(quiet, clock, tmp_path, getattr(request, "param", "parquet"))


both_formats = pytest.mark.parametrize("nights", ["parquet", "delta"], indirect=True)


@both_formats
def test_a_host_that_keeps_no_store_asks_for_no_quiet_day_again(nights: Nights) -> None:
    nights.sync(DAILY)
    assert nights.windows() == [("04", 1), ("06", 1), ("09", 1)]
    # The night's own day, what is restated, and what was said only once
    again = [(first, until, "restated") for first, until in ONCE]
    assert nights.due(SLOW) == [("10", "11", "new"), *again]
    nights.sync(SLOW)

    third = [("11", "12", "new"), ("10", "11", "restated")]

    assert nights.windows() == [("04", 2), ("06", 2), ("09", 2)]
    assert nights.due(SLOW) == third
    if not Path(nights.lake, ORDERS, "_delta_log").exists():
        lake = spr.Lake(nights.lake)
        assert lake.check().problems == ()
        lake.compact()
        assert nights.due(SLOW) == third
    assert nights.due(SLOW, refill=True)[2:] == UNKNOWN


@both_formats
@pytest.mark.slow
def test_a_host_that_keeps_no_store_asks_for_no_report_without_rows_again(
    nights: Nights, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Amazon answers DONE, and a header alone
    monkeypatch.setattr(World, "is_empty", lambda *_, **__: False)
    nights.sync(DAILY)

    for _ in range(2):
        # The night's own day and what is restated, and no other
        assert [reason for *_, reason in nights.due(SLOW)] == ["new", "restated"]
        nights.sync(SLOW)


@both_formats
@pytest.mark.slow
def test_quiet_days_that_a_rolling_since_has_passed_are_no_cause_for_a_warning(
    nights: Nights, caplog: pytest.LogCaptureFixture
) -> None:
    nights.sync(replace(DAILY, since="6d"))
    rolling = replace(SLOW, since="1d")
    nights.sync(rolling)
    nights.sync(rolling)
    assert "the lake has nothing" not in caplog.text

    for note in nights.notes():
        note.unlink()
    nights.due(rolling)

    assert "the lake has nothing" in caplog.text


@both_formats
@pytest.mark.slow
def test_hosts_with_stores_of_their_own_note_what_each_has_been_told(
    nights: Nights,
) -> None:
    nights.sync(replace(DAILY, since="2026-11-05"), home="a")
    nights.sync(SLOW, home="b")  # and the days before
    assert nights.windows() == [("04", 1), ("06", 2), ("09", 2)]

    result = nights.sync(SLOW, home="a")

    # The night's own day, that before, and the day that was said to be empty once
    assert (result.created, result.empty) == (3, 1)
    assert nights.windows() == [("04", 2), ("06", 2), ("09", 2)]


@both_formats
def test_a_note_that_is_damaged_or_of_another_feed_is_written_anew(
    nights: Nights,
) -> None:
    nights.sync(DAILY)
    (note,) = nights.notes()
    text = note.read_text()
    damages = [
        "",
        text[:-1],
        "[" * 100_000,
        text.replace('"tries": 1', '"tries": "1"'),
        text.replace('"tries": 1', f'"tries": {1 << 99}'),
        text.replace("00+00:00", "00"),
        text.replace("2026-11-04", "0001-01-01").replace("+00:00", "+23:00"),
        text.replace("2026-11-04", "2026-11-24"),
        text.replace("A1PA6795UKMFR9", "A13V1IB3VIYZZH"),
        text.replace('"format": 1', '"format": 2'),
    ]
    for damage in damages:
        assert damage != text
        note.write_text(damage)
        assert [*UNKNOWN] == [each for each in nights.due(SLOW) if each in UNKNOWN]

    nights.sync(SLOW)

    assert nights.windows() == [("04", 1), ("06", 1), ("09", 1)]


@pytest.mark.slow
def test_a_note_is_written_only_where_it_says_something_new(nights: Nights) -> None:
    for _ in range(2):
        nights.sync(SLOW, home="kept")
    (note,) = nights.notes()
    written = note.stat().st_mtime_ns

    assert nights.sync(SLOW, home="kept").rows > 0

    assert note.stat().st_mtime_ns == written


@pytest.mark.slow
def test_a_note_that_cannot_be_written_is_a_warning(
    nights: Nights, caplog: pytest.LogCaptureFixture
) -> None:
    nights.sync(SLOW)
    (note,) = nights.notes()
    note.write_text("")
    with pytest.MonkeyPatch.context() as patch:

        def refuse(*_: Any, **__: Any) -> None:
            raise spr.SinkError("no")

        patch.setattr("spreports.sync.feed_note.open_target", refuse)
        assert nights.sync(SLOW).rows > 0

    assert "orders: no note of what has no files: no" in caplog.text


@pytest.mark.slow
@pytest.mark.parametrize("nights", ["delta"], indirect=True)
def test_who_may_not_read_the_notes_of_a_delta_lake_keeps_its_tables(
    nights: Nights, caplog: pytest.LogCaptureFixture
) -> None:
    nights.sync(SLOW)
    (note,) = nights.notes()
    note.unlink()
    note.mkdir()

    assert nights.sync(SLOW).rows > 0

    assert "orders: its note cannot be read: " in caplog.text


@both_formats
@pytest.mark.slow
def test_feeds_of_one_type_and_one_lake_have_notes_of_their_own(
    nights: Nights,
) -> None:
    feeds = [
        replace(DAILY, marketplaces=[each], since="2026-11-08") for each in ("DE", "FR")
    ]
    nights.sync(*feeds)
    assert [nights.windows(note) for note in nights.notes()] == [[("09", 1)]] * 2

    nights.sync(feeds[0])

    assert sorted(map(nights.windows, nights.notes())) == [[("09", 1)], [("09", 2)]]


@pytest.mark.slow
def test_a_note_alone_hides_no_feed_that_has_the_same_rows(
    nights: Nights, clock: ManualClock
) -> None:
    both = replace(SLOW, marketplaces=["DE", "FR"])
    clock.advance(-5 * DAY)
    assert nights.sync(SLOW).empty == 1
    assert nights.sync(both).rows > 0

    with pytest.raises(spr.SinkError, match="would be there twice"):
        nights.sync(SLOW)


def said(first: int, last: int, hour: int = 0, more: Any = None) -> LakeWindow:
    """A window of November that was committed by a report of the tenth."""
    made = datetime(2026, 11, 10, hour, tzinfo=UTC)
    window = new_window(Window(day(first), day(last) + timedelta(days=1)))
    how = {"state": WindowState.COMMITTED, "created_time": made}
    return replace(window, **(how | (more or {})))


ROWS = {"tables": {"rows": TableRows(1, ())}}
NO_ROWS = {"tables": {"rows": TableRows(0, ())}}
ASKED = {"created_time": None, "state": WindowState.ASKED}
GAP = {"created_time": None, "state": WindowState.GAP}


@pytest.mark.parametrize(
    ("noted", "before", "there", "counts"),
    [
        (said(2, 2), [], [], True),
        (said(2, 2), [said(1, 1), said(3, 3)], [said(4, 4, 0, ROWS)], True),
        # Of the same window the newer answer counts, but none against rows
        (said(2, 2, 5), [said(2, 2, 4)], [], True),
        (said(2, 2, 5), [said(2, 2, 0, GAP)], [], True),
        (said(2, 2, 4), [said(2, 2, 4, {"state": WindowState.ASKED})], [], False),
        (said(2, 2, 4), [said(2, 2, 5)], [], False),
        (said(2, 2, 5), [said(2, 2, 4, ROWS)], [], False),
        (said(2, 2, 5), [], [said(2, 2, 4, ROWS)], False),
        # Half a report that a killed run has left is to be asked for again
        (said(2, 2), [], [said(2, 2, 0, ASKED)], False),
        # What this host cut otherwise it knows by itself
        (said(2, 2), [said(1, 3, 0, ASKED)], [], False),
        (said(1, 3), [said(2, 2, 0, ROWS)], [], False),
        # Nor does a report without rows count against what the lake has
        (said(2, 2, 0, NO_ROWS), [], [said(4, 4, 0, ROWS)], True),
        (said(2, 2, 5, NO_ROWS), [], [said(2, 2, 4, ROWS)], False),
        (said(1, 3, 5, NO_ROWS), [], [said(2, 2, 4, ROWS)], False),
        (said(1, 3, 5, NO_ROWS), [], [said(2, 2, 0, ASKED)], False),
    ],
)
def test_what_ledger_or_lake_know_of_a_window_counts_more_than_a_note(
    noted: LakeWindow, before: list[LakeWindow], there: list[LakeWindow], counts: bool
) -> None:
    assert (news_of([noted], before, there) == (noted,)) is counts


def test_a_newer_report_without_rows_counts_where_an_older_ones_are_gone() -> None:
    before = [said(2, 2, 4, ROWS)]
    newer, older = said(2, 2, 5, NO_ROWS), said(2, 2, 3, NO_ROWS)

    assert news_of([newer], before, [], gone={before[0].name}) == (newer,)
    assert news_of([older], before, [], gone={before[0].name}) == ()
    assert news_of([newer], before, [], gone={"another"}) == ()


@pytest.mark.slow
def test_what_is_noted_over_days_that_the_lake_has_rows_of_is_left_out(
    nights: Nights,
) -> None:
    nights.sync(DAILY)
    (note,) = nights.notes()
    told = json.loads(note.read_text())
    wrong = {**told["windows"][0], "tries": 2}
    # A window with rows, and one that is cut otherwise than what has rows
    for start, end in ((5, 6), (7, 10)):
        dates = {"start": day(start).isoformat(), "end": day(end).isoformat()}
        told["windows"].append({**wrong, **dates})
    note.write_text(json.dumps(told))
    assert nights.sync(SLOW).rows > 0

    assert nights.windows() == [("04", 2), ("06", 2), ("09", 2)]

"""`kill -9` at any instant: nothing lost, nothing doubled, nothing fetched for nothing.

One lake for many nights; in each of them sync is killed once, at an instant that moves
on from night to night or after a random time, and is run again. The lake is held to
the simulator's world, by the times at which the simulator, not we, says that reports
were made.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pytest

import spreports as spr
from spreports.simulator import Simulator, World
from tests.load.lake import markers
from tests.sync.conftest import calls
from tests.sync.killed import Place, night
from tests.sync.lake import ORDERS, TRAFFIC, order, rows, versions
from tests.sync.night_clock import NightClock
from tests.sync.zygote import Zygote, zygote_of

SHORT = os.environ.get("SPREPORTS_SLOW") == "short"
# Nights after which a new lake is begun: Amazon and the simulator keep reports 90 days
NIGHTS_OF_A_LAKE = 50
# About what a night passes; where the n-th instant is not reached, nothing is killed
INSTANTS = 100


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with zygote_of("tests.sync.killed") as running:
        yield running


class Nights:
    """One lake, night after night."""

    def __init__(
        self,
        zygote: Zygote,
        folder: Path,
        lake: str,
        storage_options: dict[str, Any] | None,
    ) -> None:
        self.zygote = zygote
        self.clock = NightClock(begun=time.monotonic())
        self.simulator = Simulator(
            clock=self.clock,
            usage_plans=False,
            delays=(0.2, 0.3),
            settlements=False,
            world=World(seed=3),
        )
        self.simulator.start()
        made_up = self.simulator.credentials
        self.folder = folder
        self.lake = lake
        self.storage_options = storage_options
        self._credentials = (
            made_up.refresh_token,
            made_up.client_id,
            made_up.client_secret,
        )
        self.killed = 0

    def place(self) -> Place:
        return Place(
            endpoint=self.simulator.endpoint,
            token_url=self.simulator.token_url,
            credentials=self._credentials,
            home=str(self.folder / "home"),
            lake=self.lake,
            storage_options=self.storage_options,
            clock=asdict(self.clock),
        )

    def kill(
        self,
        *,
        dies_at: int = 0,
        dies_after: float | None = None,
        dies_writing: str | None = None,
        number: signal.Signals = signal.SIGKILL,
    ) -> tuple[int, float]:
        """Run sync in a process that is ended; its exit code, and how long it took."""
        job = {
            "place": asdict(self.place()),
            "dies_at": dies_at,
            "dies_after": dies_after,
            "dies_writing": dies_writing,
            "signal": int(number),
        }
        code, seconds = self.zygote.ask(job)
        return int(code), float(seconds)

    def one(self, *, dies_at: int = 0, dies_after: float | None = None) -> None:
        """A night: killed, run again, and each count held to what it may be."""
        before = calls(self.simulator)
        code, _ = self.kill(dies_at=dies_at, dies_after=dies_after)
        assert code in {0, -signal.SIGKILL}
        killed = bool(code)
        result = night(self.place(), self.clock, lambda _: None)
        after = calls(self.simulator)

        assert (result.failed, result.gaps) == ((), ())
        due = 4 if self.clock.days else 3
        for name in ("createReport", "getReportDocument", "document"):
            assert after[name] - before[name] <= due + killed, name
        again = night(self.place(), self.clock, lambda _: None)
        assert (again.windows, calls(self.simulator)) == (0, after)
        self.killed += killed

    def check(self) -> None:
        """The lake has what Amazon served, and nothing else lies there."""
        today = self.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
        first = datetime(2026, 11, 5, tzinfo=UTC)
        self._check_table(f"{self.lake}/{ORDERS}", "orders", None, first, today)
        for table in ("salesAndTrafficByDate", "salesAndTrafficByAsin"):
            self._check_table(
                f"{self.lake}/{TRAFFIC}/{table}",
                "sales_and_traffic",
                table,
                datetime(2026, 11, 9, tzinfo=UTC),
                today,
            )
        assert self.simulator.failures == []
        assert self.simulator.breaches == []

    def _check_table(
        self,
        root: str,
        report_type: str,
        table: str | None,
        first: datetime,
        today: datetime,
    ) -> None:
        model: Counter[Any] = Counter()
        covered = first
        latest = versions(root, self.storage_options)
        made = {m.stem: self.simulator._book.find(m.stem) for m in latest}
        for report in sorted(made.values(), key=lambda r: r.start if r else first):
            assert report is not None
            assert report.start == covered
            # Sales and Traffic is asked for by its last day
            covered = report.end + timedelta(days=1 if table else 0)
            for row in self.simulator.truth(
                report_type,
                report.start,
                covered,
                report.created.replace(microsecond=0),
                marketplaces=["DE"],
                table=table,
            ):
                model[_told(dict(row), table)] += 1
        assert covered == today
        lake = Counter(_told(row, table) for row in rows(root, self.storage_options))
        assert lake == model
        self._check_files(root)

    def _check_files(self, root: str) -> None:
        """Below the root lie the committed files; temporary ones are nowhere."""
        fs, path = fsspec.url_to_fs(root, **(self.storage_options or {}))
        fs.invalidate_cache()
        committed = {
            f"{path}/{file.path}"
            for marker in markers(root, self.storage_options)
            for file in marker.files
        }
        assert set(fs.find(path)) == committed
        beside = fs.find(path.rpartition("/")[0] + "/_spreports")
        assert [name for name in beside if not name.endswith(".json")] == []

    def close(self) -> None:
        self.simulator.close()


def _told(row: dict[str, Any], table: str | None) -> tuple[Any, ...]:
    if table is None:
        return order(row)
    kind = table.removeprefix("salesAndTraffic")
    key = "date" if kind == "ByDate" else "parentAsin"
    return str(row[key]), row[f"sales{kind}.unitsOrdered"]


def run_nights(nights: Nights, count: int, seed: int) -> int:
    """Kill in each night; two in three at an instant, the third at a time."""
    source = random.Random(seed)  # noqa: S311 - when to kill
    try:
        for number in range(count):
            if number % 3 < 2:
                nights.one(dies_at=1 + (seed + number * 7) % INSTANTS)
            else:
                nights.one(dies_after=source.uniform(0.02, 0.35))
            if number % 25 == 24 or number == count - 1:
                nights.check()
            nights.clock.days += 1
        return nights.killed
    finally:
        nights.close()


def interrupted_nights(
    nights: Nights, wanted: int, source: random.Random
) -> list[float]:
    """Interrupt nights until so many were, of one lake at most; how long each took."""
    took: list[float] = []
    try:
        for _ in range(NIGHTS_OF_A_LAKE):
            code, seconds = nights.kill(
                dies_after=source.uniform(0.02, 0.4), number=signal.SIGINT
            )
            assert code in {0, 130}
            if code == 130:  # else the run was over before
                took.append(seconds)
            assert not list(nights.folder.rglob("_spreports/tmp"))
            nights.one()
            if len(took) == wanted:
                break
            nights.clock.days += 1
        else:
            nights.clock.days -= 1
        nights.check()
        return took
    finally:
        nights.close()


def test_a_few_kills_lose_and_double_nothing(zygote: Zygote, tmp_path: Path) -> None:
    nights = Nights(zygote, tmp_path, str(tmp_path / "lake"), None)

    assert run_nights(nights, 3, seed=11) >= 2


@pytest.mark.slow
def test_what_a_killed_run_wrote_goes_also_when_its_store_is_lost(
    zygote: Zygote, tmp_path: Path
) -> None:
    nights = Nights(zygote, tmp_path, str(tmp_path / "lake"), None)
    try:
        code, _ = nights.kill(dies_writing=".json")
        there = _by_duckdb(nights.lake)
        shutil.rmtree(tmp_path / "home")
        # Windows are cut otherwise now: nobody asks for that report again
        nights.clock.days += 1
        result = night(nights.place(), nights.clock, lambda _: None)

        assert (code, result.failed) == (-signal.SIGKILL, ())
        scanned = spr.scan_lake(nights.lake, "orders").collect()
        assert 0 < there <= scanned.height == _by_duckdb(nights.lake)
        assert spr.Lake(nights.lake).check(deep=True)
        nights.check()
    finally:
        nights.close()


def _by_duckdb(lake: str) -> int:
    """Rows of all orders that lie there, whatever the markers say."""
    with duckdb.connect() as connection:
        counted = connection.execute(
            "SELECT count(*) FROM read_parquet(?)", [f"{lake}/{ORDERS}/**/*.parquet"]
        ).fetchall()
    return int(counted[0][0])


@pytest.mark.slow
def test_ctrl_c_at_any_time_ends_within_a_second_and_leaves_nothing_behind(
    zygote: Zygote, tmp_path: Path
) -> None:
    source = random.Random(5)  # noqa: S311 - when to interrupt
    wanted = 6 if SHORT else 50
    took: list[float] = []
    for turn in range(10):
        folder = tmp_path / str(turn)
        folder.mkdir()
        nights = Nights(zygote, folder, str(folder / "lake"), None)
        took += interrupted_nights(nights, wanted - len(took), source)
        if len(took) == wanted:
            break
    assert len(took) == wanted
    # Some hundredths each; a busy machine may stand still for a moment, now and then
    assert sorted(took)[wanted // 2] < 1.0


@pytest.mark.slow
def test_kills_on_a_local_disk_lose_and_double_nothing(
    zygote: Zygote, tmp_path: Path
) -> None:
    wanted = 45 if SHORT else 700
    killed = 0
    for turn in range(100):
        folder = tmp_path / str(turn)
        folder.mkdir()
        nights = Nights(zygote, folder, str(folder / "lake"), None)
        left = min(NIGHTS_OF_A_LAKE, wanted - killed)
        killed += run_nights(nights, left, seed=turn)
        if killed >= wanted:
            break
    assert killed >= wanted


@pytest.mark.slow
def test_kills_on_s3_lose_and_double_nothing(
    zygote: Zygote, tmp_path: Path, s3_server: str
) -> None:
    wanted = 15 if SHORT else 300
    options = {
        "key": "test-key",
        "secret": "test-secret",
        "client_kwargs": {"endpoint_url": s3_server, "region_name": "eu-west-1"},
    }
    fs = fsspec.filesystem("s3", **options)
    killed = 0
    for turn in range(100):
        folder = tmp_path / str(turn)
        folder.mkdir()
        fs.mkdir(f"kills-{turn}")
        nights = Nights(zygote, folder, f"s3://kills-{turn}/lake", options)
        left = min(NIGHTS_OF_A_LAKE, wanted - killed)
        killed += run_nights(nights, left, seed=100 + turn)
        if killed >= wanted:
            break
    assert killed >= wanted

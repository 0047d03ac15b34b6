"""Two hosts that plan one feed on two sides of midnight cut its days differently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import deltalake
import polars as pl
import pytest

import spreports as spr
from spreports.plan.windows import midnight
from spreports.simulator import Simulator, World
from spreports.sync import landing
from spreports.sync.roots import table_root
from spreports.sync.run import run
from tests.clocks import ManualClock
from tests.sync.conftest import LASTING
from tests.sync.lake import ORDERS, day, delete_before

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-08", lookback=3)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    """A business whose rows are settled before they are no longer restated."""
    world = World(seed=1, settled_days=1)
    with Simulator(
        clock=clock,
        usage_plans=False,
        url_lifetime=LASTING,
        token_lifetime=LASTING,
        delays=(0.3, 0.5),
        settlements=False,
        world=world,
    ) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


class KilledError(BaseException):
    """Nothing of a run goes on after it."""


def die_when_planned(step: str) -> None:
    if step == "planned":
        raise KilledError


def frame_of(lake: str, form: str) -> pl.DataFrame:
    if form == "delta":
        return pl.read_delta(f"{lake}/{ORDERS}")
    return spr.scan_lake(lake, "orders", latest=True, metadata=True).collect()


def check(simulator: Simulator, clock: ManualClock, lake: str, form: str) -> None:
    """Each day is there in one window, and each order once."""
    frame = frame_of(lake, form)
    spans = frame.select("data_start_time", "data_end_time").unique().rows()
    covered = day(8)
    for start, end in sorted(spans):
        assert start == covered
        covered = end
    today = midnight(clock.now())
    assert covered == today
    truth = simulator.truth("orders", day(8), today, clock.now(), marketplaces=["DE"])
    assert Counter(frame["amazon-order-id"].to_list()) == Counter(
        row["amazon-order-id"] for row in truth
    )


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "delta"])
@pytest.mark.parametrize("first", [1, 3, 6])
def test_what_another_host_has_cut_otherwise_meanwhile_is_not_landed_again(
    simulator: Simulator,
    clock: ManualClock,
    client: spr.Client,
    other_host: spr.Client,
    lake: str,
    *,
    form: str,
    first: int,
) -> None:
    begun = 0

    def meanwhile(*args: Any) -> str:
        nonlocal begun
        begun += 1
        if begun == first:
            clock.advance(DAY)
            assert other_host.sync(FEED, lake, format=form).failed == ()
        return table_root(*args)

    for one in (client, other_host):
        one.sync(FEED, lake, format=form)
    clock.advance(6 * DAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing, "table_root", meanwhile)
        late = client.sync(FEED, lake, format=form, timeout=3 * DAY)
    for _ in range(2):
        for one in (client, other_host):
            assert one.sync(FEED, lake, format=form).failed == ()
        check(simulator, clock, lake, form)
        clock.advance(DAY)

    # Both windows of the days that were of one window after midnight
    assert len(late.failed) == 2 or first > 1
    for missed in late.failed:
        assert (missed.kind, "another host" in missed.reason) == ("SinkError", True)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["parquet", "delta"])
def test_what_a_longer_window_lacks_beside_anothers_shorter_one_is_not_lost(
    simulator: Simulator,
    clock: ManualClock,
    client: spr.Client,
    other_host: spr.Client,
    lake: str,
    *,
    form: str,
) -> None:
    begun, narrow = False, []

    def meanwhile(*args: Any) -> str:
        nonlocal begun
        if not begun:
            begun = True
            narrow.append(other_host.sync(FEED, lake, format=form, timeout=3 * DAY))
        return table_root(*args)

    for one in (client, other_host):
        one.sync(FEED, lake, format=form)
    clock.advance(6 * DAY)
    with pytest.raises(KilledError):
        run(
            other_host._connection,
            [other_host._stream(FEED)],
            lake,
            format=form,
            at=die_when_planned,
        )
    clock.advance(DAY)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing, "table_root", meanwhile)
        late = client.sync(FEED, lake, format=form, timeout=3 * DAY)
    for one in (client, other_host):
        assert one.sync(FEED, lake, format=form).failed == ()
    check(simulator, clock, lake, form)

    assert [result.failed for result in narrow] == [()]
    (lacking,) = late.failed
    assert (lacking.start, lacking.end) == (day(10), day(14))
    spans = frame_of(lake, form).select("data_start_time", "data_end_time").rows()
    assert (day(13), day(14)) in {(start, end) for start, end in spans}


@pytest.mark.slow
@pytest.mark.parametrize("how", ["delete", "restore"])
def test_days_that_another_host_has_cut_otherwise_where_rows_were_gone_come_once(
    simulator: Simulator,
    clock: ManualClock,
    client: spr.Client,
    other_host: spr.Client,
    lake: str,
    *,
    how: str,
) -> None:
    client.sync(FEED, lake, format="delta")
    clock.advance(2 * DAY)
    client.sync(FEED, lake, format="delta")
    table = deltalake.DeltaTable(f"{lake}/{ORDERS}")
    if how == "delete":
        delete_before(table, day(11))
    else:
        table.restore(0)
    clock.advance(8 * DAY)

    for _ in range(2):
        for one in (other_host, client):
            assert one.sync(FEED, lake, format="delta").failed == ()
        check(simulator, clock, lake, "delta")
        clock.advance(DAY)


@pytest.mark.slow
def test_a_window_whose_rows_were_deleted_waits_for_its_turn_like_a_new_one(
    simulator: Simulator,
    clock: ManualClock,
    client: spr.Client,
    other_host: spr.Client,
    lake: str,
) -> None:
    begun = False

    def meanwhile(*args: Any) -> str:
        nonlocal begun
        if not begun:
            begun = True
            assert other_host.sync(FEED, lake, format="delta").failed == ()
        return table_root(*args)

    client.sync(FEED, lake, format="delta")
    clock.advance(8 * DAY)
    deltalake.DeltaTable(f"{lake}/{ORDERS}").delete()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing, "table_root", meanwhile)
        late = client.sync(FEED, lake, format="delta")
    assert client.sync(FEED, lake, format="delta").failed == ()

    assert {missed.kind for missed in late.failed} == {"SinkError"}
    assert all("another host" in missed.reason for missed in late.failed)
    check(simulator, clock, lake, "delta")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["delete", "restore"])
def test_a_restated_window_whose_rows_go_while_its_report_is_waited_for_comes_once(
    simulator: Simulator,
    clock: ManualClock,
    client: spr.Client,
    other_host: spr.Client,
    lake: str,
    *,
    how: str,
) -> None:
    def meanwhile(step: str) -> None:
        if step == "planned":
            table = deltalake.DeltaTable(f"{lake}/{ORDERS}")
            table.delete() if how == "delete" else table.restore(0)
            # A new host, or one that is told to, cuts the days of old anew
            other_host.sync(FEED, lake, format="delta", refill=True)

    for _ in range(3):
        client.sync(FEED, lake, format="delta")
        if how == "restore":
            other_host.sync(FEED, lake, format="delta")
        clock.advance(DAY)
    streams = [client._stream(FEED)]
    late = run(client._connection, streams, lake, format="delta", at=meanwhile)
    for _ in range(2):
        for one in (client, other_host):
            assert one.sync(FEED, lake, format="delta").failed == ()
        check(simulator, clock, lake, "delta")
        clock.advance(DAY)

    assert ["another host" in missed.reason for missed in late.failed] == [True]

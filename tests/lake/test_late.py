"""A report that a killed sink hid comes late: its days may have come otherwise."""

from __future__ import annotations

import json
import time
from datetime import date, timedelta
from typing import Any

import pytest

import spreports as spr
from spreports.lake.care import clear_killed
from spreports.lake.place import Place
from spreports.load.marker import intent_bytes
from spreports.load.remote import RemoteTarget
from tests.lake.lakes import DAY, ORDERS, Lakeside, orders

BY = ["sku"]


def tomorrow() -> float:
    return time.time() + 86_460.0


def hide(lakeside: Lakeside, report: str) -> list[str]:
    """Leave it as a sink of another host does that dies behind its marker."""
    (state,) = [n for n in lakeside.files() if n.endswith(f"/{report}.json")]
    files = [name for name in lakeside.data_files() if f"/{report}-" in name]
    paths = [name.removeprefix(f"{ORDERS}/") for name in files]
    intent = json.loads(intent_bytes(paths, lakeside.bytes_of(state)))
    intent["owner"] = "00000000-1-1"
    lakeside.overwrite(state.replace(".json", ".intent"), json.dumps(intent).encode())
    return files


def clear(lakeside: Lakeside, report: str = "9") -> int:
    place = Place.open(lakeside.root(), lakeside.options)
    assert clear_killed(place, [report]) == 0
    return clear_killed(place, [report], now=tomorrow)


def reports(lakeside: Lakeside) -> set[str]:
    lake = spr.Lake(lakeside.url, storage_options=lakeside.options)
    assert lake.check(deep=True), lake.check().problems
    return {report.stem for report in lake.reports()}


@pytest.mark.slow
@pytest.mark.parametrize("lacks", [False, True])
def test_days_that_came_in_a_longer_window_meanwhile_do_not_come_twice(
    lakeside: Lakeside, *, lacks: bool
) -> None:
    lakeside.put("9", orders(1), day=1, partition_by=BY)
    files = hide(lakeside, "9")
    until = (DAY + timedelta(days=3)).isoformat()
    lakeside.put("10", orders(1, 6), day=0, partition_by=BY, data_end_time=until)
    if lacks:
        lakeside.remove(files[0])

    clear(lakeside)

    assert reports(lakeside) == {"10"}
    assert not [name for name in lakeside.files() if "/9" in name]


@pytest.mark.slow
def test_days_that_were_purged_meanwhile_do_not_come_back(lakeside: Lakeside) -> None:
    lakeside.put("1", orders(0), day=0, partition_by=BY)
    lakeside.put("9", orders(1), day=1, partition_by=BY)
    lakeside.put("2", orders(2), day=2, partition_by=BY)
    lakeside.put("3", orders(3), day=3, partition_by=BY)
    hide(lakeside, "9")
    spr.Lake(lakeside.url, storage_options=lakeside.options).purge(date(2026, 10, 4))

    clear(lakeside)

    assert reports(lakeside) == {"3"}
    assert not [name for name in lakeside.files() if "/9" in name]


@pytest.mark.parametrize(
    "other",
    [
        {"day": 1, "created": 60},
        {"day": 2},
        {"day": 0, "account": "account-2", "data_end_time": "2026-10-04T00:00:00Z"},
    ],
    ids=["a newer version", "the next day", "another account"],
)
def test_what_takes_the_place_of_nothing_keeps_nothing_from_counting(
    lakeside: Lakeside, other: dict[str, str]
) -> None:
    lakeside.put("9", orders(1), day=1, partition_by=BY)
    hide(lakeside, "9")
    lakeside.put("10", orders(2), partition_by=BY, **other)  # type: ignore[arg-type]  # a mix

    clear(lakeside)

    assert reports(lakeside) == {"9", "10"}


def test_a_marker_that_is_damaged_stays_hidden(lakeside: Lakeside) -> None:
    lakeside.put("9", orders(1), day=1, partition_by=BY)
    hide(lakeside, "9")
    (state,) = [name for name in lakeside.files() if name.endswith("/9.json")]
    lakeside.overwrite(state, b"{")

    assert clear(lakeside) == 0
    assert lakeside.data_files()


def test_a_report_that_lands_while_what_a_killed_sink_left_of_it_is_cleared_stays(
    memory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lakeside = Lakeside("memory://shore/lake", {}, memory)
    lakeside.put("1", orders(0), day=0, partition_by=BY)
    lakeside.put("9", orders(1), day=1, partition_by=BY)
    hide(lakeside, "9")
    lakeside.remove(f"_spreports/{ORDERS}/9.json")
    write = RemoteTarget.write_state

    def overtaken(target: RemoteTarget, name: str, data: bytes) -> None:
        monkeypatch.undo()
        lakeside.put("9", orders(1), day=1, partition_by=BY)
        write(target, name, data)

    monkeypatch.setattr(RemoteTarget, "write_state", overtaken)
    assert clear(lakeside) == 0

    assert reports(lakeside) == {"1", "9"}

"""What markers say is there, while others write."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from spreports.lake.place import Place
from spreports.load.marker import PREFIX
from spreports.load.parquet import sink
from spreports.plan.windows import Window
from spreports.sync.shelf import Shelf
from tests.sync.lake import ORDERS, day
from tests.sync.test_calendar import stream
from tests.sync.test_turn import lakeside


@pytest.mark.parametrize("anew", [False, True], ids=["gone", "written anew"])
def test_what_changes_while_files_are_listed_is_not_taken_for_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, anew: bool
) -> None:
    feed, found = stream(), Place.names
    note = {
        f"{PREFIX}account": feed.account,
        f"{PREFIX}request_key": feed.request(Window(day(1), day(2)), None).key,
    }

    def land(stem: str, *partition_by: str) -> None:
        rows = pa.table({"name": ["a", "b"], "n": [1, 2]}).to_reader()
        sink(rows, tmp_path / ORDERS, stem=stem, partition_by=partition_by, note=note)

    def names(place: Place) -> list[str]:
        for path in tmp_path.rglob("R1*"):
            path.unlink()
        if anew:
            land("R1", "name")
        return found(place)

    land("R1")
    land("R2")
    monkeypatch.setattr(Place, "names", names)
    shelf = Shelf(feed, None, ORDERS, lakeside(tmp_path), {}, anew=True)

    assert {held.stem for held in shelf.ours} == ({"R1", "R2"} if anew else {"R2"})
    assert shelf.lost() == shelf.lacking() == set()

"""What a lake of many reports takes grows with them, and not with their square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spreports.lake.columns import Columns, protect_root
from spreports.lake.compact import without
from spreports.lake.missing import take_away_missing
from spreports.lake.place import Place
from spreports.lake.state import RootState, read_state
from tests.lake.lakes import Counted, Lakeside, orders


def fill(shore: Lakeside, name: str, reports: int) -> Place:
    lake = Lakeside(f"{shore.url}/{name}", {}, shore.fs)
    for number in range(reports):
        lake.put(str(number), orders(number, 1), day=number)
    return Place.open(lake.root())


def purge(place: Place) -> None:
    without(place, read_state(place), {"none of them"}, dry_run=True)


def lose_all(place: Place) -> None:
    stems = set(read_state(place).markers)
    for stem in stems:
        place.fs.rm_file(f"{place.path}/{stem}-0.parquet")
    take_away_missing(place, stems)


@pytest.mark.parametrize(
    "care",
    [
        lambda place: protect_root(place, Columns(("none of them",))),
        purge,
        lose_all,
    ],
    ids=["protect", "purge", "missing"],
)
def test_twice_as_many_reports_are_looked_at_twice_as_often(
    shore: Lakeside, monkeypatch: pytest.MonkeyPatch, care: Callable[[Place], Any]
) -> None:
    few, many = fill(shore, "few", 2), fill(shore, "many", 4)

    def counted(**told: Any) -> RootState:
        both = {name: Counted(told[name]) for name in ("holdings", "hidden")}
        return RootState(**{**told, **both})

    monkeypatch.setattr("spreports.lake.state.RootState", counted)
    monkeypatch.setattr(Counted, "given", 0)

    care(few)
    given = Counted.given
    care(many)

    assert 0 < Counted.given <= given + 2 * given

"""A look at the markers finds all that counts, whatever comes and goes meanwhile."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from fsspec import AbstractFileSystem
from hypothesis import given, settings
from hypothesis import strategies as st

import spreports as spr
from spreports.lake import look
from spreports.lake.look import state_files
from spreports.lake.place import Place


class Busy(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store whose listings have two pages, and in which others write all the time.

    Between any two of its answers as many of the others' steps are done as it is told.
    """

    cachable = False

    def __init__(
        self, files: dict[str, bytes], others: list[tuple[str, bytes | None]]
    ) -> None:
        super().__init__()
        self.files, self.others = dict(files), list(others)
        self.steps: Callable[[], int] = lambda: 0
        self.written = set(files.items())
        self.reads: Counter[str] = Counter()
        self.tells_versions = True
        self._stamps: Counter[str] = Counter()

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        names = sorted({*self.files, *(name for name, _ in self.others)})
        middle = len(names) // 2
        pages = []
        for page in (names[:middle], names[middle:]):
            self._meanwhile()
            pages += [self._said(path, name) for name in page if name in self.files]
        return pages

    def cat_file(self, path: str, **_: Any) -> bytes:
        self._meanwhile()
        name = path.rpartition("/")[2]
        self.reads[name] += 1
        if name not in self.files:
            raise FileNotFoundError(path)
        return self.files[name]

    def _said(self, path: str, name: str) -> dict[str, Any]:
        said = {"name": f"{path}/{name}", "type": "file", "mtime": 1.0}
        said["size"] = len(self.files[name])
        return said | ({"ETag": str(self._stamps[name])} if self.tells_versions else {})

    def _meanwhile(self) -> None:
        for _ in range(min(self.steps(), len(self.others))):
            name, data = self.others.pop(0)
            if data is None:
                self.files.pop(name, None)
            else:
                self.files[name] = data
                self.written.add((name, data))
                self._stamps[name] += 1


def place_in(store: Busy) -> Place:
    return Place(store, "lake/orders", "busy://lake/orders", {})


def holding(*rows: int) -> bytes:
    return json.dumps(rows).encode()


def begun() -> dict[str, bytes]:
    return {f"r{n}.json": holding(n) for n in range(6)}


@st.composite
def work(draw: st.DrawFn) -> list[tuple[str, bytes | None]]:
    """Compactions, one after the other, each of files that are there by then."""
    there = {name: json.loads(data) for name, data in begun().items()}
    steps: list[tuple[str, bytes | None]] = []
    for number in range(draw(st.integers(1, 3))):
        old = draw(st.lists(st.sampled_from(sorted(there)), min_size=1, unique=True))
        new = f"{draw(st.sampled_from('az'))}{number}.json"
        rows = sorted({row for name in old for row in there[name]})
        steps.append((new, holding(*rows)))
        for name in old:
            note = name.replace(".json", ".intent")
            steps += [(note, b"removal"), (name, None), (note, None)]
            del there[name]
        there[new] = rows
    return steps


@settings(max_examples=150)
@given(others=work(), data=st.data())
def test_rows_that_are_moved_meanwhile_are_found_where_they_were_or_are(
    others: list[tuple[str, bytes | None]], data: st.DataObject
) -> None:
    store = Busy(begun(), others)
    store.tells_versions = data.draw(st.booleans())
    store.steps = lambda: data.draw(st.integers(0, 5))

    names, files = state_files(place_in(store), frozenset())

    assert sorted(names) == sorted(files)
    assert set(files.items()) <= store.written
    counts = {n for n in files if n.replace(".json", ".intent") not in files}
    assert {row for name in counts for row in json.loads(files[name])} == {*range(6)}


def test_what_stays_as_it_is_is_read_once_however_much_comes_and_goes() -> None:
    others = [step for n in range(6) for step in ((f"n{n}.json", b"[]"),) * 2]
    store = Busy(begun(), [*others, ("r0.json", holding(0, 0))])
    store.steps = lambda: 1

    _, files = state_files(place_in(store), frozenset())

    assert files == store.files
    assert [store.reads[name] for name in sorted(begun())] == [2, 1, 1, 1, 1, 1]


@pytest.mark.parametrize("tells_versions", [True, False])
def test_a_marker_that_is_written_anew_is_not_taken_for_a_note_that_goes(
    tells_versions: bool,
) -> None:
    before = {"r0.json": holding(1), "r0.intent": b"sink"}
    store = Busy(before, [("r0.json", holding(2)), ("r0.intent", None)])
    store.tells_versions = tells_versions
    # Two pages, two files read, and then all of it at once
    counts = iter([0, 0, 0, 0, 2])
    store.steps = lambda: next(counts, 0)

    names, files = state_files(place_in(store), frozenset())

    assert (names, files) == (["r0.json"], {"r0.json": holding(2)})


def test_a_lake_that_is_never_at_rest_is_an_outage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(look, "LOOKS", 5)
    store = Busy(begun(), [(f"n{number}.json", b"[]") for number in range(100)])
    store.steps = lambda: 1

    with pytest.raises(spr.SinkError, match="try again in some minutes") as caught:
        state_files(place_in(store), frozenset())

    assert type(caught.value).__name__ == "SinkOutageError"


def test_markers_that_are_all_known_take_one_listing() -> None:
    store = Busy(begun(), [])
    stems = [name.removesuffix(".json") for name in begun()]

    names, files = state_files(place_in(store), stems)

    assert (sorted(names), files, store.reads) == (sorted(begun()), {}, Counter())


def test_what_only_went_since_the_first_listing_takes_no_third_one() -> None:
    store, answers = Busy(begun(), [("r0.json", None)]), 0

    def steps() -> int:
        nonlocal answers
        answers += 1
        return int(answers == 9)  # once two pages and six files were read

    store.steps = steps

    _, files = state_files(place_in(store), frozenset())

    assert (files, answers) == (begun(), 10)


def test_a_listing_that_missed_all_there_is_is_no_empty_root() -> None:
    moved: list[tuple[str, bytes | None]] = [("a0.json", b"[]"), ("r0.json", None)]
    store = Busy({"r0.json": b"[]"}, moved)
    between_pages = iter([0, 2])
    store.steps = lambda: next(between_pages, 0)

    assert state_files(place_in(store), frozenset())[0] == ["a0.json"]

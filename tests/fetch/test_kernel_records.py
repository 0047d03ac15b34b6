"""The kernel reads records of known keys in any order, and declines all others."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.catalog import Column
from spreports.fetch.json import alike, native
from spreports.fetch.json.alike import _columns
from spreports.fetch.json.cut import Block
from spreports.fetch.json.kernel_records import KernelRecords
from spreports.fetch.json.native import _parsed
from spreports.fetch.json.shape import record_of
from spreports.fetch.json.stencil import Unlike
from spreports.fetch.kernel.sandbox import MOST_BYTES
from tests.drawing import SHARED_FIXTURE
from tests.fetch.json_reports import json_type, read_json, table
from tests.fetch.json_styles import (
    HOSTILE,
    INSIDE,
    KIND,
    LAYOUTS,
    PLAIN,
    STYLES,
    Pairs,
    Style,
    compare,
)

pytestmark = pytest.mark.usefixtures("by_kernel", "small_blocks")


def ways_of(patch: pytest.MonkeyPatch) -> list[object]:
    """Tell which way each block was tried, by the kernel first."""
    used: list[object] = []

    def watched(way: object, *others: Any) -> Any:
        used.append(type(way))
        return _columns(way, *others)  # type: ignore[arg-type]  # any of the two

    def parsed(*others: Any) -> Any:
        used.append("Arrow")
        return _parsed(*others)

    patch.setattr(alike, "_columns", watched)
    patch.setattr(native, "_parsed", parsed)
    return used


@LAYOUTS
@pytest.mark.parametrize("changed", ["null", '"x\\"y"', "1.5", '"5"', "true"])
def test_the_kernel_reads_every_layout_by_itself(
    style: Style, changed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = ways_of(monkeypatch)
    other = [("s", changed), *PLAIN[1:]]
    read_json(style.document([PLAIN, PLAIN, other] * 20), KIND, batch_bytes=400)
    assert set(used) == {KernelRecords}


@LAYOUTS
@pytest.mark.parametrize("whole", [PLAIN, PLAIN[:-1]], ids=["struct last", "flat"])
@pytest.mark.parametrize("typed", [True, False])
def test_the_kernel_reads_records_that_lack_keys_but_the_first(
    style: Style, whole: Pairs, typed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = ways_of(monkeypatch)
    flat = [key for key, _ in PLAIN[1:-1]]
    lacks = [{key} for key in flat] + [{*flat[:2]}, {*flat[1:4]}, {*flat[2:]}, {*flat}]
    lacks = [set[str](), *lacks] * 12
    records = [[p for p in whole if p[0] not in lack] for lack in lacks]
    document = style.document(records)
    got = read_json(document, KIND, typed=typed)
    assert set(used) == {KernelRecords}
    assert got.num_rows == len(records)
    without = [number for number, lack in enumerate(lacks) if "n" in lack]
    assert [k for k, n in enumerate(got["n"].to_pylist()) if n is None] == without
    compare(document, typed=typed)
    # the first one of a block is not always whole
    compare(document, typed=typed, batch_bytes=200)


def test_the_kernel_has_room_for_records_that_lack_nearly_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = ways_of(monkeypatch)
    whole, bare = PLAIN[:-1], [("s", '"a"')]
    document = STYLES["compact"].document([*[whole] * 30, *[bare] * 300, whole])
    assert read_json(document, KIND).num_rows == 331
    assert set(used) == {KernelRecords}
    compare(document)


@LAYOUTS
@pytest.mark.parametrize(
    "pairs",
    [
        [],
        PLAIN[1:],
        PLAIN[:-1],
        list(reversed(PLAIN)),
        [PLAIN[-1], *PLAIN[:-1]],
        [*PLAIN[:-1], ("o", INSIDE[1:])],
        [*PLAIN[:-1], ("o", list(reversed(INSIDE)))],
        [*PLAIN[:-1], ("o", [])],
        [("o", []), *PLAIN[:-1]],
        [*PLAIN[:3], ("o", "null"), *PLAIN[3:-1]],
        [("x", "null"), *PLAIN],
        [("o", "null")],
        [("o", [])],
        [("o", INSIDE)],
    ],
    ids=[
        *("nothing", "not the first", "no object", "backwards", "object first"),
        *("first inside", "backwards inside", "empty object", "empty object first"),
        *(
            "null object",
            "null list",
            "only null object",
            "only empty object",
            "only an object",
        ),
    ],
)
def test_the_kernel_reads_keys_in_any_order_and_records_that_lack_some(
    style: Style, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = ways_of(monkeypatch)
    # what stood between two values once comes again, and is remembered
    some = [*[pairs, PLAIN] * 3, *[pairs] * 4]
    document = style.document([*[PLAIN] * 20, *some, PLAIN, PLAIN])
    compare(document)
    assert set(used) == {KernelRecords}
    compare(document, nested="struct")
    compare(document, batch_bytes=100)


def test_the_kernel_reads_records_that_are_printed_in_several_ways(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = ways_of(monkeypatch)
    spaced = [Style(",", ": ", "", "", ","), Style(" ,  ", ":\n", "\t", " ", ",")]
    printed = [each.record(PLAIN) for each in [*STYLES.values(), *spaced]]
    rows = ", ".join(
        each for one in printed for other in printed for each in (one, other)
    )
    compare(f'{{"rows": [{rows}, {printed[0]}]}}'.encode())
    assert set(used) == {KernelRecords}


@HOSTILE
@pytest.mark.parametrize(
    "pairs",
    [
        [*PLAIN[:2], PLAIN[1], *PLAIN[2:]],
        [*PLAIN, PLAIN[0]],
        [*PLAIN, PLAIN[-1]],
        [PLAIN[-1], *PLAIN[:-1], PLAIN[-1]],
        [*PLAIN, ("o", "null")],
        [*PLAIN[:-1], ("o", "null"), ("o", INSIDE)],
        [*PLAIN[:-1], ("o", []), ("o", INSIDE)],
        [*PLAIN[:-1], ("o", [*INSIDE, INSIDE[0]])],
        [PLAIN[0], ("more", "1"), *PLAIN[2:]],
        [("more", "null"), *PLAIN[1:]],
        [*PLAIN[:-1], ("o", [*INSIDE, ("q", "1")])],
        [*PLAIN[:-1], ("o", [*INSIDE, ("s", "1")])],
        [*PLAIN[:-1], ("m", "1")],
        [*PLAIN[:-1], ("o", '"x"')],
        [("ss", '"a"'), *PLAIN[1:]],
        [("x", '"a"'), *PLAIN],
        [("x", "null"), *PLAIN, ("x", "null")],
        [("n", "[]"), *PLAIN[1:]],
        [("\\u0073", '"a"'), *PLAIN[1:]],
    ],
    ids=str,
)
def test_the_kernel_declines_a_key_that_comes_twice_or_is_not_known(
    style: Style, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = ways_of(monkeypatch)
    compare(style.document([*[PLAIN] * 30, pairs, pairs, PLAIN]))
    assert used[0] is KernelRecords
    assert len(used) > 1


@pytest.mark.parametrize(
    ("text", "records"),
    [
        (b'{"s":"a","n":1},', 1),
        (b' { "s" : "a" } , {"n":1} ,\n', 2),
        (b"{},{},", 2),
        (b'{"o":{"m":1}},{"o":{"p":"x"}},', 2),
        (b",", 0),
        (b"{", 0),
        (b"{}", 0),
        (b"{},{", 0),
        (b"{},,", 0),
        (b"{}},", 0),
        (b'{"s"},', 0),
        (b'{"s":},', 0),
        (b'{"s" "a"},', 0),
        (b'{"s":"a",},', 0),
        (b'{,"s":"a"},', 0),
        (b'{"s":"a" "n":1},', 0),
        (b'{"s":"a","n":1', 0),
        (b'{"s":"a","n":1}', 0),
        (b'{"s":"a","n":1}}', 0),
        (b'{"s":"a","n":1},"', 0),
        (b'{"o":{"m":1},', 0),
        (b'{"o":{"m":1}},}', 0),
        (b'{"o":{"m":1,}},', 0),
        (b'{"o":{"m":1}"p":"x"},', 0),
        (b'{"o":nul},', 0),
        (b'{"o":1},', 0),
        (b'{"o":[]},', 0),
        (b'{s:"a"},', 0),
        (b"[],", 0),
    ],
)
def test_the_kernel_reads_whole_records_with_a_comma_behind_each_and_nothing_else(
    text: bytes, records: int
) -> None:
    reader = KernelRecords(record_of(KIND.columns(), typed=True))
    # alone, and where each gap may be one that was seen before
    whole = b'{"s":"a","n":1,"o":{"m":1}},' * 2
    for before, seen in ((b"", 0), (whole, 2)):
        data = before + text
        block = Block(data, 0, len(data), b"}{", 0)
        if records:
            assert reader.values(block, [])[0] == seen + records
        else:
            with pytest.raises(Unlike):
                reader.values(block, [])


@pytest.mark.parametrize("key", ["o", "x"])
def test_the_kernel_knows_a_key_that_comes_twice_though_a_null_was_there_before(
    key: str,
) -> None:
    reader = KernelRecords(record_of(KIND.columns(), typed=True))
    record = f'{{"s":"a","{key}":null,"n":1}},'
    twice = f'{{"s":"a","{key}":null,"n":1,"{key}":null}},'
    for text in (record * 4, record * 4 + twice):
        block = Block(text.encode(), 0, len(text), b"}{", 0)
        if text.endswith(twice):
            with pytest.raises(Unlike):
                reader.values(block, [])
        else:
            assert reader.values(block, [])[0] == 4


def test_the_kernel_reads_objects_within_objects() -> None:
    kind = json_type(table("rows", a__b__c__d__e="int64", a__f="int64", g="int64"))
    deep = '{"a":{"b":{"c":{"d":{"e":1}}},"f":2},"g":3},'
    other = '{"a":{"f":4,"b":{"c":{}}}},{"g":5},'
    bare = '{"a":{"b":{"c":{"d":{"e":1}}}},"g":3},'
    text = ((deep + other) * 3 + bare * 3).encode()
    reader = KernelRecords(record_of(kind.columns(), typed=True))
    rows, found = reader.values(Block(text, 0, len(text), b"}{", 0), [])
    assert rows == 12
    inner = ("a", "b", "c")
    assert found[*inner, "d", "e"].to_pylist() == [1, None, None] * 3 + [1] * 3
    assert found["a", "f"].to_pylist() == [2, 4, None] * 3 + [None] * 3
    assert found["g",].to_pylist() == [3, None, 5] * 3 + [3] * 3
    there = [found[inner[:k]].is_valid().to_pylist() for k in (1, 2, 3)]
    assert there == [[True, True, False] * 3 + [True] * 3] * 3
    below = found[*inner, "d"].is_valid().to_pylist()
    assert below == [True, False, False] * 3 + [True] * 3


def test_the_kernel_takes_no_escaped_key_for_what_its_bytes_are() -> None:
    column = Column(name="a\\b", dtype="string")
    reader = KernelRecords(record_of([column], typed=True))
    for text in (b'{"a\\b":"a backspace"},', b'{"a\\\\b":"a backslash"},'):
        with pytest.raises(Unlike):
            reader.values(Block(text, 0, len(text), b"}{", 0), [])


def test_the_kernel_declines_a_block_of_some_mebibytes() -> None:
    text = b'{"s":"' + b"a" * MOST_BYTES + b'"},'
    reader = KernelRecords(record_of(KIND.columns(), typed=True))
    with pytest.raises(Unlike):
        reader.values(Block(text, 0, len(text), b"}{", 0), [])


ANY_VALUE = {
    "s": '"a"',
    "n": "1",
    "d": "1.50",
    "f": "null",
    "b": "true",
    "o": [("m", "2"), ("p", '"x"')],
}


@st.composite
def any_pairs(draw: Any) -> Pairs:
    """Some keys of a record in some order, and of the object in it."""
    keys = draw(st.permutations(list(ANY_VALUE)))[: draw(st.integers(0, 6))]
    inside = draw(st.permutations(INSIDE))[: draw(st.integers(0, 2))]
    return [(key, inside if key == "o" else ANY_VALUE[key]) for key in keys]


@pytest.mark.slow
@settings(max_examples=100, suppress_health_check=SHARED_FIXTURE)
@given(
    st.lists(any_pairs(), min_size=1, max_size=20),
    st.sampled_from(list(STYLES.values())),
    st.sampled_from(["flat", "struct"]),
    st.integers(1, 400),
)
def test_the_kernel_reads_any_keys_in_any_order(
    records: list[Pairs], style: Style, nested: str, batch_bytes: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        used = ways_of(patch)
        compare(style.document(records), nested=nested, batch_bytes=batch_bytes)
        assert set(used) <= {KernelRecords}

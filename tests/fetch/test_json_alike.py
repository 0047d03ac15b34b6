"""Records read all at once are the records read one by one, or are not read at once."""

from __future__ import annotations

import threading
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.fetch.json import alike, native
from spreports.fetch.json.alike import Alike
from spreports.fetch.json.cut import Block, RecordCutter
from spreports.fetch.json.layout import Layout, layout_of
from spreports.fetch.json.misfits import Misfit
from spreports.fetch.json.window import Window
from spreports.fetch.kernel import sandbox
from tests.drawing import SHARED_FIXTURE
from tests.fetch.json_reports import read_json
from tests.fetch.json_styles import (
    HOSTILE,
    KIND,
    LAYOUTS,
    PLAIN,
    STYLES,
    Pairs,
    Style,
    compare,
)

pytestmark = pytest.mark.usefixtures("each_way", "small_blocks")


def at_once(
    document: bytes, patch: pytest.MonkeyPatch, **options: Any
) -> tuple[pa.Table, list[bool]]:
    """Read a document, and tell which of its blocks were read all at once."""
    seen: list[bool] = []

    class Watched(Alike):
        def columns(self, block: Block) -> tuple[list[pa.Array], list[Misfit]] | None:
            read = super().columns(block)
            seen.append(read is not None)
            return read

    patch.setattr(native, "Alike", Watched)
    return read_json(document, KIND, **options), seen


@LAYOUTS
@pytest.mark.parametrize("typed", [True, False])
def test_records_of_every_layout_are_read_at_once(
    style: Style, typed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = style.document([PLAIN] * 40)
    got, seen = at_once(document, monkeypatch, typed=typed, batch_bytes=400)
    assert len(seen) > 3
    assert all(seen)
    assert got.num_rows == 40
    if typed:
        assert got["d"].cast(pa.string())[39].as_py() == "1.500000"
    else:
        assert got["d"][39].as_py() == "1.50"
    assert got["o.p"].to_pylist() == ["x"] * 40
    compare(document, typed=typed, batch_bytes=400)


@LAYOUTS
def test_escapes_and_nulls_are_read_at_once(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = []
    for k in range(40):
        inside = ['12\\" cable', "\\\\", "\\u00e9\\n", "é☃😀", ""][k % 5]
        text = "null" if k % 7 == 0 else f'"{inside}"'
        number = "null" if k % 3 == 0 else str(k)
        changed = {"s": text, "n": number, "f": f"{k}e-2", "b": "null"}
        records.append([(key, changed.get(key, value)) for key, value in PLAIN])
    document = style.document(records)
    got, seen = at_once(document, monkeypatch, batch_bytes=400)
    assert all(seen)
    assert got["s"].to_pylist()[:5] == [None, "\\", "é\n", "é☃😀", ""]
    assert got["n"].to_pylist()[:5] == [None, 1, 2, None, 4]
    compare(document, batch_bytes=400)


@LAYOUTS
def test_marks_inside_strings_do_not_hinder(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ["shoes,", ", ", "a: b", "},{", "}, {", "12:30", ",,", "[1]"]
    records = [[("s", f'"{texts[k % 8]}"'), *PLAIN[1:]] for k in range(40)]
    document = style.document(records)
    got, seen = at_once(document, monkeypatch, batch_bytes=400)
    assert all(seen)
    assert got["s"].to_pylist() == texts * 5
    compare(document, batch_bytes=400)


@LAYOUTS
def test_an_escaped_quote_before_a_colon_changes_nothing(style: Style) -> None:
    texts = ['5\\" : x', '\\":', 'a\\" :b', "\\\\", "x"]
    records = [[("s", f'"{texts[k % 5]}"'), *PLAIN[1:]] for k in range(40)]
    table = compare(style.document(records), batch_bytes=400)
    assert isinstance(table, pa.Table)
    assert table["s"].to_pylist()[:3] == ['5" : x', '":', 'a" :b']


@LAYOUTS
def test_numbers_in_all_spellings_are_read_at_once(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    floats = ["0.5", "0.25", "0.1", "1.0", "0", "1.0E-4", "0.75", "-0.5", "0.0"]
    whole = ["0", "7", "10", "-3", "9007199254740993"]
    records = [
        [
            (key, {"f": floats[k % 9], "n": whole[k % 5]}.get(key, value))
            for key, value in PLAIN
        ]
        for k in range(90)
    ]
    document = style.document(records)
    got, seen = at_once(document, monkeypatch, batch_bytes=700)
    assert all(seen)
    assert got["f"].to_pylist() == [float(text) for text in floats] * 10
    assert got["n"].to_pylist() == [int(text) for text in whole] * 18
    compare(document, batch_bytes=700)


@LAYOUTS
def test_a_table_of_one_column_is_read_at_once(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = style.document([[("n", str(k))] for k in range(200)])
    for size in (1, 20, 300):
        got, _ = at_once(document, monkeypatch, batch_bytes=size)
        assert got["n"].to_pylist() == list(range(200))
    compare(document, batch_bytes=300)


@LAYOUTS
@pytest.mark.parametrize("batch_bytes", [1, 30])
def test_records_larger_than_a_batch_are_read_at_once(
    style: Style, batch_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = style.document([PLAIN] * 40)

    got, seen = at_once(document, monkeypatch, batch_bytes=batch_bytes)

    assert got.num_rows == 40
    assert len(seen) > 25
    assert all(seen)
    compare(document, batch_bytes=batch_bytes)


def test_no_more_is_held_for_a_boundary_than_records_so_far_make_likely() -> None:
    long = b'{"a": "' + b"x" * 100_000 + b'"}'
    text = b", ".join([b'{"a": "small"}'] * 9 + [long] * 5) + b"]"
    window = Window(iter([text[at : at + 100] for at in range(0, len(text), 100)]))
    cutter = RecordCutter(window)

    small = cutter.exact(len(text) - 5 * len(long))
    none = cutter.learned(20)
    held = len(window.data) - window.at
    first = cutter.exact(20)
    block = cutter.learned(20)

    assert (len(small), none, len(first)) == (9, None, 2)
    assert held < 5_000
    assert block is not None
    assert block.size == len(long) + len(", ")


@LAYOUTS
def test_a_layout_is_learned_once_and_compared_with_each_block(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[bytes] = []

    def watched(record: bytes, *others: Any) -> Layout | None:
        learned.append(record)
        return layout_of(record, *others)

    monkeypatch.setattr(alike, "layout_of", watched)
    document = style.document([PLAIN] * 60)
    _, seen = at_once(document, monkeypatch, batch_bytes=400)
    assert len(seen) > 3
    # as many as are parsed before the first has shown it
    assert len(learned) <= 2
    changed = style.document([PLAIN] * 30 + [PLAIN[:-1]] * 30)
    table = compare(changed, batch_bytes=400)
    assert isinstance(table, pa.Table)
    assert table["o.m"].null_count == 30


@HOSTILE
def test_quotes_that_come_and_go_are_read_at_once(
    style: Style, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ['"a"'] * 40 + ["null"] * 40 + ['"b"', "null"] * 20 + ['"c"'] * 40
    document = style.document([[("s", text), *PLAIN[1:]] for text in texts])
    got, seen = at_once(document, monkeypatch, batch_bytes=400)
    assert all(seen)
    assert got["s"].null_count == 60
    compare(document, batch_bytes=400)


@pytest.mark.parametrize("rule", ["null", "rescue"])
@LAYOUTS
def test_values_that_do_not_fit_are_read_at_once(
    style: Style, rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = {"n": '"n/a"', "d": "true", "f": '"12%"', "t": '"n\\"a"', "b": "2"}
    records = []
    for number in range(100):
        odd = dict([[*bad.items()][number % 5]] if number % 7 == 0 else [])
        records.append([(key, odd.get(key, value)) for key, value in PLAIN])
    document = style.document(records)
    got, seen = at_once(document, monkeypatch, batch_bytes=900, on_bad_value=rule)
    assert all(seen)
    assert [got[key].null_count for key in bad] == [3] * 5
    compare(document, batch_bytes=900, on_bad_value=rule)


@HOSTILE
@pytest.mark.parametrize(
    ("key", "raw"),
    [
        *(("n", raw) for raw in ("1.0", "1.7", "1e3", "-0", "9" * 30, '"5"', '" 5 "')),
        *(("n", raw) for raw in ("01", "+1", "0x1F", "1.", "--1", "true", "Infinity")),
        *(("n", raw) for raw in ("1.00000000000000000001", "9223372036854775808")),
        *(("f", raw) for raw in ("NaN", "-Infinity", ".5", "5.", "00.5", "1e400")),
        *(("f", raw) for raw in ('"nan"', '"0.5"', "1E5", "-0.0", "nul", "nulll")),
        *(("d", raw) for raw in ("0.1234567", "1E2", "1" * 40, '"1,5"', "1.10")),
        *(("b", raw) for raw in ("1", "True", '"Yes"', "tru", '"maybe"')),
        *(("s", raw) for raw in ("5", "1.10", "true", '"\\ud800"', '"\\x"', '"a"b"')),
        *(("s", raw) for raw in ('"a\\"', '"\n"', '"\t"', '"\\u12"', '"}, {"', "[]")),
        *(("s", raw) for raw in ('"a","s":"b"', '"a,"', '": null"', '"a" "b"', "{}")),
        *(("s", raw) for raw in ('"', '"a\\","n":"b"', '"null"', "null", "'a'")),
        *(("t", raw) for raw in ('"2026-13-01T00:00:00Z"', "20261005", '""')),
        *(("o", raw) for raw in ("null", "{}", "[]", '{"m":1}', '{"p":"x","m":2}')),
    ],
)
def test_one_hostile_value_reads_as_it_does_with_care(
    style: Style, key: str, raw: str
) -> None:
    records = [list(PLAIN) for _ in range(12)]
    records[8] = [(k, raw if k == key else value) for k, value in PLAIN]
    for rule in ("raise", "rescue"):
        compare(style.document(records), on_bad_value=rule, batch_bytes=700)
    # in each record
    compare(style.document([records[8]] * 12), batch_bytes=700)


@HOSTILE
@pytest.mark.parametrize(
    "pairs",
    [
        [*PLAIN, ("more", "1")],
        PLAIN[:-1],
        PLAIN[1:],
        [*PLAIN, ("n", "13")],
        [PLAIN[0], *PLAIN],
        [PLAIN[0], PLAIN[0], *PLAIN[2:]],
        list(reversed(PLAIN)),
        [*PLAIN, ("x", '["a", "b"]')],
        [*PLAIN[:-1], ("o", [("m", "1"), ("p", '"y"'), ("q", '"z"')])],
        [*PLAIN[:-1], ("o", [("m", "1"), ("m", "2")])],
        [("\\u0073", '"escaped key"'), *PLAIN[1:]],
        [],
    ],
    ids=str,
)
def test_one_record_with_other_keys_reads_as_it_does_with_care(
    style: Style, pairs: Pairs
) -> None:
    records = [list(PLAIN) for _ in range(12)]
    records[8] = list(pairs)
    for rule in ("raise", "rescue"):
        compare(style.document(records), on_bad_value=rule, batch_bytes=700)
    compare(style.document([pairs] * 12), batch_bytes=700)


TEXT = st.sampled_from(
    ['"a"', '"\\""', '"\\\\"', '"\\n"', '"é"', '""', "null", '"}"', '"5"', '"a,"']
)
NUMBER = st.sampled_from(
    [
        *("0", "-1", "2.5", "1e2", "null", '"7"', "1.0", "12345678901"),
        *('"n\\"a"', '""', "true"),
    ]
)
RECORD = st.fixed_dictionaries(
    {"s": TEXT, "n": NUMBER, "d": NUMBER, "f": NUMBER},
    optional={"b": st.sampled_from(["true", "false", "null", "0"]), "k": TEXT},
)


@pytest.mark.slow
@settings(
    max_examples=75,
    suppress_health_check=SHARED_FIXTURE,
)
@given(
    st.lists(RECORD, min_size=1, max_size=12),
    st.sampled_from(list(STYLES.values())),
    st.integers(1, 400),
    st.booleans(),
    st.sampled_from([None, 11]),
)
def test_both_ways_agree_on_any_records(
    records: list[dict[str, str]],
    style: Style,
    batch_bytes: int,
    typed: bool,
    step: int | None,
) -> None:
    document = style.document([list(record.items()) for record in records])
    for rule in ("raise", "rescue"):
        compare(
            document, typed=typed, batch_bytes=batch_bytes, on_bad_value=rule, step=step
        )


@pytest.mark.slow
@settings(
    max_examples=150,
    suppress_health_check=SHARED_FIXTURE,
)
@given(
    st.sampled_from(list(STYLES.values())),
    st.data(),
)
def test_both_ways_agree_on_a_damaged_document(style: Style, data: Any) -> None:
    document = style.document([PLAIN] * 12)
    place = data.draw(st.integers(0, len(document) - 1))
    drop = data.draw(st.integers(0, 2))
    new = data.draw(st.sampled_from([*'{}[],:"\\ \n\x00\x1f0e-.+n', '"a":1,', ""]))
    damaged = document[:place] + new.encode() + document[place + drop :]
    compare(damaged, batch_bytes=700)


def test_what_the_kernel_reads_has_threads_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names: set[str] = set()
    columns = native.NativeParser.columns

    def noted(parser: native.NativeParser, block: Block) -> object:
        names.add(threading.current_thread().name.rpartition("_")[0])
        return columns(parser, block)

    monkeypatch.setattr(native.NativeParser, "columns", noted)
    document = STYLES["compact"].document([PLAIN] * 200)

    assert read_json(document, KIND, batch_bytes=1_000).num_rows == 200
    pays = sandbox.kernel_pays(1)
    assert names == {"spreports-kernel" if pays else "spreports-json"}

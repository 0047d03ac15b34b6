"""Records read all at once are the records read one by one, or are not read at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.errors import DocumentError
from spreports.fetch.json import alike, native
from spreports.fetch.json import records as json_records
from spreports.fetch.json.alike import Alike, _columns
from spreports.fetch.json.cut import Block
from spreports.fetch.json.kernel_records import KernelRecords
from spreports.fetch.json.layout import Layout, layout_of
from spreports.fetch.json.shape import record_of
from spreports.fetch.json.stencil import Unlike
from spreports.fetch.kernel import sandbox
from tests.drawing import SHARED_FIXTURE
from tests.fetch.json_reports import json_type, read_json, table

pytestmark = pytest.mark.usefixtures("each_way")

KIND = json_type(
    table(
        "rows",
        s="string",
        n="int64",
        d="decimal",
        f="float64",
        b="boolean",
        t="timestamp",
        o__m="int64",
        o__p="string",
        x_s="string",
    )
)
Pairs = Sequence[tuple[str, Any]]


class Style:
    """How a program prints JSON."""

    def __init__(
        self, comma: str, colon: str, opening: str, closing: str, between: str
    ) -> None:
        self.comma, self.colon = comma, colon
        self.opening, self.closing, self.between = opening, closing, between

    def record(self, pairs: Pairs) -> str:
        fields = self.comma.join(
            f'"{key}"{self.colon}{self.value(value)}' for key, value in pairs
        )
        return f"{{{self.opening}{fields}{self.closing}}}" if fields else "{}"

    def value(self, value: Any) -> str:
        return value if isinstance(value, str) else self.record(value)

    def document(self, records: Sequence[Pairs]) -> bytes:
        rows = self.between.join(map(self.record, records))
        return f'{{"a" : 1, "rows" : [ {rows} ], "z" : null }}'.encode()


STYLES = {
    "jackson": Style(",\n    ", " : ", "\n    ", "\n  ", ", "),
    "indented": Style(",\n  ", ": ", "\n  ", "\n ", ",\n "),
    "compact": Style(",", ":", "", "", ","),
    "python": Style(", ", ": ", "", "", ", "),
    "a line each": Style(", ", ": ", "", "", ",\n"),
    "windows": Style(",\r\n\t", " : ", "\r\n\t", "\r\n", ",\r\n"),
}
FEW = [STYLES[name] for name in ("jackson", "compact")]
HOSTILE = pytest.mark.parametrize("style", FEW, ids=["jackson", "compact"])
LAYOUTS = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
PLAIN: Pairs = [
    ("s", '"blue kettle"'),
    ("n", "12"),
    ("d", "1.50"),
    ("f", "0.25"),
    ("b", "true"),
    ("t", '"2026-10-05T01:02:03Z"'),
    ("o", [("m", "-7"), ("p", '"x"')]),
]


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first look-ahead be a few records."""
    monkeypatch.setattr(json_records, "LOOK_AHEAD", 60)


def outcome(read: Callable[[], pa.Table]) -> object:
    """Return a table, or what is wrong and where."""
    try:
        return read()
    except DocumentError as exc:
        row, column = getattr(exc, "row", None), getattr(exc, "column", None)
        return type(exc), row, column


def compare(document: bytes, **options: Any) -> object:
    """Read a document natively and with care alone; both must come to the same."""
    fast = outcome(lambda: read_json(document, KIND, **options))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native.NativeParser, "columns", lambda _self, _block: None)
        careful = outcome(lambda: read_json(document, KIND, **options))
    if isinstance(careful, pa.Table):
        assert isinstance(fast, pa.Table), (fast, document)
        assert fast.equals(careful), document
    else:
        assert fast == careful, document
    return careful


def at_once(
    document: bytes, patch: pytest.MonkeyPatch, **options: Any
) -> tuple[pa.Table, list[bool]]:
    """Read a document, and tell which of its blocks were read all at once."""
    seen: list[bool] = []

    class Watched(Alike):
        def columns(self, block: Block) -> list[pa.Array] | None:
            arrays = super().columns(block)
            seen.append(arrays is not None)
            return arrays

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


def ways_of(patch: pytest.MonkeyPatch) -> list[type]:
    """Tell which way each block was tried, by the kernel first."""
    used: list[type] = []

    def watched(way: object, *others: Any) -> list[pa.Array]:
        used.append(type(way))
        return _columns(way, *others)  # type: ignore[arg-type]  # any of the two

    patch.setattr(sandbox, "_PAYS_FROM", 0)
    patch.setattr(alike, "_columns", watched)
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


INSIDE: Pairs = [("m", "-7"), ("p", '"x"')]


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
        [("o", "null")],
        [("o", [])],
        [("o", INSIDE)],
    ],
    ids=[
        *("nothing", "not the first", "no object", "backwards", "object first"),
        *("first inside", "backwards inside", "empty object", "empty object first"),
        *("null object", "only null object", "only empty object", "only an object"),
    ],
)
def test_the_kernel_reads_keys_in_any_order_and_records_that_lack_some(
    style: Style, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = ways_of(monkeypatch)
    # what stood between two values once comes again, and is remembered
    document = style.document([*[PLAIN] * 20, pairs, PLAIN, pairs, pairs, PLAIN])
    compare(document)
    assert set(used) == {KernelRecords}
    compare(document, nested="struct")
    compare(document, batch_bytes=100)


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
        [("s", "{}"), *PLAIN[1:]],
        [("s", "[]"), *PLAIN[1:]],
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
            assert reader.values(block)[0] == seen + records
        else:
            with pytest.raises(Unlike):
                reader.values(block)


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
NUMBER = st.sampled_from(["0", "-1", "2.5", "1e2", "null", '"7"', "1.0", "12345678901"])
RECORD = st.fixed_dictionaries(
    {"s": TEXT, "n": NUMBER, "d": NUMBER, "f": NUMBER},
    optional={"b": st.sampled_from(["true", "false", "null", "0"]), "k": TEXT},
)


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

    def noted(parser: native.NativeParser, block: Block) -> list[pa.Array] | None:
        names.add(threading.current_thread().name.rpartition("_")[0])
        return columns(parser, block)

    monkeypatch.setattr(native.NativeParser, "columns", noted)
    document = STYLES["compact"].document([PLAIN] * 200)

    assert read_json(document, KIND, batch_bytes=1_000).num_rows == 200
    pays = sandbox.kernel_pays(1)
    assert names == {"spreports-kernel" if pays else "spreports-json"}

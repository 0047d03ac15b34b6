"""Keys that come late are counted, and kept on request, however they are read."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.catalog import Column, ReportType, Table
from spreports.fetch.findings import Findings
from spreports.fetch.json import native
from spreports.fetch.json.records import RecordBatches
from tests.drawing import SHARED_FIXTURE
from tests.fetch.json_reports import json_type, read_json, table
from tests.fetch.test_kernel_nested import written

pytestmark = pytest.mark.usefixtures("each_way", "small_blocks")

KIND = json_type(table("rows", n="int64", s="string"))
PLAIN = '{"n": 1, "s": "plain"}'


def read(
    document: str, kind: ReportType = KIND, **options: Any
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return rows, what was rescued as values, and the counts."""
    findings = Findings()
    found = read_json(
        document, kind, on_bad_value="rescue", findings=findings, **options
    ).to_pylist()
    for row in found:
        row["_rescued"] = json.loads(row["_rescued"] or "{}")
    return found, findings.unplaced


@pytest.mark.slow
@settings(max_examples=60, suppress_health_check=SHARED_FIXTURE)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", "b", 'q"', "größe", "n.m"]), written(), max_size=3
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(1, 300),
)
def test_late_values_are_the_same_read_natively_or_with_care(
    late: list[dict[str, str]], batch_bytes: int
) -> None:
    odd = []
    for pairs in late:
        more = "".join(f", {json.dumps(key)}: {text}" for key, text in pairs.items())
        odd.append(f'{{"n": 2{more}, "s": "odd"}}')

    counts = counts_both_ways([PLAIN] * 9 + odd + [PLAIN] * 3 + odd, batch_bytes)

    values = [json.loads(text) for pairs in late for text in pairs.values()]
    assert sum(counts.values()) == 2 * sum(value is not None for value in values)


def counts_both_ways(
    records: list[str], batch_bytes: int, kind: ReportType = KIND
) -> dict[str, int]:
    """Read records natively and with care, to the same rows; return the counts."""
    document = f'{{"rows": [{", ".join(records)}]}}'
    natively = read(document, kind, batch_bytes=batch_bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native.NativeParser, "columns", lambda _self, _block: None)
        with_care = read(document, kind, batch_bytes=batch_bytes)
    assert natively == with_care
    assert repr(natively[0]) == repr(with_care[0]), "another order of keys"
    return natively[1]


DEEP_KIND = json_type(
    table(
        "rows",
        n="int64",
        in__s="string",
        in__deep__n="int64",
        kinds_s__name="string",
        kinds_s__of__day="date",
    )
)
DEEP_PLAIN = (
    '{"n": 1, "in": {"s": "a", "deep": {"n": 2}},'
    ' "kinds": [{"name": "b", "of": {"day": "2026-01-02"}}]}'
)


LATE_KEYS = st.sampled_from(["a", "n", "s", 'q"', "größe", "n.m", ""])
LATE_VALUES = st.sampled_from(
    ["1.50", '"x"', '""', "null", "true", '[1, {"a": 2}]', '{"b" : []}', r'"\ud800"']
)


@st.composite
def deep_records(draw: st.DrawFn) -> str:
    """A record with late keys in some of its objects, some of which are not there."""

    def fields_of(**known: str | None) -> str:
        late = draw(st.dictionaries(LATE_KEYS, LATE_VALUES, max_size=2))
        fields = draw(st.permutations([*(late | known).items()]))
        return ", ".join(
            f"{json.dumps(key)}: {text}" for key, text in fields if text is not None
        )

    def perhaps(fields: str) -> str | None:
        return draw(st.sampled_from([f"{{{fields}}}"] * 3 + ["null", None]))

    deep = perhaps(fields_of(n="3"))
    inside = perhaps(fields_of(s='"c"', deep=deep))
    items = []
    for _ in range(draw(st.integers(0, 3))):
        of = perhaps(fields_of(day='"2026-02-03"'))
        items.append("{" + fields_of(name='"d"', of=of) + "}")
    listed = draw(st.sampled_from([f"[{', '.join(items)}]", "null", None]))
    rest = fields_of(n=None, kinds=listed, **{"in": inside})
    return f'{{"n": 2{", " if rest else ""}{rest}}}'


@pytest.mark.slow
@settings(max_examples=40, suppress_health_check=SHARED_FIXTURE)
@given(st.lists(deep_records(), min_size=1, max_size=6), st.integers(1, 600))
def test_late_values_at_any_depth_are_the_same_read_natively_or_with_care(
    odd: list[str], batch_bytes: int
) -> None:
    records = [DEEP_PLAIN] * 9 + odd + [DEEP_PLAIN] * 3 + odd
    counts_both_ways(records, batch_bytes, DEEP_KIND)


@pytest.mark.parametrize(
    ("odd", "kept"),
    [
        ('{"n": 2, "late": 1.50, "in": {"s": "odd"}}', {"late": "1.50"}),
        (
            '{"n": 2, "in": {"deep": {"late": 1.50, "n": 1}, "s": "odd"}}',
            {"in.deep.late": "1.50"},
        ),
        (
            '{"n": 2, "kinds": [{"late": "a"}, {"name": "odd"}, {"late": ""}]}',
            {"kinds[].late": ["a", ""]},
        ),
    ],
    ids=["in the record", "in an object", "in a list"],
)
def test_records_with_a_late_key_are_read_natively_once_it_is_known(
    odd: str,
    kept: dict[str, object],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    careful: list[int] = []
    watched = RecordBatches._careful

    def counting(self: RecordBatches, records: Any) -> pa.RecordBatch:
        careful.append(len(records))
        return watched(self, records)

    monkeypatch.setattr(RecordBatches, "_careful", counting)
    document = f'{{"rows": [{", ".join([DEEP_PLAIN] * 30 + [odd] * 1_000)}]}}'

    rows, counts = read(document, DEEP_KIND, batch_bytes=1_000)

    assert [row["_rescued"] for row in rows[30:]] == [kept] * 1_000
    each = [value if isinstance(value, list) else [value] for value in kept.values()]
    assert counts == {key: 1_000 * len(v) for key, v in zip(kept, each, strict=True)}
    assert sum(careful) < 200


def test_what_is_rescued_stands_in_the_order_of_names_however_it_is_read() -> None:
    keys = ["zeta", "beta", "iota", "eta", "alpha", "theta"]
    late = ", ".join(f'"{key}": 1' for key in keys)
    odd = (
        f'{{{late}, "n": "none", "kinds": [{{{late}, "of": {{"day": "none"}}}}],'
        f' "in": {{{late}, "deep": {{"n": "none"}}}}}}'
    )
    document = f'{{"rows": [{", ".join([DEEP_PLAIN] * 9 + [odd] * 30)}]}}'

    rows, _ = read(document, DEEP_KIND, batch_bytes=900)

    names = {f"{of}{key}" for of in ("", "kinds[].", "in.") for key in keys}
    names |= {"n", "kinds[].of.day", "in.deep.n"}
    assert [[*row["_rescued"]] for row in rows[9:]] == [sorted(names)] * 30


def test_more_late_keys_than_are_read_natively_are_counted_all_the_same() -> None:
    odd = [f'{{"n": 2, "k{number}": {number}}}' for number in range(60)]
    document = f'{{"rows": [{", ".join([PLAIN] * 9 + odd * 2)}]}}'

    rows, counts = read(document, batch_bytes=100)

    assert counts == {f"k{number}": 2 for number in range(60)}
    assert rows[-1]["_rescued"] == {"k59": "59"}


OPTIONAL = json_type(
    Table(
        name="rows",
        path="rows",
        columns=(
            Column(name="n", dtype="int64"),
            Column(name="s"),
            Column(name="share", dtype="float64", optional=True),
            Column(name="in.day", dtype="date", optional=True),
            Column(name="kinds[].name", optional=True),
        ),
    )
)
WITH_ALL = (
    '{"n": 2, "s": "late", "share": 0.5, "in": {"day": "2026-01-02"},'
    ' "kinds": [{"name": "a"}]}'
)


@pytest.mark.parametrize("first", [0, 1, 9, 40])
@pytest.mark.parametrize("batch_bytes", [1, 300, 1 << 20])
def test_an_optional_key_has_its_column_wherever_its_first_value_stands(
    first: int, batch_bytes: int
) -> None:
    records = [PLAIN] * first + [WITH_ALL] * 20
    findings = Findings()

    got = read_json(
        f'{{"rows": [{", ".join(records)}]}}',
        OPTIONAL,
        findings=findings,
        batch_bytes=batch_bytes,
    )

    assert got.column_names == ["n", "s", "share", "in.day", "kinds"]
    assert got["share"].to_pylist() == [None] * first + [0.5] * 20
    assert got["in.day"].to_pylist() == [None] * first + [date(2026, 1, 2)] * 20
    assert got["kinds"].to_pylist() == [None] * first + [[{"name": "a"}]] * 20
    assert findings.unplaced == {}


def test_an_optional_key_that_nowhere_occurs_is_not_missing() -> None:
    findings = Findings()

    got = read_json(
        f'{{"rows": [{", ".join([PLAIN] * 9)}]}}', OPTIONAL, findings=findings
    )

    assert got["share"].to_pylist() == [None] * 9
    assert got.schema.field("share").type == pa.float64()
    assert (findings.missing_columns, findings.unknown_columns) == ((), ())

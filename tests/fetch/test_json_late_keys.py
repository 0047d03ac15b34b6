"""Keys that come late are counted, and kept on request, however they are read."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.catalog import Column, Table
from spreports.fetch.findings import Findings
from spreports.fetch.json import native
from spreports.fetch.json.records import RecordBatches
from tests.drawing import SHARED_FIXTURE
from tests.fetch.json_reports import json_type, read_json, table
from tests.fetch.test_kernel_nested import written

pytestmark = pytest.mark.usefixtures("each_way", "small_blocks")

KIND = json_type(table("rows", n="int64", s="string"))
PLAIN = '{"n": 1, "s": "plain"}'


def read(document: str, **options: Any) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return rows, what was rescued as values, and the counts."""
    findings = Findings()
    found = read_json(
        document, KIND, on_bad_value="rescue", findings=findings, **options
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
    document = f'{{"rows": [{", ".join([PLAIN] * 9 + odd + [PLAIN] * 3 + odd)}]}}'

    natively = read(document, batch_bytes=batch_bytes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native.NativeParser, "columns", lambda _self, _block: None)
        with_care = read(document, batch_bytes=batch_bytes)

    assert natively == with_care
    values = [json.loads(text) for pairs in late for text in pairs.values()]
    counted = 2 * sum(1 for value in values if value is not None)
    assert sum(natively[1].values()) == counted


def test_records_with_a_late_key_are_read_natively_once_it_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    careful: list[int] = []
    watched = RecordBatches._careful

    def counting(self: RecordBatches, records: Any) -> pa.RecordBatch:
        careful.append(len(records))
        return watched(self, records)

    monkeypatch.setattr(RecordBatches, "_careful", counting)
    odd = '{"n": 2, "late": 1.50, "s": "odd"}'
    document = f'{{"rows": [{", ".join([PLAIN] * 30 + [odd] * 3_000)}]}}'

    rows, counts = read(document, batch_bytes=1_000)

    assert counts == {"late": 3_000}
    assert [row["_rescued"] for row in rows[30:]] == [{"late": "1.50"}] * 3_000
    assert sum(careful) < 300


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

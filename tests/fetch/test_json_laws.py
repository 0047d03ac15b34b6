"""No part of a JSON document passes for the whole; what is sound is read exactly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.errors import DocumentError, ParseError
from spreports.fetch.json import records as json_records
from spreports.fetch.json import walk as json_walk
from tests.drawing import SHARED_FIXTURE
from tests.fetch.json_reports import json_type, read_json, table

pytestmark = pytest.mark.usefixtures("by_kernel")

KIND = json_type(
    table("one", s="string", n="int64", d="decimal", o__f="float64", x_s__y="string"),
    table("two", s="string", b="boolean"),
)
ROWS = [
    {"s": 'a}, {"s": "', "n": 1, "d": 1.5, "o": {"f": 0.25}, "x": [{"y": "]"}]},
    {"s": "\\", "n": -2, "d": 2, "o": {"f": 1e3}, "x": []},
    {
        "s": "é☃😀\u2028",
        "n": 3,
        "d": 0.01,
        "o": {"f": 2},
        "x": [{"y": "}"}, {"y": None}],
    },
]
DOCUMENT = {
    "spec": {"a": ["[", {"b": "}"}], "c": 1.0},
    "two": [{"s": "x", "b": True}, {"s": "}, {", "b": False}, {"s": "y", "b": None}],
    "one": ROWS,
    "end": None,
}
PRETTY = json.dumps(DOCUMENT, indent=1, ensure_ascii=False).encode()
COMPACT = json.dumps(DOCUMENT, separators=(",", ":")).encode()


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a block be a few records, so that small documents take every way."""
    monkeypatch.setattr(json_records, "LOOK_AHEAD", 60)
    monkeypatch.setattr(json_walk, "_SKIPPED", 60)


def strict(document: bytes) -> Any:
    """Read JSON as RFC 8259 has it; ValueError for anything else."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("twice")
        return dict(pairs)

    def refuse(name: str) -> None:
        raise ValueError(name)

    return json.loads(document, object_pairs_hook=once, parse_constant=refuse)


@pytest.mark.slow
@pytest.mark.parametrize("document", [PRETTY, COMPACT], ids=["pretty", "compact"])
@pytest.mark.parametrize("name", ["one", "two"])
def test_a_document_cut_anywhere_is_an_error(document: bytes, name: str) -> None:
    for end in range(len(document)):
        with pytest.raises(DocumentError):
            read_json(document[:end], KIND, table=name, batch_bytes=70)


@pytest.mark.slow
@pytest.mark.parametrize("document", [PRETTY, COMPACT], ids=["pretty", "compact"])
def test_where_chunks_end_never_matters(document: bytes) -> None:
    whole = read_json(document, KIND, batch_bytes=70)
    assert whole["s"].to_pylist() == [row["s"] for row in ROWS]
    for step in range(1, len(document)):
        read = read_json(document, KIND, step=step, batch_bytes=70)
        assert read.equals(whole), step


def read_known(document: bytes, name: str) -> None:
    """Read a table; ValueError where the document has another one instead."""
    read_json(document, KIND, table=name, batch_bytes=70)
    if f'"{name}"'.encode() not in document:
        raise ValueError("zero rows, as for any table that is not there")


def changed_bytes(document: bytes) -> Iterator[bytes]:
    """Yield the document with one byte changed, at each place, in several ways."""
    for place in range(len(document)):
        structural = document[place] in b'{}[],:"\\'
        for byte in b'{}[],:" \\1\n' if structural else b'",}\\\x00':
            if byte != document[place]:
                yield document[:place] + bytes([byte]) + document[place + 1 :]


@pytest.mark.slow
@pytest.mark.parametrize("document", [PRETTY, COMPACT], ids=["pretty", "compact"])
@pytest.mark.parametrize("name", ["one", "two"])
def test_a_changed_byte_is_an_error_or_reads_as_json_has_it(
    document: bytes, name: str
) -> None:
    refused = 0
    changes = list(changed_bytes(document))
    # Each of them once, by the one table or the other
    for changed in changes[("one", "two").index(name) :: 2]:
        try:
            rows = strict(changed)[name]
            expected = [row.get("s") for row in rows]
        except (ValueError, KeyError, TypeError, AttributeError):
            # ValueError: where the table's own key has changed
            with pytest.raises((DocumentError, ValueError)):
                read_known(changed, name)
            refused += 1
            continue
        try:
            got = read_json(changed, KIND, table=name, batch_bytes=70)
        except ParseError:
            continue  # sound JSON, but a value does not fit
        texts = [e if isinstance(e, str | None) else json.dumps(e) for e in expected]
        if "s" in got.column_names:
            assert got["s"].to_pylist() == texts, changed
        assert got.num_rows == len(rows)
    assert refused > len(changes) // 8


TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        '"',
        "\\",
        '}, {"s"',
        "}\n{",
        "],",
        "\\u0041",
        "\x00",
        "]}",
        "null",
        "\ud7ff\ue000",
    ]
)
NUMBERS = st.decimals(-(10**9), 10**9, places=3)
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "s": st.none() | TEXTS,
            "n": st.none() | st.integers(-(2**63), 2**63 - 1),
            "d": st.none() | NUMBERS,
            "o": st.none()
            | st.fixed_dictionaries(
                {"f": st.none() | st.floats(allow_nan=False, allow_infinity=False)}
            ),
            "x": st.none()
            | st.lists(
                st.none() | st.fixed_dictionaries({"y": st.none() | TEXTS}), max_size=3
            ),
        }
    ),
    max_size=12,
)


def written(records: list[dict[str, Any]], **style: Any) -> str:
    """Write records as JSON, decimals as numbers, all digits kept."""
    numbers: list[str] = []

    def mark(value: Decimal) -> str:
        numbers.append(str(value))
        return f"\ue123{len(numbers) - 1}\ue123"

    text = json.dumps(records, default=mark, **style)
    for quote in ("\ue123", "\\ue123"):
        for place, number in enumerate(numbers):
            text = text.replace(f'"{quote}{place}{quote}"', number)
    return text


@pytest.mark.slow
@settings(
    max_examples=75,
    suppress_health_check=SHARED_FIXTURE,
)
@given(
    RECORDS,
    st.booleans(),
    st.sampled_from([None, 0, 2]),
    st.sampled_from([(",", ":"), (", ", " : "), None]),
    st.integers(1, 400),
    st.sampled_from([None, 7, 100]),
    st.booleans(),
)
def test_every_value_comes_out_as_it_was_written(  # noqa: PLR0917 - drawn, not passed
    records: list[dict[str, Any]],
    ascii_only: bool,
    indent: int | None,
    separators: tuple[str, str] | None,
    batch_bytes: int,
    step: int | None,
    last: bool,
) -> None:
    style = {"ensure_ascii": ascii_only, "indent": indent, "separators": separators}
    text = written(records, **style)
    other = '"two" : [ {"s":"}","b":true} ]'
    document = f'{{"one":{text},{other}}}' if last else f'{{{other},"one":{text}}}'
    got = read_json(
        document, KIND, table="one", batch_bytes=batch_bytes, step=step, nested="struct"
    )
    assert got.to_pylist() == records
    flat = read_json(document, KIND, table="one", batch_bytes=batch_bytes)
    assert flat["o.f"].to_pylist() == [(row["o"] or {}).get("f") for row in records]
    assert flat["x"].to_pylist() == [row["x"] for row in records]


# One with a NUL may be refused: it could be a column's
KEYS = TEXTS.filter(lambda key: "\0" not in key)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.slow
@settings(
    max_examples=50,
    suppress_health_check=SHARED_FIXTURE,
)
@given(
    st.lists(
        st.dictionaries(st.sampled_from("abcdef"), VALUES, min_size=1), min_size=1
    ),
    st.sampled_from([None, 1]),
    st.sampled_from([1, 40, 1 << 20]),
)
def test_unknown_values_stay_and_nothing_is_lost_in_silence(
    records: list[dict[str, Any]], indent: int | None, batch_bytes: int
) -> None:
    if "Infinity" in (text := json.dumps(records, indent=indent)):
        return
    document = f'{{"rows":{text}}}'
    got = read_json(document, batch_bytes=batch_bytes, on_bad_value="rescue")
    assert got.num_rows == len(records)
    for row, record in zip(got.to_pylist(), records, strict=True):
        rescued = json.loads(row["_rescued"] or "{}")
        for key, value in record.items():
            if value is None or isinstance(value, dict):
                continue
            kept = row.get(key) if row.get(key) is not None else rescued.get(key)
            if isinstance(value, str):
                assert kept == value
            else:
                assert kept is not None
                assert json.loads(kept) == value

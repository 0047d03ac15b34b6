"""A decimal is read exactly or refused, however wide it is, whichever way it goes."""

from __future__ import annotations

import contextlib
import json
import re
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spreports.catalog import Column, ReportType, Table
from spreports.fetch.cells import cells_of
from spreports.fetch.decimals import parse_decimal
from spreports.fetch.json import native
from spreports.fetch.json.wide_numbers import may_be_wide
from spreports.fetch.typed_column import typed_column
from spreports.fetch.whole_decimals import decimals
from tests.drawing import SHARED_FIXTURE
from tests.fetch.documents import entry, read
from tests.fetch.json_reports import json_type, read_json, table

pytestmark = pytest.mark.usefixtures("each_way", "small_blocks")

FLAT = entry(Column(name="money", dtype="decimal"), Column(name="text"))
JSON = json_type(table("rows", money="decimal", more_s="decimal"))
XML = ReportType(
    report_type="GET_TEST",
    format="xml",
    tables=(
        Table(
            name="rows",
            path="Root/Row",
            columns=(Column(name="Money", dtype="decimal"), Column(name="Text")),
        ),
    ),
)
DIGITS = st.text("0123456789", max_size=90) | st.integers(0, 10**6).map(str)
NUMERALS = st.builds(
    "{}{}{}{}{}".format,
    st.sampled_from(["", "", "-", "+"]),
    DIGITS,
    st.sampled_from(["", "."]),
    DIGITS,
    st.one_of(
        st.just(""),
        st.builds(
            "{}{}{}".format,
            st.sampled_from("eE"),
            st.sampled_from(["", "+", "-"]),
            st.integers(0, 99).map(str) | st.integers(0, 4000).map(str),
        ),
    ),
).filter(bool)
# What came out as another number, as found in the field or by search
WRAPPED = (
    "16.030000000000001136868377216160297393798828125",
    *("4e32", "7e36", "3e38", "100000000000000000000000000000000"),
    "436425965431600691345527334966095",
    "340282366920938463463374607431769.461456",
    "84.8828239437957549836373351294009575252459290E-38",
)
JSON_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
LISTS = st.lists(NUMERALS | st.sampled_from(WRAPPED), min_size=1, max_size=6)


def exact(text: str) -> Decimal | None:
    """Return what the careful way says, None where it refuses."""
    try:
        return parse_decimal(text)
    except ValueError:
        return None


@settings(suppress_health_check=SHARED_FIXTURE)
@given(LISTS, st.lists(st.sampled_from(["7.00", "x", ""]), max_size=3))
@example(list(WRAPPED), ["7.00"])
def test_cells_of_any_width_are_exact_or_refused(
    texts: list[str], beside: list[str]
) -> None:
    cells = cells_of(Column(name="d", dtype="decimal"), local=False, currency=None)
    assert cells is not None
    for some in ([text] for text in texts):
        with contextlib.suppress(pa.ArrowInvalid):
            assert decimals(pa.array(some)).to_pylist() == [parse_decimal(some[0])]
    values, _ = typed_column(pa.array([*texts, *beside]), cells)
    assert values.to_pylist() == [exact(text) for text in (*texts, *beside)]


@settings(max_examples=40, suppress_health_check=SHARED_FIXTURE)
@given(LISTS, st.sampled_from(["7.00", "x", ""]), st.integers(20, 200))
@example(list(WRAPPED), "7.00", 200)
@example(["4e32"], "7.00", 20)
def test_flat_decimals_of_any_width_are_exact_or_refused(
    texts: list[str], beside: str, batch_bytes: int
) -> None:
    cells = [text for each in texts for text in (each, beside)]
    lines = ["money\ttext", *(f"{text}\tx" for text in cells), ""]

    got = read("\n".join(lines), FLAT, on_bad_value="null", batch_bytes=batch_bytes)

    assert got["money"].to_pylist() == [exact(text) for text in cells]


@settings(max_examples=40, suppress_health_check=SHARED_FIXTURE)
@given(LISTS, st.booleans(), st.booleans(), st.integers(30, 400))
@example(list(WRAPPED), True, False, 400)
@example(["4e32"], False, True, 30)
def test_json_decimals_of_any_width_are_exact_or_refused(
    texts: list[str], quoted: bool, listed: bool, batch_bytes: int
) -> None:
    plain = '{"money": 7.00, "more": null}'
    records = [plain] * 9
    for text in texts:
        bare = JSON_NUMBER.fullmatch(text) and not quoted
        value = text if bare else json.dumps(text)
        records.append(
            f'{{"money": 1, "more": [{value}, 2.5]}}'
            if listed
            else f'{{"money": {value}, "more": null}}'
        )
    records += [plain] * 3
    document = f'{{"rows": [{", ".join(records)}]}}'

    got = read_json(document, JSON, on_bad_value="null", batch_bytes=batch_bytes)

    if listed:
        found = [value[0] for value in got["more"].to_pylist()[9:-3]]
    else:
        found = got["money"].to_pylist()[9:-3]
    assert found == [exact(text) for text in texts]


@settings(max_examples=20, suppress_health_check=SHARED_FIXTURE)
@given(LISTS, st.integers(100, 400))
@example(list(WRAPPED), 400)
def test_xml_decimals_of_any_width_are_exact_or_refused(
    texts: list[str], batch_bytes: int
) -> None:
    rows = [f"<Row><Money>{text}</Money><Text>x</Text></Row>" for text in texts]
    document = f"<?xml version='1.0'?><Root>{''.join(rows)}</Root>"

    got = read(document, XML, on_bad_value="null", batch_bytes=batch_bytes)

    assert got["Money"].to_pylist() == [exact(text) for text in texts]


@settings(suppress_health_check=SHARED_FIXTURE)
@given(NUMERALS, st.sampled_from([":{},", ': "{}"\r\n', "[{},", ":\t{} }}"]))
@example("4e32", ":{},")
@example("\\u0034e32", ':"{}"}}')
@example("4\\u002b32", ':"{}"}}')
def test_arrow_is_given_no_json_number_that_it_would_read_wrongly(
    text: str, place: str
) -> None:
    plain = json.loads(f'"{text}"')
    try:
        read_at_once = pa.array([plain]).cast(pa.decimal128(38, 6))[0].as_py()
    except pa.ArrowInvalid:
        return
    if read_at_once != exact(plain):
        assert may_be_wide(place.format(text).encode())


@pytest.mark.parametrize(
    "text",
    [
        b'{"asin": "B00E412345", "sku": "1E5-7", "at": "2026-10-01T10:05:00+02:00"}',
        b'{"money": 1.25E7, "less": 1.0E-4, "id": 12345678901234567890123456789012}',
        b'{"size": "E", "title": "sale e pepe, 5e", "html": "\\u003cb\\u003e"}',
        b'{"name": "\\u00e95", "other": ":\\u20e1111", "more": " 7\\u30e9999"}',
    ],
)
def test_json_as_it_is_commonly_written_goes_to_arrow(text: bytes) -> None:
    assert not may_be_wide(text)


def test_a_block_with_lists_of_plain_decimals_is_still_read_by_arrow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parsed: list[object] = []
    watched = native._parsed

    def counting(*others: object) -> object:
        parsed.append(watched(*others))  # type: ignore[arg-type]  # passed on as it is
        return parsed[-1]

    monkeypatch.setattr(native, "_parsed", counting)
    record = '{"money": 1.5, "more": [1.25E7, 2]}'
    document = f'{{"rows": [{", ".join([record] * 40)}]}}'

    got = read_json(document, JSON, batch_bytes=400)

    assert got["more"].to_pylist()[-1] == [Decimal(12500000), Decimal(2)]
    assert any(parsed)

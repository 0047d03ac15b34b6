"""JSON report documents: tables, types, bad values, fields, and what is refused."""

from __future__ import annotations

import gzip
import json
import re
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.catalog import Column, ReportType, Table, lookup
from spreports.errors import DecodeError, DecompressError, ParseError
from spreports.fetch.document import open_batches, table_names
from spreports.fetch.findings import Findings
from spreports.fetch.json import columns
from spreports.fetch.json import native as json_native
from spreports.fetch.json import records as json_records
from spreports.fetch.kernel.sandbox import kernel_is_there
from spreports.fetch.read_options import ReadOptions
from tests.fetch.json_reports import found, json_type, opener, read_json, table

KIND = json_type(
    table("byDate", day="date", n="int64", d="decimal", f="float64", t="timestamp"),
    table("byAsin", asin="string", b="boolean", o__n="int64", o__p__d="decimal"),
)
DOCUMENT = """{"reportSpecification": {"reportType": "GET_TEST", "n": 1, "x": 1.50},
 "byDate": [
  {"day": "2020-09-06", "n": 9007199254740993, "d": 0.10, "f": 0.1,
   "t": "2020-09-06T00:00Z"},
  {"day": null, "n": -1, "d": 12345678901234567890.123456, "f": 3}],
 "byAsin": [{"asin": "0012", "b": true, "o": {"n": 1, "p": {"d": 1.5E+2}}},
  {"asin": "", "b": false, "o": {"p": null}}, {"asin": "x", "o": null}]}"""
MANY = [{"asin": f"A{i}", "b": i % 2 == 0, "o": {"n": i}} for i in range(20_000)]


def test_a_table_has_its_types_exactly() -> None:
    rows = read_json(DOCUMENT, KIND).to_pylist()
    assert rows == [
        {
            "day": date(2020, 9, 6),
            "n": 9007199254740993,
            "d": Decimal("0.100000"),
            "f": 0.1,
            "t": datetime(2020, 9, 6, tzinfo=UTC),
        },
        {
            "day": None,
            "n": -1,
            "d": Decimal("12345678901234567890.123456"),
            "f": 3.0,
            "t": None,
        },
    ]


def test_objects_become_dotted_columns_or_structs() -> None:
    flat = read_json(DOCUMENT, KIND, table="byAsin")
    assert flat.schema.names == ["asin", "b", "o.n", "o.p.d"]
    assert flat.schema.field("o.p.d").type == pa.decimal128(38, 6)
    assert flat["asin"].to_pylist() == ["0012", "", "x"]
    assert flat["o.p.d"].to_pylist() == [Decimal(150), None, None]
    nested = read_json(DOCUMENT, KIND, table="byAsin", nested="struct")
    assert nested["o"].to_pylist() == [
        {"n": 1, "p": {"d": Decimal(150)}},
        {"n": None, "p": None},
        None,
    ]


def test_lists_are_lists_of_structs_also_below_lists() -> None:
    kind = json_type(
        table("c", id="string", a_s__x="string", a_s__p__n="int64", a_s__b_s__d="date")
    )
    items = [{"x": "1", "p": {"n": 5}, "b": [{"d": "2026-01-02"}]}, {"x": "2", "b": []}]
    rows = [{"id": "i", "a": items}, {"id": "j", "a": []}, {"id": "k"}] * 500
    flat = read_json({"c": rows}, kind, batch_bytes=2000)
    assert flat.schema.names == ["id", "a"]
    first = [
        {"x": "1", "p.n": 5, "b": [{"d": date(2026, 1, 2)}]},
        {"x": "2", "p.n": None, "b": []},
    ]
    assert flat["a"].to_pylist() == [first, [], None] * 500
    nested = read_json({"c": rows}, kind, nested="struct")
    assert nested["a"][0].as_py()[0]["p"] == {"n": 5}


def test_any_table_in_any_order_of_keys() -> None:
    turned = json.dumps(dict(reversed(json.loads(DOCUMENT).items())))
    assert read_json(turned, KIND)["n"].to_pylist() == [9007199254740993, -1]
    assert read_json(turned, KIND, table="byAsin").num_rows == 3
    assert table_names(opener(turned.encode()), KIND) == ("byDate", "byAsin")


def test_a_table_that_the_document_lacks_has_no_rows() -> None:
    document = {"byAsin": [{"asin": "x"}], "other": [{"z": "1"}]}
    findings = Findings()
    lacking = read_json(document, KIND, table="byDate", findings=findings)
    assert (lacking.num_rows, lacking.schema.names[0]) == (0, "day")
    assert findings.missing_tables == ("byDate",)
    assert findings.missing_columns == ()
    assert read_json(document, KIND)["asin"].to_pylist() == ["x"]
    assert read_json(document, KIND, table="other")["z"].to_pylist() == ["1"]
    with pytest.raises(ValueError, match="no table 'more'"):
        read_json(document, KIND, table="more")


def test_empty_arrays_are_tables_without_rows() -> None:
    got = read_json({"byDate": [], "byAsin": []}, KIND, typed=True)
    assert got.num_rows == 0
    assert got.schema.field("n").type == pa.int64()
    assert read_json('{"rows":[]}').num_rows == 0


@pytest.mark.parametrize(
    "document", ['{"errorDetails":"too long"}', "{}", "[1,2]", '{"byDate": null}']
)
def test_a_message_in_place_of_a_report_is_an_error(document: str) -> None:
    with pytest.raises(ParseError, match="no table"):
        read_json(document, KIND)


@pytest.mark.parametrize(
    "document",
    [
        '{"errors": [{"code": "InvalidInput", "message": "too old"}]}',
        '{"errors": ["too old"]}',
        '{"error": "too old"}',
        '{"error": {"code": "InvalidInput", "message": "too old"}}',
        '{"errorDetails": [{"message": "too old"}]}',
        '{"reportSpecification": {}, "errorDetails": "too old"}',
        '["too old"]',
    ],
)
def test_the_words_of_an_error_in_place_of_a_report_are_quoted(document: str) -> None:
    with pytest.raises(ParseError, match="it says 'too old'"):
        read_json(document, KIND)


@pytest.mark.parametrize("key", ["errors", "errorDetails"])
def test_errors_in_place_of_a_report_that_nobody_knows_are_quoted(key: str) -> None:
    document = json.dumps({key: [{"message": "too old"}]})
    with pytest.raises(ParseError, match=f"say 'too old': .*table='{key}' reads them"):
        read_json(document, lookup("GET_OF_NOBODY"))


@pytest.mark.parametrize(
    "document",
    [
        '[{"message": "for Jane", "sku": "A"}]',
        '{"orders": [{"message": "for Jane"}]}',
        '{"message": "for Jane", "sku": "A"}',
    ],
)
def test_rows_of_persons_in_place_of_a_table_are_not_quoted(document: str) -> None:
    kind = replace(KIND, restricted=True)
    with pytest.raises(ParseError, match="no table") as caught:
        read_json(document, kind)
    assert "Jane" not in str(caught.value)


def test_the_errors_of_a_call_are_no_table_of_a_type_that_nobody_knows() -> None:
    error = {"code": "Unauthorized", "message": "Access denied", "details": ""}
    kind = lookup("GET_OF_NOBODY")
    with pytest.raises(ParseError, match="Amazon's errors stand in the report"):
        read_json(json.dumps({"errors": [error]}), kind)
    asked_for = read_json(json.dumps({"errors": [error]}), kind, table="errors")
    assert asked_for.to_pylist() == [error]
    own = [{"code": "E1", "sku": "A"}]
    assert read_json(json.dumps({"errors": own}), kind).to_pylist() == own


def test_both_shapes_of_the_coupon_report() -> None:
    coupons = lookup("coupons")
    seller = {"coupons": [{"couponId": "c", "asins": [{"asin": "B0"}], "budget": 1.10}]}
    got = read_json(seller, coupons)
    assert got["asins"].to_pylist() == [[{"asin": "B0"}]]
    assert got["budget"].to_pylist() == [Decimal("1.1")]
    asin = {"asin": "B1", "discountAmount": 5}
    vendor = {
        "reportSpecification": {},
        "campaigns": [{"campaignId": "x", "coupons": [{"clips": 2, "asins": [asin]}]}],
    }
    got = read_json(vendor, coupons)
    inner = got["coupons"][0].as_py()[0]
    assert inner["clips"] == 2
    assert inner["asins"][0]["discountAmount"] == Decimal(5)


def test_unknown_keys_stay_as_text_and_are_named() -> None:
    document = (
        '{"byAsin": [{"asin": "x", "new": 1.10, "o": {"n": 1, "q": true},'
        ' "l": [1, {}]}, {"asin": "y", "new": "t", "z": {"a": null, "b": 5}, "e": {}}]}'
    )
    findings = Findings()
    got = read_json(document, KIND, table="byAsin", findings=findings)
    assert got["new"].to_pylist() == ["1.10", "t"]
    assert got["o.q"].to_pylist() == ["true", None]
    assert got["l"].to_pylist() == ["[1,{}]", None]
    assert got["z.b"].to_pylist() == [None, "5"]
    assert got["e"].to_pylist() == [None, "{}"]
    assert set(findings.unknown_columns) == {"new", "o.q", "l", "z.a", "z.b", "e"}
    assert findings.missing_columns == ("b", "o.p.d")


def test_a_key_that_comes_late_is_counted_or_rescued(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_records, "LOOK_AHEAD", 50)
    rows = [{"asin": "x"}] * 9 + [{"asin": "y", "late": 1.50}]
    document = {"byAsin": rows}
    findings = found(document, KIND, table="byAsin")
    assert (findings.unplaced, findings.bad_cells) == ({"late": 1}, {})
    kept = read_json(document, KIND, table="byAsin", on_bad_value="rescue")
    assert kept["_rescued"].to_pylist() == [None] * 9 + ['{"late": "1.5"}']


def test_late_keys_are_named_in_the_log_once_each_unless_they_are_kept(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(json_records, "LOOK_AHEAD", 50)
    late = [{"asin": "y", "late": "secret", "in": {"a": 1}}] * 2
    rows = [{"asin": "x"}] * 9 + late
    more = [{f"k{n}": 1 for n in range(30)}]

    read_json({"byAsin": rows}, KIND, table="byAsin")
    said = [record.getMessage() for record in caplog.records]
    caplog.clear()
    read_json({"byAsin": rows}, KIND, table="byAsin", on_bad_value="rescue")
    kept = [*caplog.records]
    read_json({"byAsin": rows[:9] + more}, KIND, table="byAsin")

    assert sorted(line.split(" are left out")[0] for line in said) == [
        "2 values of 'in'",
        "2 values of 'late'",
    ]
    assert "on_bad_value='rescue'" in said[0]
    assert "secret" not in "".join(said)
    assert not kept
    assert len(caplog.records) == 21
    assert caplog.records[-1].getMessage().startswith("values of 10 more names")


@pytest.mark.slow
def test_more_keys_than_a_table_may_have_are_refused() -> None:
    most = [{f"k{n}": n for n in range(5_000)}]
    assert read_json(most, json_type()).num_columns == 5_000
    keys = {f"k{n}": n for n in range(5_001)}
    for records in ([keys], [{"o": keys}], [{key: 1} for key in keys]):
        with pytest.raises(ParseError, match="5001 keys, more than 5000"):
            read_json(records, json_type())


def test_an_optional_key_is_a_typed_column_only_where_it_occurs() -> None:
    kind = json_type(
        Table(
            name="rows",
            path="rows",
            columns=(
                Column(name="a"),
                Column(name="b.c", dtype="int64", optional=True),
                Column(name="l[].d", dtype="int64", optional=True),
            ),
        )
    )
    findings = Findings()
    bare = read_json('{"rows": [{"a": "1"}]}', kind, findings=findings)
    assert bare.to_pylist() == [{"a": "1"}]
    assert findings.missing_columns == ()
    assert read_json('{"rows": []}', kind).column_names == ["a"]

    # Of what stands in a list there may be none; it is a list all the same
    for nothing in ("[]", "null"):
        empty = read_json(f'{{"rows": [{{"a": "1", "l": {nothing}}}]}}', kind)
        assert empty.schema.field("l").type == pa.list_(pa.struct({"d": pa.int64()}))

    document = '{"rows": [{"a": "1", "b": {"c": 2}}, {"a": "2", "l": [{"d": 3}]}]}'
    full = read_json(document, kind)
    assert full.to_pylist() == [
        {"a": "1", "b.c": 2, "l": None},
        {"a": "2", "b.c": None, "l": [{"d": 3}]},
    ]


def test_types_that_the_catalogue_does_not_know_are_sniffed() -> None:
    document = (
        '{"info": {"a": 1}, "tags": ["x"], "rows": [{"id": 1.0, "o": {"k": "v"}}]}'
    )
    got = read_json(document)
    assert got.to_pylist() == [{"id": "1.0", "o.k": "v"}]
    kind = ReportType(report_type="GET_TEST", known=False)
    assert table_names(opener(document.encode()), kind) == ("rows",)
    assert read_json('[{"a": 1}, {"a": 2}]')["a"].to_pylist() == ["1", "2"]


def test_not_typed_gives_the_text_of_every_value() -> None:
    got = read_json(DOCUMENT, KIND, typed=False)
    assert got["d"].to_pylist() == ["0.10", "12345678901234567890.123456"]
    assert got["f"].to_pylist() == ["0.1", "3"]
    assert got["t"].to_pylist() == ["2020-09-06T00:00Z", None]


BAD = {
    "n": ["1.7", "9223372036854775808", "true", '"zzz"', "{}", "1e99", "[1]"],
    "d": ["0.1234567", "1e40", '"1,5"', "false"],
    "f": ['"zzz"', "true", "1e400"],
    "t": ['"2020-13-01T00:00Z"', "5", '"2020-09-06T00:00"'],
}


@pytest.mark.parametrize(
    ("column", "value"), [(c, v) for c, values in BAD.items() for v in values]
)
@pytest.mark.parametrize("place", [0, 700])
def test_a_value_that_does_not_fit_is_never_changed(
    column: str, value: str, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_records, "LOOK_AHEAD", 500)
    rows = [
        f'{{"n": {7 ** (i % 23)}, "d": {i}.5, "f": 2.5, "t": "2020-09-06T00:00Z"}}'
        for i in range(1000)
    ]
    rows[place] = f'{{"{column}": {value}}}'
    document = f'{{"byDate": [{", ".join(rows)}]}}'
    with pytest.raises(ParseError) as caught:
        read_json(document, KIND, batch_bytes=5000)
    assert (caught.value.row, caught.value.column) == (place + 1, column)
    assert value.strip('"') not in str(caught.value) or len(value) == 1
    findings = Findings()
    got = read_json(
        document, KIND, on_bad_value="rescue", batch_bytes=5000, findings=findings
    )
    assert findings.bad_cells == {column: 1}
    assert got[column].null_count == 1
    whole = [Decimal(i) + Decimal("0.5") for i in range(1000)]
    assert [d for i, d in enumerate(got["d"].to_pylist()) if i != place] == [
        d for i, d in enumerate(whole) if i != place
    ]
    kept = json.loads(got["_rescued"][place].as_py())[column]
    assert kept == (json.loads(value) if value.startswith('"') else value)
    assert found(document, KIND, on_bad_value="null").bad_cells == {column: 1}


def test_a_whole_number_with_a_point_is_an_integer() -> None:
    document = '{"byDate": [{"n": 5.0}, {"n": 2e3}, {"n": "7"}, {"n": ""}, {"n": -0}]}'
    assert read_json(document, KIND)["n"].to_pylist() == [5, 2000, 7, None, 0]


def test_integers_with_a_point_are_not_read_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one_by_one: list[str] = []
    whole = columns._whole

    def counted(text: str) -> str:
        one_by_one.append(text)
        return whole(text)

    monkeypatch.setattr(columns, "_whole", counted)
    numbers = [*range(-1_000, 1_000)]
    written = [f"{n}.0" if n % 7 == 0 else str(n) for n in numbers]
    rows = ", ".join(f'{{"n": {text}}}' for text in written)

    got = read_json(f'{{"byDate": [{rows}]}}', KIND)

    assert got["n"].to_pylist() == numbers
    assert one_by_one == []


@pytest.mark.slow
@settings(max_examples=200)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    *("0", "1", "-", "+", ".", ".0", "e2", " ", "x", "_", "\u0661"),
                    *("9" * 18, "0" * 28, "nan"),
                ]
            ),
            max_size=4,
        ).map("".join),
        min_size=1,
        max_size=4,
    )
)
def test_a_text_is_the_same_integer_whatever_stands_in_its_column(
    texts: list[str],
) -> None:
    def typed(*texts: str) -> list[tuple[Any, Any]]:
        rows = [{"n": text} for text in texts]
        read = read_json({"byDate": rows}, KIND, on_bad_value="rescue")
        return [(row["n"], row["_rescued"]) for row in read.to_pylist()]

    # Beside a text that is none, each of them is read by itself
    alone = typed(*texts, "none")[:-1]
    assert typed(*texts) == alone
    assert [value for text in texts for value in typed(text, "1.0")[:1]] == alone
    for text, (value, _) in zip(texts, alone, strict=True):
        plain = re.fullmatch(r"[0-9eE.+-]+", text.strip())
        assert value is None or (plain and value == Decimal(text))


@pytest.mark.parametrize(
    "text",
    [
        *("sNaN", "-snan1", "NaN", "Infinity", "1_0", "1_000.0", "1e1_0", "_5.0"),
        *("\u0661\u0662", "\u0661.0", "\uff11\uff12", "1e\u0662", f"1e{'9' * 19}"),
    ],
)
def test_what_python_reads_and_json_does_not_is_no_integer(text: str) -> None:
    document = {"byDate": [{"n": "5.0"}, {"n": text}]}
    with pytest.raises(ParseError, match="record 2, column 'n'"):
        read_json(document, KIND)
    got = read_json(document, KIND, on_bad_value="rescue")
    assert got["n"].to_pylist() == [5, None]
    assert json.loads(got["_rescued"][1].as_py()) == {"n": text}


@pytest.mark.parametrize("zero", ["0e30", "0E-30", "0.0e999999999", "-0.0e-999"])
def test_nothing_is_an_integer_however_it_is_written(zero: str) -> None:
    document = f'{{"byDate": [{{"n": {zero}}}]}}'
    assert read_json(document, KIND)["n"].to_pylist() == [0]


def test_half_of_a_surrogate_pair_is_a_bad_value() -> None:
    document = r'{"byAsin": [{"asin": "\ud83d\ude00"}, {"asin": "a\ud83d"}]}'
    with pytest.raises(ParseError, match="record 2, column 'asin'"):
        read_json(document, KIND, table="byAsin")
    got = read_json(document, KIND, table="byAsin", on_bad_value="rescue")
    assert got["asin"].to_pylist() == ["😀", None]
    assert json.loads(got["_rescued"][1].as_py()) == {"asin": r'"a\ud83d"'}


@pytest.mark.parametrize("key", [r"\ud83d", r"a\udc00", r"\ude00\ud83d"])
@pytest.mark.parametrize("before", [0, 30_000])
@pytest.mark.parametrize("nested", ["flat", "struct"])
def test_half_of_a_surrogate_pair_in_a_key_is_an_error(
    key: str, before: int, nested: str
) -> None:
    sound = '{"asin": "a", "views": 1}, ' * before
    document = f'{{"byAsin": [{sound}{{"asin": "b", "x": {{"{key}": 1}}}}]}}'
    with pytest.raises(ParseError, match="surrogate"):
        read_json(document, KIND, table="byAsin", nested=nested)


@pytest.mark.parametrize("nested", ["flat", "struct"])
def test_a_nul_in_a_key_that_becomes_a_column_is_an_error(nested: str) -> None:
    document = r'{"byAsin": [{"asin": "b", "x": {"a\u0000b": 1, "a\u0000c": 2}}]}'
    with pytest.raises(ParseError, match="a key holds a NUL"):
        read_json(document, KIND, table="byAsin", nested=nested)


def test_document_fields_are_there_and_can_refuse() -> None:
    seen: list[Any] = []
    findings = Findings()
    read_json(DOCUMENT, KIND, findings=findings, on_fields=seen.append)
    assert seen == [findings.document_fields]
    spec = seen[0]["reportSpecification"]
    assert spec == {"reportType": "GET_TEST", "n": 1, "x": Decimal("1.50")}

    def refuse(_fields: object) -> None:
        raise LookupError("another window")

    with pytest.raises(LookupError, match="another window"):
        read_json(DOCUMENT, KIND, on_fields=refuse)


@pytest.mark.parametrize("records", ["[1]", "[null, {}]", '["a"]', "[[{}]]"])
@pytest.mark.parametrize("name", ["byDate", "byAsin"])
def test_a_known_table_of_anything_but_objects_is_an_error(
    records: str, name: str
) -> None:
    document = f'{{"byDate": [], "byAsin": {records}}}'

    with pytest.raises(ParseError, match="record 1 is no JSON object") as caught:
        read_json(document, KIND, table=name)

    assert caught.value.row == 1


@pytest.mark.parametrize("value", ['{"asin": "B1"}', '"B1"', "5", "false"])
@pytest.mark.parametrize("name", ["byDate", "byAsin"])
def test_a_known_table_that_is_no_array_is_an_error(value: str, name: str) -> None:
    tables = {"byDate": "[{}]", "byAsin": "[{}]", name: value}
    document = "{" + ", ".join(f'"{key}": {each}' for key, each in tables.items()) + "}"

    with pytest.raises(ParseError, match=f"'{name}' is no array of records"):
        read_json(document, KIND, table=name)


def test_null_in_the_place_of_a_known_table_is_a_table_without_rows() -> None:
    found = read_json('{"byDate": null, "byAsin": [{}]}', KIND, table="byDate")

    assert found.num_rows == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[]", []),
        ("-0", 0),
        ("1.10", Decimal("1.10")),
        ("7" * 5_000, Decimal("7" * 5_000)),  # Python refuses such an int
        ("1e99999999999999999999", "1e99999999999999999999"),
        ('{"a": [1, {"b": 2.5}]}', {"a": [1, {"b": Decimal("2.5")}]}),
    ],
)
def test_what_stands_beside_the_tables_is_as_python_has_it(
    text: str, value: object
) -> None:
    findings = Findings()

    read_json(f'{{"x": {text}, "byDate": []}}', KIND, findings=findings)

    assert findings.document_fields == {"x": value}


def test_numbers_beside_the_tables_take_no_memory_for_their_spelling() -> None:
    many = 200_000
    document = f'{{"x": [{"7," * many}7], "byDate": []}}'
    findings = Findings()
    tracemalloc.start()
    read_json(document, KIND, findings=findings)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert findings.document_fields["x"] == [7] * (many + 1)
    assert peak < 24 * many  # 8 are a list's, a text alone would be 50


@pytest.mark.parametrize("name", ["byDate", "byAsin"])
@pytest.mark.parametrize(
    ("text", "other", "message"),
    [
        ("]}", "]} x", "foreign bytes"),
        ("]}", "]}{}", "foreign bytes"),
        ("]}", "]", "cut short"),
        ("]}", '], "byAsin": []}', "twice"),
        ("]}", "],}", "a key"),
        ('"x", "o"', '"x" "o"', "sound"),
        ('"o": null', '"asin": null', "twice"),
        ('"o": null', '"o": NaN', "NaN"),
        ('"o": null', '"o": "\x01"', "sound"),
        ('"p": null}}, {"asin', '"p": null}} {"asin', "comma"),
        ('"p": null}}, {"asin', '"p": null}}, 5, {"asin', "no JSON object"),
        ('"p": null}}, {"asin', '"p": null}},, {"asin', "no JSON object"),
    ],
)
def test_what_is_no_json_is_an_error_in_any_table(
    name: str, text: str, other: str, message: str
) -> None:
    document = DOCUMENT.replace(text, other)
    assert document != DOCUMENT
    with pytest.raises(ParseError, match=message):
        read_json(document, KIND, table=name)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["byDate", "byAsin"])
@pytest.mark.parametrize(
    ("text", "other"),
    [('}, {"asin": "A19000"', '} {"asin": "A19000"'), ('"n": 19000', '"n": NaN')],
)
def test_a_fault_deep_inside_a_long_array_is_found(
    name: str, text: str, other: str
) -> None:
    document = json.dumps({"byDate": [], "byAsin": MANY})
    assert text in document
    with pytest.raises(ParseError):
        read_json(document.replace(text, other), KIND, table=name)
    floats = json_type(table("byAsin", asin="string", b="boolean", o__n="float64"))
    with pytest.raises(ParseError):
        read_json(document.replace(text, other), floats)


@pytest.mark.parametrize(
    "record",
    [
        '{"a":' * 101 + "1" + "}" * 101,
        '{"a":' + "[" * 50_000 + "]" * 50_000 + "}",
        '{"a":' + '{"a":' * 99_000,
    ],
)
def test_depth_is_bounded(record: str) -> None:
    for document in (f'{{"rows":[{record}]}}', f'{{"x":{record}, "rows":[]}}'):
        with pytest.raises(ParseError, match=r"deeper than 100|cut short"):
            read_json(document)
    assert read_json('[{"a":' + "[" * 99 + "]" * 99 + "}]").num_rows == 1


@pytest.mark.slow
def test_a_record_has_a_largest_size() -> None:
    record = '{"a":"' + "x" * (65 << 20) + '"}'
    with pytest.raises(ParseError, match="larger than 64 MiB"):
        read_json(f'{{"rows":[{record}]}}')


def test_a_long_number_is_a_bad_value_not_a_crash() -> None:
    document = {"byDate": [{"n": 1}]}
    text = json.dumps(document).replace("1", "1" * 10_000)
    with pytest.raises(ParseError, match="64 bits"):
        read_json(text, KIND)


def test_bytes_decide_what_a_document_is() -> None:
    bom = b"\xef\xbb\xbf" + DOCUMENT.encode()
    assert read_json(gzip.compress(bom), KIND, content_type="text/plain").num_rows == 2
    assert read_json(DOCUMENT.encode("utf-16"), KIND).num_rows == 2
    with pytest.raises(DecodeError):
        read_json(DOCUMENT.replace("0012", "é").encode("latin-1"), KIND)
    with pytest.raises(DecompressError):
        read_json(gzip.compress(DOCUMENT.encode())[:-5], KIND)
    with pytest.raises(ParseError, match=r"All requests failed\."):
        read_json("All requests failed.\n", KIND)
    with pytest.raises(ParseError, match="served as JSON"):
        read_json('"a",1\n', KIND)


@pytest.mark.slow
def test_the_native_way_and_the_careful_way_agree(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [
        {"day": "2026-01-02", "n": i, "d": i / 8, "f": i / 7, "t": "2026-01-02T03:04Z"}
        for i in range(5_000)
    ]
    document = {"byDate": rows, "byAsin": MANY[:6_000]}
    for name in ("byDate", "byAsin"):
        for nested in ("flat", "struct"):
            how: dict[str, Any] = {"nested": nested, "batch_bytes": 50_000}
            native = read_json(document, KIND, table=name, **how)
            with monkeypatch.context() as patch:
                parser = json_native.NativeParser
                patch.setattr(parser, "columns", lambda _self, _block: None)
                careful = read_json(document, KIND, table=name, **how)
            assert native.equals(careful)
            assert native.num_rows == len(document[name])


def test_memory_stays_as_it_is_for_a_longer_document(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    path.write_text(json.dumps({"byAsin": MANY * 20}))
    assert path.stat().st_size > 18 << 20
    kernel_is_there()  # loaded once: not this document's memory
    reader = open_batches(lambda: path.open("rb"), KIND, ReadOptions(table="byAsin"))
    tracemalloc.start()
    rows = sum(batch.num_rows for batch in reader)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert rows == len(MANY) * 20
    assert peak < 14 << 20


@pytest.mark.slow
def test_a_refused_block_shifts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_records, "LOOK_AHEAD", 100)
    rows: list[dict[str, object]] = [{"n": 7 ** (i % 23), "d": i} for i in range(300)]
    rows[150]["n"] = "no number"
    for size in range(100, 180, 3):
        got = read_json(
            {"byDate": rows}, KIND, on_bad_value="null", batch_bytes=size, step=1000
        )
        assert got["d"].to_pylist() == list(range(300)), size


@pytest.mark.slow
@pytest.mark.parametrize("nested", ["flat", "struct"])
def test_half_a_pair_is_rescued_wherever_it_stands(nested: str) -> None:
    half = '"Jane ' + chr(92) + 'ud83d"'
    kind = json_type(table("rows", a="string", parts_s__b="string"))
    record = '{"a": "x", "parts": [{"b": "y"}]}'
    odd = [
        f'{{"a": "x", "late": {half}}}',
        f'{{"a": "x", "parts": {half}}}',
        f'{{"a": "x", "parts": [{half}]}}',
    ]
    document = f'{{"rows": [{", ".join([record] * 40_000 + odd)}]}}'

    got = read_json(document, kind, on_bad_value="rescue", nested=nested)

    kept = [json.loads(text) for text in got["_rescued"].to_pylist()[-3:]]
    assert [list(each.values()) for each in kept] == [["Jane \ud83d"]] * 3
    assert [list(each) for each in kept] == [["late"], ["parts[]"], ["parts[]"]]


@pytest.mark.parametrize("nested", ["flat", "struct"])
def test_a_key_of_the_name_that_is_ours_has_a_number(nested: str) -> None:
    document = {"rows": [{"a": "x", "_rescued": "mine", "n": "many"}]}
    kind = json_type(table("rows", a="string", n="int64"))

    got = read_json(document, kind, on_bad_value="rescue", nested=nested)

    assert got.to_pylist() == [
        {"a": "x", "n": None, "_rescued_2": "mine", "_rescued": '{"n": "many"}'}
    ]


@pytest.mark.parametrize("nested", ["flat", "struct"])
def test_a_key_without_a_name_is_named_as_such_a_header_is(nested: str) -> None:
    document = {"rows": [{"a": "x", "": "y", " ": "z", "column_2": "w"}]}

    findings = Findings()

    got = read_json(document, nested=nested, findings=findings)

    assert got.to_pylist() == [
        {"a": "x", "column_3": "y", "column_4": "z", "column_2": "w"}
    ]
    # What is new is told by the names that columns have: a sync compares them
    assert findings.unknown_columns == ("a", "column_3", "column_4", "column_2")

"""What is protected is protected in ``_rescued`` too, by name and by path."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any

import pyarrow as pa
import pytest

import spreports as spr
from spreports.lake.columns import HASHED
from spreports.lake.rescued import Rescued
from tests.lake.lakes import Lakeside

KEY = b"a key of sixteen or more bytes"
COLUMNS = pa.schema([("quantity", pa.int64()), ("buyer.name", pa.string())])


def lake_of(shore: Lakeside) -> spr.Lake:
    return spr.Lake(shore.url, storage_options=shore.options)


def rows(*rescued: str | None) -> pa.Table:
    texts = pa.array(rescued, pa.string())
    numbers = range(len(rescued))
    return pa.table(
        {"quantity": numbers, "note": list(map(str, numbers)), "_rescued": texts}
    )


def kept(shore: Lakeside) -> list[str | None]:
    found: list[str | None] = shore.scan().collect()["_rescued"].to_list()
    return found


def hashed(text: str) -> str:
    return hmac.new(KEY, text.encode(), hashlib.sha256).hexdigest()


def left_of(text: str, *names: str, key: bytes | None = None) -> str | None:
    found = Rescued(frozenset(names), key, COLUMNS, "here")
    (told,) = found.protected(pa.array([text]))[0].to_pylist()
    assert told is None or isinstance(told, str)
    return told


def test_protected_names_are_gone_from_rescued(shore: Lakeside) -> None:
    both = '{"quantity": "SECRET", "price": "1.10"}'
    only, other = '{"quantity": "SECRET"}', '{ "price":"x" }'
    shore.put("1", rows(both, None, only, other), day=0)
    shore.put("2", rows(None, other), day=1)
    lake = lake_of(shore)
    before = set(shore.data_files())

    # A name that stands nowhere else is known, and one file alone is written anew
    shore.put("3", rows('{"buyerEmail": "SECRET"}'), day=2)
    assert lake.protect(["buyerEmail"]) == (1, 1)
    assert before < set(shore.data_files())
    assert lake.protect(["quantity"]) == (3, 3)

    assert kept(shore) == ['{"price":"1.10"}', None, None, other, None, other, None]
    assert lake.protect(["quantity", "buyerEmail"]) == (0, 0)
    assert lake.check(deep=True), lake.check().problems
    for name in shore.data_files():
        assert b"SECRET" not in shore.bytes_of(name)


def people(*rescued: str | None) -> pa.Table:
    """Rows with columns whose paths have names above and below."""
    names = ["SECRET"] * len(rescued)
    return (
        rows(*rescued)
        .append_column("buyer.name", pa.array(names))
        .append_column("Item/Buyer", pa.array([[{"Mail": {"x": n}}] for n in names]))
    )


@pytest.mark.parametrize("key", [None, KEY])
@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("buyer", "buyer.name"),
        ("Item", "Item/Buyer"),
        ("Item[]/Buyer", "Item/Buyer"),
        ("Item/Buyer/Mail", "Item/Buyer"),
        ("Item/Buyer/Mail/x", "Item/Buyer"),
    ],
)
def test_a_name_above_or_within_columns_is_refused_before_anything_is_written(
    shore: Lakeside, name: str, column: str, key: bytes | None
) -> None:
    late = {"buyer.email": "S", "Item/Buyer": "S", "Item/Buyer/Mail/y": "S"}
    shore.put("1", rows('{"quantity": "S"}'), day=0, report_type="GET_OTHER")
    shore.put("2", rows(json.dumps(late)), day=0)
    shore.put("3", people(None, json.dumps(late)), day=1)
    before = shore.files()

    with pytest.raises(
        ValueError, match=f"{re.escape(repr(name))} is no column, .* '{column}': name"
    ):
        lake_of(shore).protect(["quantity", name], key=key)

    assert shore.files() == before


def test_a_name_above_columns_goes_with_them(shore: Lakeside) -> None:
    late = '{"buyer.email": "S", "Item/Buyer/Phone": "S", "buyer": "S"}'
    shore.put("1", people(None, late), day=0)
    lake = lake_of(shore)

    # What the nested column has no place for is in `_rescued` alone
    assert lake.protect(["Item/Buyer/Phone"]) == (1, 1)
    assert lake.protect(["buyer", "buyer.name"], key=KEY) == (1, 1)
    assert lake.protect(["buyer"], key=KEY) == (0, 0)

    told = json.loads(kept(shore)[1] or "")
    assert told == {"buyer.email": hashed("S"), "buyer": hashed("S")}
    with pytest.raises(ValueError, match=r"in 'buyer\.name'"):
        lake.protect(["buyer"])
    assert lake.protect(["buyer", "buyer.name", "Item/Buyer"]) == (1, 1)
    assert shore.scan().collect().columns == ["quantity", "note", "_rescued"]


@pytest.mark.parametrize("compacted", [False, True])
def test_a_column_that_was_dropped_is_done_the_next_night_though_longer_names_stay(
    shore: Lakeside, *, compacted: bool
) -> None:
    both = people(None).append_column("buyer", pa.array(["SECRET"]))
    shore.put("1", both, day=0)
    lake = lake_of(shore)
    assert lake.protect(["buyer"]) == (1, 1)
    shore.put("2", both, day=1)

    assert lake.protect(["buyer"]) == (1, 1)
    if compacted:
        lake.compact()

    assert lake.protect(["buyer"]) == lake.protect(["buyer"], key=KEY) == (0, 0)
    names = ["quantity", "note", "_rescued", "buyer.name", "Item/Buyer"]
    assert shore.scan().collect().columns == names
    # Of a report that never had it nobody can tell what was meant
    shore.put("3", people(None), day=2)
    with pytest.raises(ValueError, match=r"'buyer' is no column, .* 'buyer\.name'"):
        lake.protect(["buyer"])


def test_with_a_key_they_are_the_hashes_of_their_column(shore: Lakeside) -> None:
    text = '{"sku": "A-1", "price": "1.10", "late": ["a", "b"]}'
    table = rows(text, None).append_column("sku", pa.array(["B", "A-1"]))
    shore.put("1", table, day=0)
    lake = lake_of(shore)

    assert lake.protect(["sku", "late"], key=KEY) == (1, 1)
    assert lake.protect(["sku", "late"], key=KEY) == (0, 0)
    lake.protect(["note"], key=KEY)

    found = kept(shore)[0]
    assert shore.scan().collect()["sku"].to_list()[1] == hashed("A-1")
    assert json.loads(found or "") == {
        "sku": hashed("A-1"),
        "price": "1.10",
        "late": [hashed("a"), hashed("b")],
    }


def test_reports_that_an_earlier_version_protected_are_done_in_rescued(
    shore: Lakeside,
) -> None:
    said: dict[str, Any] = {HASHED: '["sku"]'}
    shore.put("1", rows('{"sku": "SECRET"}'), day=0, **said)
    lake = lake_of(shore)

    assert lake.protect(["sku"], key=KEY) == (1, 1)
    assert lake.protect(["sku"], key=KEY) == (0, 0)

    assert json.loads(kept(shore)[0] or "") == {"sku": hashed("SECRET")}


@pytest.mark.parametrize("compacted", [False, True])
def test_what_is_no_json_is_an_error_and_stays(
    shore: Lakeside, *, compacted: bool
) -> None:
    for day, text in enumerate(('{"sku": "A"}', "SECRET, no JSON", '{"sku": "B"}')):
        shore.put(str(day), rows(text), day=day)
    lake = lake_of(shore)
    if compacted:
        lake.compact()
    names = shore.data_files()

    with pytest.raises(spr.SinkError, match="is no JSON object, so nobody") as caught:
        lake.protect(["sku"])

    assert "SECRET" not in str(caught.value)
    assert any(name.rpartition("/")[2] in str(caught.value) for name in names)
    lake.protect(["_rescued"], key=KEY)
    assert hashed("SECRET, no JSON") in kept(shore)
    assert lake.protect(["note"], key=KEY)[0] > 0
    assert hashed("SECRET, no JSON") in kept(shore)


@pytest.mark.parametrize(
    ("text", "names", "left"),
    [
        # Below what is protected, in JSON's and XML's paths
        ('{"buyer.email": "S", "b": "1"}', ["buyer"], '{"b":"1"}'),
        ('{"Item/Buyer/@id": "S", "b": "1"}', ["Item[]/Buyer"], '{"b":"1"}'),
        # A column of its own is no part of another
        ('{"buyer.name": "x"}', ["buyer"], '{"buyer.name": "x"}'),
        ('{"quantity": "x"}', ["quantity.unit"], '{"quantity": "x"}'),
        ('{"buyers": "x", "abuyer": "y"}', ["buyer"], '{"buyers": "x", "abuyer": "y"}'),
        # Inside of what stands there as JSON, numbers as they were
        (
            r'{"buyer": "{\"email\":\"S\",\"n\":1.10}"}',
            ["buyer.email", "buyer.phone"],
            r'{"buyer":"{\"n\":1.10}"}',
        ),
        (
            r'{"lines": ["[{\"mail\":\"S\"},{\"n\":1}]", "{\"n\":2}"]}',
            ["lines.mail"],
            r'{"lines":["[{},{\"n\":1}]","{\"n\":2}"]}',
        ),
        (r'{"a": "{\"b.c\":{\"d\":\"S\"}}"}', ["a.b.c.d"], r'{"a":"{\"b.c\":{}}"}'),
        (r'{"a": "{\"n\":1.10}"}', ["a.b"], r'{"a": "{\"n\":1.10}"}'),
        # In the place of its parts
        ('{"buyer": "S"}', ["buyer.email", "buyer.phone"], None),
        # Of other writers
        ('{"a": {"b": "S", "n": 1e400}, "n": null}', ["a.b", "n"], '{"a":{"n":1e400}}'),
        ('{"a": 5, "b": [1, {"c": 2}]}', ["a", "b.c"], '{"b":[{}]}'),
    ],
)  # fmt: skip
def test_paths_are_found_wherever_their_values_stand(
    text: str, names: list[str], left: str | None
) -> None:
    assert left_of(text, *names) == left


def test_a_value_of_two_names_is_hashed_once() -> None:
    text = json.dumps({"buyer": "S", "a": '{"b":{"c":"S"}}', "n": 5, "z": None})

    told = left_of(text, "buyer.x", "buyer.y", "a.b", "a.b.c", "n", "z", key=KEY)

    assert json.loads(told or "") == {
        "buyer": hashed("S"),
        "a": json.dumps({"b": hashed('{"c":"S"}')}, separators=(",", ":")),
        "n": hashed("5"),
        "z": None,
    }


def test_half_a_character_is_hashed_like_any_other_text() -> None:
    told = json.loads(
        left_of(r'{"a": "\ud83d", "b": "\ud83c"}', "a", "b", key=KEY) or ""
    )

    assert [len(told["a"]), len(told["b"])] == [64, 64]
    assert told["a"] != told["b"]


@pytest.mark.parametrize(
    "text", ["", "[]", '"a"', '{"a": 1} 2', '{"a": 1, "a": 2}', "{"]
)
def test_only_an_object_of_distinct_names_is_understood(text: str) -> None:
    with pytest.raises(spr.SinkError, match="here: the column '_rescued' holds"):
        left_of(text, "a")

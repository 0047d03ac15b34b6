"""The kernel reads lists and objects in place of texts as the careful way does."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.errors import ParseError
from spreports.fetch.json.kernel_records import KernelRecords
from tests.drawing import SHARED_FIXTURE
from tests.fetch.json_reports import read_json
from tests.fetch.json_styles import HOSTILE, KIND, LAYOUTS, PLAIN, Style, compare
from tests.fetch.test_kernel_records import ways_of

pytestmark = pytest.mark.usefixtures("by_kernel", "small_blocks")

SOUND = [
    "[]",
    "{}",
    "[ ]",
    "{\n}",
    "[1, 2.50,-3e5 ,0]",
    '["a b", "größe", "ランプ", "", " , ] "]',
    r'["a \"b\" c", "\\", "[\"", "\n\t\r\b\f"]',
    "[null, true,false]",
    '[[1], [], [[ "x" ]]]',
    '{"a": 1, "b" : { "a": [1, {"c": null}] }}',
    '[{"a": 1}, {"a": 2}]',
    json.dumps(dict.fromkeys(map(str, range(32)))),
    "[" * 8 + "]" * 8,
]


@LAYOUTS
@pytest.mark.parametrize("value", SOUND)
def test_the_kernel_reads_a_list_or_an_object_where_a_column_has_text(
    style: Style, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = ways_of(monkeypatch)
    whole = [("s", value), *PLAIN[1:]]
    document = style.document([*[PLAIN] * 20, whole, PLAIN, *[whole] * 5, PLAIN])
    read = compare(document)
    assert set(used) == {KernelRecords}
    assert isinstance(read, pa.Table)
    texts = read["s"].to_pylist()
    assert json.loads(texts[20]) == json.loads(value)
    assert [texts.index(texts[20]), texts.count(texts[20])] == [20, 6]
    compare(document, typed=False, batch_bytes=100)


def test_numbers_in_a_list_are_as_they_were_written_and_blanks_are_gone() -> None:
    value = '[ 1.50 ,\n\t2e3, "a  b" , {"k" : [ ]} ]'
    rows = ", ".join([f'{{"s": {value}}}'] * 9)
    document = f'{{"rows": [{rows}]}}'
    assert set(read_json(document, KIND)["s"].to_pylist()) == {
        '[1.50,2e3,"a  b",{"k":[]}]'
    }


@HOSTILE
@pytest.mark.parametrize(
    "value",
    [
        '{"a": 1, "a": 2}',
        '[{"b": {"a": 1, "c": 2, "a": 2}}]',
        r'["a\/b"]',
        r'["\u00e9"]',
        r'["\ud83d"]',
        r'{"a\"": 1}',
        json.dumps(dict.fromkeys(map(str, range(33)))),
        "[" * 9 + "]" * 9,
        "[" * 101 + "]" * 101,
        *("[1,]", "[,1]", "[1 2]", "[1", "[1}", "[01]", "[NaN]", "[nul]", "[1.]"),
        *('{"a"}', '{"a":}', '{"a" 1}', '{"a":1,}', '{,"a":1}', '{"a":1 "b":2}'),
        *("{1:2}", "{a:1}", '{"a":1]', '["a]', '["a\n"]', r'["\x"]', '["\\"]'),
    ],
)
def test_the_kernel_declines_what_is_unsound_or_read_in_another_way(
    style: Style, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = ways_of(monkeypatch)
    odd = [("s", value), *PLAIN[1:]]
    for records in ([*[PLAIN] * 30, odd, PLAIN], [*[PLAIN] * 30, *[odd] * 3]):
        compare(style.document(records))
    assert used[0] is KernelRecords
    assert len({*used}) > 1


@HOSTILE
@pytest.mark.parametrize("key", ["n", "d", "f", "b", "t"])
@pytest.mark.parametrize("value", ["[1]", "{}", "[]", '{"a": 1}'])
def test_a_list_or_an_object_in_a_typed_column_is_a_bad_value(
    style: Style, key: str, value: str
) -> None:
    odd = [(name, value if name == key else own) for name, own in PLAIN]
    document = style.document([*[PLAIN] * 30, odd, PLAIN])
    compare(document)
    compare(document, on_bad_value="rescue")
    with pytest.raises(ParseError, match=rf"record 31, column '{key}'"):
        read_json(document, KIND)


LETTERS = st.characters(exclude_categories=["Cs"])
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(LETTERS, max_size=6),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(LETTERS, max_size=3), inner, max_size=4)
    ),
    max_leaves=8,
)


@st.composite
def written(draw: st.DrawFn) -> str:
    """Return any value as some program would print it."""
    return json.dumps(
        draw(ANYTHING),
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, 0, 3, "\t"])),
    )


@pytest.mark.slow
@settings(max_examples=150, suppress_health_check=SHARED_FIXTURE)
@given(st.lists(written(), min_size=1, max_size=9), st.integers(1, 400))
def test_any_value_reads_the_same_both_ways(texts: list[str], batch_bytes: int) -> None:
    rows = ",".join(f'{{"n": 1, "s": {text}, "f": 1}}' for text in texts)
    compare(f'{{"rows": [{rows}]}}'.encode(), batch_bytes=batch_bytes)


@pytest.mark.slow
@settings(max_examples=300, suppress_health_check=SHARED_FIXTURE)
@given(st.text(st.sampled_from('[]{},:"\\ \n1a-.etrunl'), max_size=12), st.booleans())
def test_any_text_in_place_of_a_value_ends_the_same_both_ways(
    text: str, opened: bool
) -> None:
    value = f"[{text}]" if opened else text
    rows = ",".join(['{"n": 1, "s": "a"}'] * 9 + [f'{{"n": 1, "s": {value}}}'])
    compare(f'{{"rows": [{rows}]}}'.encode())

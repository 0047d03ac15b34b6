"""The kernel reads lists of objects as the careful way does."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.catalog import Column, ReportType, Table
from spreports.errors import ParseError
from spreports.fetch.json.kernel_records import KernelRecords
from tests.drawing import SHARED_FIXTURE
from tests.fetch.json_reports import read_json
from tests.fetch.json_styles import HOSTILE, LAYOUTS, STYLES, Style, compare
from tests.fetch.test_kernel_records import ways_of

pytestmark = pytest.mark.usefixtures("by_kernel", "small_blocks")

KIND = ReportType(
    report_type="GET_TEST",
    format="json",
    tables=(
        Table(
            name="rows",
            path="rows",
            columns=(
                Column(name="id", dtype="int64"),
                Column(name="items[].asin"),
                Column(name="items[].units", dtype="int64"),
                Column(name="items[].price.amount", dtype="decimal"),
                Column(name="items[].price.currency"),
                Column(name="items[].days[].at", dtype="timestamp"),
                Column(name="items[].days[].share", dtype="float64"),
            ),
        ),
    ),
)
PLAIN = '{"asin": "B0", "units": 2, "price": {"amount": 1.50, "currency": "EUR"}}'
DAYS = '{"days": [{"at": "2026-10-05T01:02:03Z", "share": 0.5}, {"share": null}]}'


def records(*lists: str) -> list[list[tuple[str, str]]]:
    return [[("id", str(k)), ("items", text)] for k, text in enumerate(lists)]


@LAYOUTS
@pytest.mark.parametrize(
    "items",
    [
        *("[]", "[ ]", "null", f"[{PLAIN}]", f"[ {PLAIN} , {PLAIN}\n]", f"[{DAYS}]"),
        f"[{DAYS}, {PLAIN}, {DAYS}]",
        '[{"asin": null}]',
        '[{"asin": "a, b}, {[]\\" \\u00e9 \\/ \\ud83d\\ude00 größe"}]',
        '[{"units": "7", "asin": 1.50}, {"price": null}, {"price": {}}]',
        '[{"days": []}, {"days": null}, {"days": [{"at": null}]}]',
    ],
)
def test_the_kernel_reads_every_list_by_itself(
    style: Style, items: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = ways_of(monkeypatch)
    rows = records(*[f"[{PLAIN}]"] * 9, items, "[]", *[items] * 3, "null", f"[{DAYS}]")
    document = style.document([*rows, [("id", "9")], *rows])
    for options in ({"typed": False}, {"batch_bytes": 150}, {}):
        read = compare(document, KIND, **options)
        assert isinstance(read, pa.Table)
    assert set(used) == {KernelRecords}
    expected = json.loads(items)
    assert isinstance(read, pa.Table)
    got = read["items"].to_pylist()[9]
    assert got is expected is None or len(got) == len(expected)


@HOSTILE
@pytest.mark.parametrize(
    "items",
    [
        *("{}", "1", '"[]"', f"{PLAIN}", "[null]", "[1]", "[[]]", '["{}"]', "[{}]"),
        '"[{\\"asin\\": \\"B0\\"}]"',
        f"[{PLAIN}, null]",
        '[{"asin": "a"}, {}]',
        '[{"asin": "a", "asin": "b"}]',
        '[{"other": 1}]',
        '[{"": 1}]',
        '[{"asin": "a"}, {"": "", "asin": "b"}]',
        '[{"": "", "asin": "b"}]',
        '[{"asin": "\\ud83d"}]',
        '[{"units": 1.5}]',
        '[{"units": [1]}]',
        '[{"price": [1]}]',
        '[{"days": [{"at": "never"}]}]',
        '[{"days": [1]}]',
        *('[{"asin": "a"},]', '[{"asin": "a"} {}]', '[{"asin" "a"}]', '[{"asin": "a"'),
        *('[{"asin": "\\x"}]', '[{"units": 01}]', '[{"asin": "a"}}', "[,]"),
    ],
)
@pytest.mark.parametrize("rule", ["raise", "rescue", "null"])
def test_an_odd_list_is_read_or_refused_as_the_careful_way_has_it(
    style: Style, items: str, rule: str
) -> None:
    for around in ([f"[{PLAIN}]"] * 9, ["[]"] * 9, ["null"] * 9):
        document = style.document(records(*around, items, *around))
        compare(document, KIND, on_bad_value=rule)


def test_the_kernel_reads_lists_whose_values_do_not_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    used = ways_of(monkeypatch)
    odd = '{"units": "many", "price": {"amount": "free"}}'
    worse = f'[{PLAIN}, {{"days": [{{"at": "never"}}, {{"share": "x"}}]}}, {odd}]'
    rows = records(*[f"[{PLAIN}]"] * 9, worse, "[]", f"[{odd}, {odd}]", "null", worse)
    document = STYLES["compact"].document(rows * 3)
    for rule in ("null", "rescue"):
        compare(document, KIND, on_bad_value=rule)
    assert set(used) == {KernelRecords}


def test_a_bad_value_in_a_list_says_which_record_has_it() -> None:
    lists = [f"[{PLAIN}, {PLAIN}]"] * 30
    lists[20] = f'[{PLAIN}, {{"units": "many"}}]'
    document = json.dumps({"rows": []}).replace(
        "[]", ", ".join(f'{{"id": 1, "items": {text}}}' for text in lists).join("[]")
    )
    with pytest.raises(ParseError, match=r"record 21, column 'items\[\]\.units'"):
        read_json(document, KIND, batch_bytes=300)


VALUES: st.SearchStrategy[Any] = (
    st.none() | st.integers(-9, 9) | st.text(max_size=4) | st.just("2026-10-05")
)
DAY = st.fixed_dictionaries({}, optional={"at": VALUES, "share": VALUES})
ITEM = st.fixed_dictionaries(
    {},
    optional={
        "asin": VALUES,
        "units": VALUES,
        "price": st.none()
        | st.fixed_dictionaries({}, optional={"amount": VALUES, "currency": VALUES}),
        "days": st.none() | st.lists(DAY | st.none(), max_size=3),
        "": VALUES,
    },
)


@pytest.mark.slow
@settings(max_examples=200, suppress_health_check=SHARED_FIXTURE)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"id": st.integers(0, 9)},
            optional={"items": st.none() | st.lists(ITEM | VALUES, max_size=4)},
        ),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    st.integers(1, 500),
)
def test_any_lists_read_the_same_both_ways(
    rows: list[dict[str, Any]], indent: int | None, ascii_alone: bool, batch_bytes: int
) -> None:
    text = json.dumps({"rows": rows}, indent=indent, ensure_ascii=ascii_alone)
    document = text.encode("utf-8", "surrogatepass")
    for rule in ("raise", "rescue"):
        compare(document, KIND, on_bad_value=rule, batch_bytes=batch_bytes)

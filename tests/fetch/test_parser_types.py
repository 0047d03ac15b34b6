"""What the CSV parser types by itself is what its texts would have been typed to."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spreports.catalog import Column
from spreports.fetch.findings import Findings
from spreports.fetch.flat.block_rows import BlockRows
from spreports.fetch.flat.header import read_header
from spreports.fetch.flat.parse_flat import BlockParser
from spreports.fetch.flat.parser_types import ParserTypes
from spreports.fetch.flat.row_blocks import row_blocks
from spreports.fetch.kernel import sandbox
from spreports.fetch.typed import Typing
from tests.fetch.documents import entry

pytestmark = pytest.mark.usefixtures("each_way")

KIND = entry(
    Column(name="money", dtype="decimal"),
    Column(name="truth", dtype="boolean"),
    Column(name="day", dtype="date"),
    Column(name="at", dtype="timestamp"),
    Column(name="local", dtype="timestamp", formats=("%d.%m.%Y %H:%M:%S %Z", "iso")),
    Column(name="count", dtype="int64"),
    Column(name="text"),
)
SOUND = ("4.90", "true", "2026-10-01", "2026-10-01T10:05:00+00:00", "", "7", "x")
ODD = st.sampled_from(
    [
        *("", " ", "  7", "7 ", "1.0000000", "1.1234567", "1e3", "1E-7", "+.5", "5."),
        *(".", "-", "9" * 32, "9" * 33, "0x1F", "nan", "1,5", "TRUE", "tRuE", "yes"),
        *("0", "1", "no", "2026-10-01", "2026-02-30", "2026-10-01T10:05", "20261001"),
        *("2026-10-01T10:05:00", "2026-10-01 10:05:00Z", "2026-10-01T10:05:00.123Z"),
        *("2026-10-01T10:05:00.1234567Z", "2026-10-01T10:05:00+0230", "0000-01-01"),
        *("0001-01-01T00:00:00+01:00", "0000-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        *("01.10.2026 10:05:00 CEST", "2026-10-01T24:00:00Z", "null", "NA", '"7"'),
    ]
)
ROWS = st.lists(
    st.just(SOUND) | st.tuples(*[st.sampled_from(s) | ODD for s in zip(SOUND)]),
    max_size=12,
)


def read(
    text: bytes, types: ParserTypes | None, block_bytes: int = 60
) -> tuple[pa.Table, Findings]:
    """Read a document, by default in blocks of a row or two."""
    findings = Findings()
    header, rest = read_header(iter([text]), KIND)
    blocks = row_blocks(rest, header, block_bytes=block_bytes)
    typing = Typing(header, KIND, "rescue", findings)
    parser = BlockParser(header, KIND, empty_is_null=True, types=types)
    batches = BlockRows(parser, typing, findings).batches(blocks)
    return pa.Table.from_batches(batches, typing.schema), findings


@pytest.mark.slow
@given(rows=ROWS, times=st.sampled_from([1, 40]))
@example(rows=[SOUND, (*SOUND[:3], "0000-12-31T23:59:59Z", *SOUND[4:])], times=1)
@example(rows=[SOUND, ("1,5", *SOUND[1:]), ("0.1234560", *SOUND[1:])], times=40)
def test_typing_in_the_parser_changes_no_cell_and_no_finding(
    rows: list[tuple[str, ...]], times: int
) -> None:
    names = [column.name for column in KIND.columns()]
    lines = ["\t".join(row) for row in rows for _ in range(times)]
    lines = ["\t".join(names), *lines, ""]
    text = "\n".join(lines).encode()
    types = ParserTypes({column.name: column for column in KIND.columns()})

    at_once, found = read(text, types, 60 * times)
    by_text, expected = read(text, None, 60 * times)

    assert at_once.equals(by_text)
    assert found == expected


def test_only_what_arrow_reads_strictly_and_first_is_typed_in_the_parser() -> None:
    types = ParserTypes({column.name: column for column in KIND.columns()})

    assert set(types.asked.left) == {"money", "truth", "day", "at"}
    local = ParserTypes(types.columns, local=True)
    assert set(local.asked.left) == {"truth", "day", "at"}


@pytest.mark.parametrize(
    ("cells", "left"),
    [
        ({"money": "1,5"}, {"truth", "day", "at"}),
        ({"money": "1,5", "at": "yesterday"}, {"truth", "day"}),
        ({"at": "0000-12-31T23:59:59Z"}, set()),
        ({"day": "0000-12-31"}, set()),
    ],
)
def test_a_column_with_a_cell_at_fault_is_text_from_then_on(
    cells: dict[str, str], left: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_PAYS_FROM", 1 << 62)
    names = [column.name for column in KIND.columns()]
    row = dict(zip(names, SOUND, strict=True)) | cells
    text = "\n".join(["\t".join(names), "\t".join(row.values()), ""]).encode()
    types = ParserTypes({column.name: column for column in KIND.columns()})

    read(text, types)

    assert set(types.asked.left) == left

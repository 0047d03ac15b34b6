"""Cells in quotes are read by the kernel as Arrow's parser reads them, or declined."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spreports.catalog import Column
from spreports.fetch.flat.header import Quoting
from spreports.fetch.flat.kernel_rows import kernel_rows
from spreports.fetch.flat.parse_flat import BlockParser
from spreports.fetch.flat.row_blocks import _row_end_finder
from spreports.fetch.kernel.row_ends import RowEnds
from tests.fetch.documents import entry
from tests.fetch.test_kernel_rows import header, kernel, rows_of

pytestmark = pytest.mark.usefixtures("by_kernel")

PIECES = ["", "a", ",", ",,", " ", '"', '""', '"""', "\r", "\n", "\r\n", "é", "x" * 63]
LINE = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
CELL = st.lists(st.sampled_from(PIECES), max_size=4).map("".join)


def by_arrow(
    block: bytes, quoting: Quoting, width: int, *, empty_is_null: bool
) -> list[dict[str, str | None]] | None:
    """Return the rows that Arrow's parser reads, or None where it finds a fault."""
    names = [f"c{k}" for k in range(width)]
    parser = BlockParser(
        header(*names, quoting=quoting, delimiter=","),
        entry(),
        empty_is_null=empty_is_null,
    )
    parser._kernel = None
    parsed = parser.parse(block)
    if parsed.error is not None:
        return None
    return [row for batch in parsed.batches for row in batch.to_pylist()]


def by_kernel(
    block: bytes, quoting: Quoting, width: int, *, empty_is_null: bool
) -> list[dict[str, str | None]] | None:
    names = [f"c{k}" for k in range(width)]
    empty = ("",) if empty_is_null else ()
    reader = kernel_rows(header(*names, quoting=quoting, delimiter=","), {}, empty)
    assert reader is not None
    batch = reader.batch(block)
    if batch is None:
        return None
    batch.validate(full=True)
    rows: list[dict[str, str | None]] = batch.to_pylist()
    return rows


@pytest.mark.slow
@given(LINE, st.integers(1, 4), st.booleans(), st.sampled_from(list(Quoting)))
@example('"a""b",c\n', 2, True, Quoting.DOUBLED)
@example('""""', 1, False, Quoting.DOUBLED)
@example('"a"b,c', 2, False, Quoting.DOUBLED)
def test_any_text_is_read_as_arrow_reads_it_or_declined(
    text: str, width: int, empty_is_null: bool, quoting: Quoting
) -> None:
    block = text.encode()

    got = by_kernel(block, quoting, width, empty_is_null=empty_is_null)

    if got is not None:
        wanted = by_arrow(block, quoting, width, empty_is_null=empty_is_null)
        assert got == wanted


def in_quotes(cell: str) -> str:
    return f'"{cell.replace(chr(34), chr(34) * 2)}"'


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_program_writes_with_doubled_quotes_is_read_by_the_kernel(
    rows: list[list[str]], all_of_them: bool, end: str
) -> None:
    rows = [["key", *row] for row in rows]
    lines = [
        ",".join(
            in_quotes(cell) if all_of_them or set(cell) & set(',"\r\n') else cell
            for cell in row
        )
        for row in rows
    ]

    block = "".join(f"{line}{end}" for line in lines).encode()
    got = by_kernel(block, Quoting.DOUBLED, 4, empty_is_null=False)

    assert got == [{f"c{k}": cell for k, cell in enumerate(row)} for row in rows]


def test_quotes_at_every_place_of_a_vector_open_and_close() -> None:
    for size in range(140):
        cells = ("x" * size, "", '"' * (size % 3), f"{'y' * size},\n{size}")
        line = ",".join(map(in_quotes, cells))
        for block, rows in ((f"{line}\n{line}\n", 2), (line, 1)):
            got = by_kernel(block.encode(), Quoting.DOUBLED, 4, empty_is_null=False)
            assert (
                got == [dict(zip(("c0", "c1", "c2", "c3"), cells, strict=True))] * rows
            )


@pytest.mark.parametrize(
    "block",
    [
        'a,"b',
        'a,"b\n',
        'a,12" pan\n',
        'a, "b"\n',
        'a,"b" \n',
        'a,"b"c\n',
        '"a""b\n',
        f'{"x" * 63}"a",b\n',
        f'{"x" * 64}"a",b\n',
        f'{"x" * 62},"a"b\n',
        f'"{"x" * 62}"b,c\n',
    ],
)
def test_a_quote_elsewhere_than_around_a_cell_is_declined(block: str) -> None:
    options = {"empty_is_null": False}
    assert by_kernel(block.encode(), Quoting.DOUBLED, 2, **options) is None
    # what it says is data where quotes mean nothing
    assert by_kernel(b'12" pan,"b"\n', Quoting.OFF, 2, **options) == [
        {"c0": '12" pan', "c1": '"b"'}
    ]


@pytest.mark.parametrize("quoting", [Quoting.DOUBLED, Quoting.ENCLOSED])
def test_cells_in_quotes_are_typed_and_told_apart_in_one_pass(quoting: Quoting) -> None:
    columns = [
        Column(name="price", dtype="decimal"),
        Column(name="day", dtype="date", formats=("%m/%d/%Y",)),
        Column(name="state"),
    ]
    reader = kernel_rows(
        header("price", "day", "state", quoting=quoting),
        {column.name: column for column in columns},
        ("",),
        {"state"},
    )
    assert reader is not None
    line = '"4.90"\t"10/05/2026"\t"Shipped"\n" 5 "\t""\t""\n'

    batch = reader.batch(line.encode())

    assert batch is not None
    assert batch.column(0).to_pylist() == [Decimal("4.9"), Decimal(5)]
    assert batch.schema.types[1] == pa.date32()
    assert batch.column(2).type == pa.dictionary(pa.int32(), pa.string())
    assert batch.column(2).to_pylist() == ["Shipped", None]


@pytest.mark.parametrize(
    ("quoting", "cell"),
    [(Quoting.DOUBLED, '"12"" pan"'), (Quoting.ENCLOSED, '"12" pan"')],
)
def test_a_quote_inside_a_few_texts_is_one_quote(quoting: Quoting, cell: str) -> None:
    reader = kernel_rows(header("a", "b", quoting=quoting), {}, ("",), {"a"})
    assert reader is not None

    rows = rows_of(reader, f"{cell}\tx\n".encode() * 3)

    assert rows == [('12" pan', "x")] * 3


def test_only_an_enclosed_cell_loses_its_quotes() -> None:
    reader = kernel(Column(name="a"), Column(name="b"), quoting=Quoting.ENCLOSED)
    cells: Sequence[str] = ('"', '""', '"a', 'a"', ' "a"', '"a" b"', '"""')
    rows = rows_of(reader, "".join(f"{cell}\tx\n" for cell in cells).encode())
    assert rows is not None
    assert [row[0] for row in rows] == ['"', None, '"a', 'a"', ' "a"', 'a" b', '"']


@given(LINE, st.integers(0, 400))
@example('"a""\n",b\n"', 99)
@example('a,"b\n"\r', 99)
@example(f'{"x" * 63}\n"y\n', 99)
def test_the_last_row_ends_where_the_parser_says_or_nowhere(
    text: str, stop: int
) -> None:
    block = text.encode()
    stop = min(stop, len(block))

    got = RowEnds(",").last(block, stop)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RowEnds, "last", lambda *_: None)
        quoted = header("a", quoting=Quoting.DOUBLED, delimiter=",")
        wanted = _row_end_finder(quoted)(block, stop)
    assert got in {None, wanted}


def test_row_ends_of_quoted_rows_of_every_length_are_found() -> None:
    ends = RowEnds(",")
    for size in range(140):
        row = f'"{"x" * size}\n""","{"y" * (size % 7)}"\n'.encode()
        text = row * 3 + row[:-1]
        assert ends.last(text, len(text)) == 3 * len(row)
        assert ends.last(text, len(row) - 1) == 0

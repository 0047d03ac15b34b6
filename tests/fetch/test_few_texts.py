"""Columns of few texts may come as dictionaries: the same rows, told more shortly."""

from __future__ import annotations

import io
from collections.abc import Generator
from decimal import Decimal

import pyarrow as pa
import pytest

from spreports.catalog import Column, ReportType
from spreports.errors import ParseError
from spreports.fetch.document import open_batches
from spreports.fetch.flat.few_texts import few_texts, looked_into
from spreports.fetch.flat.header import Header, Quoting
from spreports.fetch.kernel.sandbox import kernel_pays
from spreports.fetch.read_options import ReadOptions
from tests.fetch.documents import UTF_8, entry

pytestmark = pytest.mark.usefixtures("each_way")

KIND = entry(
    Column(name="id"),
    Column(name="status"),
    Column(name="n", dtype="int64"),
    Column(name="empty"),
)
HEAD = "id\tstatus\tn\tempty\tmore\n"
CODED = pa.dictionary(pa.int32(), pa.string())


def document(rows: int, *, changes_at: int | None = None) -> bytes:
    """Write rows; from a place on, no status stands twice."""
    changes = rows if changes_at is None else changes_at
    return (
        HEAD
        + "".join(
            f"{k:08}\t{f's{k}' if k >= changes else 'é' * (k % 5)}\t{k % 3}\t\tx\n"
            for k in range(rows)
        )
    ).encode()


def read(text: bytes, *, coded: bool, kind: ReportType = KIND) -> pa.Table:
    """Read a document in blocks of 64 KiB."""
    return open_batches(
        lambda: io.BytesIO(text),
        kind,
        ReadOptions(coded=coded, batch_bytes=1 << 16),
        content_type=UTF_8,
    ).read_all()


def test_few_texts_come_as_dictionaries_and_others_as_they_are() -> None:
    table = read(document(30_000), coded=True)

    types = dict(zip(table.schema.names, table.schema.types, strict=True))
    assert types["id"] == pa.string()
    assert types["n"] == pa.int64()
    assert types["status"] == types["empty"] == types["more"] == CODED


@pytest.mark.parametrize("changes_at", [None, 20_000])
def test_the_rows_are_the_same(changes_at: int | None) -> None:
    text = document(30_000, changes_at=changes_at)
    plain = read(text, coded=False)

    assert set(map(str, plain.schema.types)) == {"string", "int64"}
    assert read(text, coded=True).cast(plain.schema).equals(plain)


@pytest.mark.parametrize("places", [0, 3, 4])
def test_few_prices_come_as_dictionaries_by_the_kernel(places: int) -> None:
    kind = entry(Column(name="id"), Column(name="price", dtype="decimal"))
    few = ["0.00", "4.90", "4.9", "", "-1", "12345678901.123456"]
    cells = [few[n % 6] for n in range(40_000)]
    # later on more of them than the kernel tells apart
    cells[25_000:] = [f"{n % 10**places}.5" for n in range(15_000)]
    text = "id\tprice\n" + "".join(f"{n:08}\t{c}\n" for n, c in enumerate(cells))

    table = read(text.encode(), coded=True, kind=kind)
    plain = read(text.encode(), coded=False, kind=kind)

    coded = pa.dictionary(pa.int32(), plain.schema.field("price").type)
    by_kernel = kernel_pays(1)
    assert table.schema.field("price").type == (
        coded if by_kernel else coded.value_type
    )
    assert table.cast(plain.schema).equals(plain)
    assert plain["price"].to_pylist() == [Decimal(c) if c else None for c in cells]


def test_a_text_among_few_prices_is_the_same_error() -> None:
    kind = entry(Column(name="id"), Column(name="price", dtype="decimal"))
    rows = "".join(
        f"{n:08}\t{'1.5' if n != 20_000 else 'free'}\n" for n in range(30_000)
    )

    for coded in (True, False):
        with pytest.raises(ParseError, match="data row 20001, column 'price'"):
            read(f"id\tprice\n{rows}".encode(), coded=coded, kind=kind)


def test_a_short_document_has_no_dictionaries() -> None:
    assert CODED not in read(document(100), coded=True).schema.types


def test_local_decimals_are_not_told_apart_but_texts_are() -> None:
    kind = entry(
        Column(name="status"), Column(name="fee", dtype="decimal"), local_decimals=True
    )
    rows = "".join(f"{'é' * (k % 5)}\t0,50\n" for k in range(30_000))
    text = f"status\tfee\n{rows}".encode()

    plain, coded = (read(text, coded=each, kind=kind) for each in (False, True))

    assert coded.schema.types == [CODED, pa.decimal128(38, 6)]
    assert coded.cast(plain.schema).equals(plain)


def test_a_bad_row_is_the_same_error() -> None:
    text = document(30_000) + b"one cell\n"
    for coded in (True, False):
        with pytest.raises(ParseError, match="data row 30001 has 1 cells"):
            read(text, coded=coded)


def test_a_text_that_was_looked_into_is_read_from_its_start_and_closed() -> None:
    closed = []

    def chunks() -> Generator[bytes, None, None]:
        try:
            for k in range(10):
                yield bytes([k]) * 40_000
        finally:
            closed.append(True)

    head, again = looked_into(chunks())
    assert len(head) == 256 << 10
    assert b"".join(again) == b"".join(bytes([k]) * 40_000 for k in range(10))
    assert closed == [True]
    head, again = looked_into(chunks())
    next(again)
    again.close()
    assert closed == [True, True]


def test_rows_with_a_delimiter_inside_quotes_are_not_counted() -> None:
    header = Header(
        names=("a", "b"),
        served=("a", "b"),
        line=b"a,b",
        delimiter=",",
        quoting=Quoting.DOUBLED,
        line_end=b"\n",
    )
    whole = b'"x","y"\n' * 100

    assert few_texts(whole, header, {}, decimals=True) == {"a", "b"}
    cut = b'"x,y","z"\n' * 100
    assert few_texts(cut, header, {}, decimals=True) == frozenset()
    assert few_texts(cut + whole, header, {}, decimals=True) == {"a", "b"}

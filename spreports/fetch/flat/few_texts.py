"""Which columns of a flat file are a few texts over and over, by its first rows."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from itertools import chain
from typing import Final

from spreports.catalog import Column
from spreports.fetch.flat.header import Header

__all__ = ["few_texts", "looked_into"]

# About a thousand rows of orders. A shorter document gains nothing
_LOOK_BYTES: Final = 256 << 10
_FEW: Final = 1 / 16


def looked_into(
    chunks: Generator[bytes, None, None],
) -> tuple[bytes, Generator[bytes, None, None]]:
    """Read the first 256 KiB of a text.

    Parameters
    ----------
    chunks : generator of bytes

    Returns
    -------
    bytes
        Empty for a text that is shorter.
    generator of bytes
        The same chunks from the first one on; closing it closes the others.
    """
    first: list[bytes] = []
    for chunk in chunks:
        first.append(chunk)
        if sum(map(len, first)) >= _LOOK_BYTES:
            break

    def again() -> Generator[bytes, None, None]:
        try:
            yield from chain(first, chunks)
        finally:
            chunks.close()

    head = b"".join(first)[:_LOOK_BYTES]
    return head if len(head) == _LOOK_BYTES else b"", again()


def few_texts(
    head: bytes,
    header: Header,
    columns: Mapping[str, Column | None],
    *,
    decimals: bool,
) -> frozenset[str]:
    """Return the columns that have at most one text in 16 rows.

    Rows in which a delimiter stands inside quotes are not counted.

    Parameters
    ----------
    head : bytes
        The first rows, the last of them cut anywhere.
    header : Header, m columns
    columns : mapping of str to Column or None
        By header name; None for a column that the catalogue does not know.
    decimals : bool
        Also columns of decimals, not only of text.

    Returns
    -------
    frozenset of str
    """
    rows = [
        line.removesuffix(b"\r").split(header.delimiter.encode())
        for line in head.split(header.line_end)[:-1]
    ]
    rows = [row for row in rows if len(row) == len(header.names)]
    wanted = {"string", "decimal"} if decimals else {"string"}
    distinct = [len(set(cells)) for cells in zip(*rows, strict=True)]
    return frozenset(
        name
        for name, count in zip(header.names, distinct, strict=False)
        if count <= _FEW * len(rows) and _dtype(columns.get(name)) in wanted
    )


def _dtype(column: Column | None) -> str:
    return "string" if column is None else column.dtype

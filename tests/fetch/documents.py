"""Small report types and documents for the tests of this room."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING, Any, BinaryIO

from spreports.catalog import Column, ReportType, Table
from spreports.fetch.document import open_batches
from spreports.fetch.read_options import ReadOptions

if TYPE_CHECKING:
    import pyarrow as pa

UTF_8 = "text/plain; charset=UTF-8"


def entry(*columns: Column, **facts: Any) -> ReportType:
    tables = (Table(name="rows", columns=columns),) if columns else ()
    facts.setdefault("format", "tsv")
    return ReportType(report_type="GET_TEST", tables=tables, **facts)


def opener(stored: bytes) -> Callable[[], BinaryIO]:
    return lambda: io.BytesIO(stored)


def worded(**words: Any) -> dict[str, Any]:
    """Return arguments of `open_batches` of which some are words of its options."""
    own = {each.name for each in fields(ReadOptions)} & words.keys()
    options = ReadOptions(**{name: words.pop(name) for name in own})
    return {"options": options, **words}


def read(
    plain: bytes | str,
    kind: ReportType | None = None,
    *,
    compress: bool = True,
    **options: Any,
) -> pa.Table:
    """Read a document through the whole room."""
    data = plain.encode() if isinstance(plain, str) else plain
    options.setdefault("content_type", UTF_8)
    return open_batches(
        opener(gzip.compress(data) if compress else data),
        kind if kind is not None else entry(known=False, format=None),
        **worded(**options),
    ).read_all()


def flat(
    kind: ReportType,
    *rows: dict[str, str],
    delimiter: str = "\t",
    names: dict[str, str] | None = None,
    end: str = "\n",
) -> str:
    """Write a flat file with the catalogued columns that are not optional.

    `names` gives some of them another header, or adds columns.
    """
    columns = [c.name for c in kind.columns() if not c.optional]
    renamed = names or {}
    header = [renamed.get(name, name) for name in columns]
    columns += [name for name in renamed if name not in columns]
    header += [renamed[name] for name in columns[len(header) :]]
    lines = [header, *([row.get(name, "") for name in columns] for row in rows)]
    return "".join(delimiter.join(line) + end for line in lines)


def cells(table: pa.Table) -> list[list[Any]]:
    """Return the rows, without names."""
    columns = [column.to_pylist() for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]

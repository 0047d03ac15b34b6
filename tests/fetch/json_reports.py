"""Small JSON documents and report types for the tests, in the shapes Amazon serves."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, BinaryIO

from spreports.catalog import Column, ReportType, Table
from spreports.fetch.document import open_batches
from spreports.fetch.findings import Findings
from tests.fetch.documents import worded

if TYPE_CHECKING:
    import pyarrow as pa

STEPS = (None, 2, 4)


def json_type(*tables: Table, **facts: Any) -> ReportType:
    return ReportType(report_type="GET_TEST", tables=tables, format="json", **facts)


def table(name: str, **dtypes: str) -> Table:
    """Return a table; ``a__b`` stands for ``a.b``, ``a_s`` for ``a[]``."""
    columns = (
        Column(name=name.replace("__", ".").replace("_s", "[]"), dtype=dtype)
        for name, dtype in dtypes.items()
    )
    return Table(name=name, path=name, columns=tuple(columns))


class Dripping(io.BytesIO):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        super().__init__(data)
        self._step = step

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(self._step, size if size and size > 0 else self._step))


def opener(data: bytes, step: int | None = None) -> Callable[[], BinaryIO]:
    return lambda: Dripping(data, step) if step else io.BytesIO(data)


def read_json(
    document: object,
    kind: ReportType | None = None,
    *,
    step: int | None = None,
    **options: Any,
) -> pa.Table:
    """Read a document, given as bytes, text or a value, through the whole room."""
    data = document
    if not isinstance(data, bytes | str):
        data = json.dumps(data)
    if isinstance(data, str):
        data = data.encode()
    return open_batches(
        opener(data, step),
        kind or ReportType(report_type="GET_TEST", known=False),
        **worded(**options),
    ).read_all()


def found(document: object, kind: ReportType | None = None, **options: Any) -> Findings:
    findings = Findings()
    read_json(document, kind, findings=findings, **options)
    return findings

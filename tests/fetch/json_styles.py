"""How programs print JSON records, and the two ways to read them held to each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest

from spreports.catalog import ReportType
from spreports.errors import DocumentError
from spreports.fetch.findings import Findings
from spreports.fetch.json import native
from tests.fetch.json_reports import json_type, read_json, table

KIND = json_type(
    table(
        "rows",
        s="string",
        n="int64",
        d="decimal",
        f="float64",
        b="boolean",
        t="timestamp",
        o__m="int64",
        o__p="string",
        x_s="string",
    )
)
Pairs = Sequence[tuple[str, Any]]


class Style:
    """How a program prints JSON."""

    def __init__(
        self, comma: str, colon: str, opening: str, closing: str, between: str
    ) -> None:
        self.comma, self.colon = comma, colon
        self.opening, self.closing, self.between = opening, closing, between

    def record(self, pairs: Pairs) -> str:
        fields = self.comma.join(
            f'"{key}"{self.colon}{self.value(value)}' for key, value in pairs
        )
        return f"{{{self.opening}{fields}{self.closing}}}" if fields else "{}"

    def value(self, value: Any) -> str:
        return value if isinstance(value, str) else self.record(value)

    def document(self, records: Sequence[Pairs]) -> bytes:
        rows = self.between.join(map(self.record, records))
        return f'{{"a" : 1, "rows" : [ {rows} ], "z" : null }}'.encode()


STYLES = {
    "jackson": Style(",\n    ", " : ", "\n    ", "\n  ", ", "),
    "indented": Style(",\n  ", ": ", "\n  ", "\n ", ",\n "),
    "compact": Style(",", ":", "", "", ","),
    "python": Style(", ", ": ", "", "", ", "),
    "a line each": Style(", ", ": ", "", "", ",\n"),
    "windows": Style(",\r\n\t", " : ", "\r\n\t", "\r\n", ",\r\n"),
}
FEW = [STYLES[name] for name in ("jackson", "compact")]
HOSTILE = pytest.mark.parametrize("style", FEW, ids=["jackson", "compact"])
LAYOUTS = pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
PLAIN: Pairs = [
    ("s", '"blue kettle"'),
    ("n", "12"),
    ("d", "1.50"),
    ("f", "0.25"),
    ("b", "true"),
    ("t", '"2026-10-05T01:02:03Z"'),
    ("o", [("m", "-7"), ("p", '"x"')]),
]
INSIDE: Pairs = [("m", "-7"), ("p", '"x"')]


def outcome(read: Callable[[], pa.Table]) -> object:
    """Return a table, or what is wrong and where."""
    try:
        return read()
    except DocumentError as exc:
        row, column = getattr(exc, "row", None), getattr(exc, "column", None)
        return type(exc), row, column


def compare(document: bytes, kind: ReportType = KIND, **options: Any) -> object:
    """Read a document natively and with care alone; both must come to the same."""
    noted, told = Findings(), Findings()
    fast = outcome(lambda: read_json(document, kind, findings=noted, **options))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native.NativeParser, "columns", lambda _self, _block: None)
        careful = outcome(lambda: read_json(document, kind, findings=told, **options))
    if isinstance(careful, pa.Table):
        assert isinstance(fast, pa.Table), (fast, document)
        assert fast.equals(careful), document
        assert noted.bad_cells == told.bad_cells, document
    else:
        assert fast == careful, document
    return careful

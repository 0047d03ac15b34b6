"""Made-up XML documents of every catalogued shape, and a second way to read them.

The second way is the stdlib's tree of the whole document, walked column by column.
"""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from spreports.catalog import Column, ReportType, entries

XML_TYPES = [
    entry
    for entry in entries()
    if entry.format == "xml" and entry.tables and entry.tables[0].path
]
WORDS = ["Kettle", "Größe", "Salt & Co", "a < b", "]]>", "日本", "x>y", "it's", '12"']

Tree = dict[str, Any]
READ: dict[str, Callable[[str], Any]] = {
    "int64": int,
    "decimal": Decimal,
    "float64": float,
    "boolean": lambda text: text[0].lower() in "ty",
    "timestamp": lambda text: datetime.fromisoformat(text).astimezone(UTC),
}


def tree_of(columns: Iterable[Column]) -> Tree:
    """Return the columns as a tree of steps; leaves hold the column."""
    tree: Tree = {}
    for column in columns:
        inner = tree
        for step in column.name.split("/"):
            inner = inner.setdefault(step, {})
        inner[""] = column
    return tree


def document(entry: ReportType, seed: int, records: int) -> str:
    """Write a document of a catalogued type."""
    draw = random.Random(seed)  # noqa: S311 - seeded data, no secrets
    table = entry.tables[0]
    tree = tree_of(table.columns)
    *envelope, record = table.path.split("/")
    root, *between = envelope
    written = [_element(draw, record, tree) for _ in range(records)]
    if between:
        parts = [f"<{between[0]}>{each}</{between[0]}>" for each in written]
        head = "<Header><MerchantIdentifier>M_1</MerchantIdentifier></Header>"
    else:
        parts, head = written, ""
    body = head + draw.choice(["", "\n  ", "<!-- a > b < c -->"]).join(["", *parts, ""])
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{body}</{root}>\n'


def _element(draw: random.Random, name: str, tree: Tree) -> str:
    attributes = "".join(
        f" {step[1:]}={quoteattr(_text(draw, inner['']))}"
        for step, inner in tree.items()
        if step.startswith("@") and draw.random() < 0.9
    )
    children = []
    for step, inner in tree.items():
        if step and not step.startswith("@") and step != "text()":
            times = draw.randrange(4) if step.endswith("[]") else draw.random() < 0.9
            name_below = step.removesuffix("[]")
            children += [_element(draw, name_below, inner) for _ in range(times)]
    column = tree.get("") or tree.get("text()", {}).get("")
    text = ""
    if column is not None and not children:
        plain = _text(draw, column)
        cdata = "]]>" not in plain and draw.random() < 0.1
        text = f"<![CDATA[{plain}]]>" if cdata else escape(plain)
    if not text and not children and draw.random() < 0.5:
        return f"<{name}{attributes} />"
    gap = draw.choice(["", "\n   ", "\r\n\t", "<?ours x?>"]) if children else ""
    return f"<{name}{attributes}>{text}{gap.join(['', *children, ''])}</{name}>"


def _text(draw: random.Random, column: Column) -> str:
    if draw.random() < 0.1:
        return ""
    match column.dtype:
        case "int64":
            return f"{draw.choice(['', ' ', chr(10)])}{draw.randrange(-9, 1000)}\t"
        case "decimal" | "float64":
            return f"{draw.randrange(-5000, 5000)}.{draw.randrange(100):02}"
        case "boolean":
            return draw.choice(["true", "false", "Y", "N", "Yes", "no"])
        case "timestamp":
            day = draw.randrange(1, 29)
            return f"2026-02-{day:02}T12:00:{draw.randrange(60):02}+01:00"
        case _:
            return " ".join(draw.choices(WORDS, k=draw.randint(1, 3)))


def count(entry: ReportType, data: bytes) -> int:
    """Count a document's records by the stdlib."""
    _, *steps = entry.tables[0].path.split("/")
    return len(ET.fromstring(data).findall("/".join(steps)))  # noqa: S314 - our own


def expected(entry: ReportType, text: str) -> list[Tree]:
    """Read a document by the stdlib, as rows."""
    table = entry.tables[0]
    root, *steps = table.path.split("/")
    tree = ET.fromstring(text.encode())  # noqa: S314 - our own document
    assert tree.tag == root
    fields = [(column.name.split("/"), column) for column in table.columns]
    return [_row(element, fields) for element in tree.findall("/".join(steps))]


def _row(element: ET.Element, fields: list[tuple[list[str], Column]]) -> Tree:
    row: Tree = {}
    lists: dict[str, list[tuple[list[str], Column]]] = {}
    for steps, column in fields:
        at = next((k for k, step in enumerate(steps) if step.endswith("[]")), None)
        if at is None:
            row["/".join(steps) or "text()"] = _value(element, steps, column)
            continue
        name = "/".join(steps[: at + 1]).removesuffix("[]")
        row[name] = []
        lists.setdefault(name, []).append((steps[at + 1 :], column))
    for name, inner in lists.items():
        found = element.findall(name)
        if inner[0][0]:
            row[name] = [_row(each, inner) for each in found]
        else:
            row[name] = [_value(each, [], inner[0][1]) for each in found]
    return row


def _value(element: ET.Element, steps: list[str], column: Column) -> Any:
    plain = [step for step in steps if step[0] != "@" and step != "text()"]
    found = element.find("/".join(plain)) if plain else element
    if found is None:
        return None
    attribute = steps[-1][1:] if steps and steps[-1][0] == "@" else None
    text = found.get(attribute) if attribute else found.text
    if not text:
        return None
    return READ.get(column.dtype, str)(text)

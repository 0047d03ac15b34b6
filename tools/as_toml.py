"""Write a report type in the TOML form of the catalogue.

What parse_entry reads back is equal. Values that are the default stay out, save those
of every entry's first lines; each column is one line, so that a change is one line too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

from spreports.catalog.entry import Column, Option, ReportType, Table

__all__ = ["as_toml"]

# Written also where they are the default: a reader wants to see them.
_ALWAYS: Final = frozenset({"restricted", "requestable", "schedulable", "deprecated"})
_MAPPINGS: Final = (
    "max_periods",
    "history_periods",
    "header_aliases",
    "marketplace_formats",
)


def as_toml(entry: ReportType) -> str:
    """Return the text of one catalogue file.

    Parameters
    ----------
    entry : ReportType

    Returns
    -------
    str
        TOML, ending in a line feed: a start for an own file, see
        ``Catalogue.with_file``.
    """
    blank = ReportType(report_type="")
    lines: list[str] = []
    for name in _plain_keys():
        value = getattr(entry, name)
        if value is None or (value == getattr(blank, name) and name not in _ALWAYS):
            continue
        lines.append(f"{name} = {_value(value)}")
    for option in entry.options:
        lines += ["", "[[options]]", *_fields(option)]
    for name in _MAPPINGS:
        mapping: Mapping[str, object] = getattr(entry, name)
        if mapping:
            lines += ["", f"[{name}]"]
            lines += [f"{_key(key)} = {_value(mapping[key])}" for key in mapping]
    for table in entry.tables:
        lines += ["", "[[tables]]", *_table(table)]
    return "\n".join(lines) + "\n"


def _plain_keys() -> list[str]:
    """Return the keys of single values, the sources last."""
    apart = {"known", "marketplace", "tables", "options", *_MAPPINGS}
    return [f.name for f in fields(ReportType) if f.name not in apart]


def _table(table: Table) -> list[str]:
    lines = [f"name = {_value(table.name)}"]
    if table.path:
        lines.append(f"path = {_value(table.path)}")
    if table.columns:
        lines.append("columns = [")
        lines += [f"  {{ {', '.join(_fields(c))} }}," for c in table.columns]
        lines.append("]")
    return lines


def _fields(one: Column | Option) -> list[str]:
    """Return ``key = value`` for what is not the default; a column's dtype always."""
    blank = type(one)(name="")
    return [
        f"{f.name} = {_value(getattr(one, f.name))}"
        for f in fields(one)
        if f.name == "dtype" or getattr(one, f.name) != getattr(blank, f.name)
    ]


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare else _value(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are TOML's, for what JSON escapes; DEL it leaves bare
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, Mapping):
        pairs = (f"{_key(key)} = {_value(one)}" for key, one in value.items())
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, Sequence):
        return f"[{', '.join(_value(one) for one in value)}]"
    return str(value)

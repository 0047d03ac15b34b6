"""Write data to stdout, as a table or as JSON lines; words go to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl


def say(text: str) -> None:
    """Write words for people to stderr, without control characters.

    Those that nobody can be told, on a full disk or with the reader gone, are dropped:
    the work goes on, and its exit code says how it ended.
    """
    with suppress(OSError):
        sys.stderr.write(f"{_tame(text)}\n")


def let_go() -> None:
    """Have all that is left to write go to nobody, at the interpreter's end as well."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(text: str) -> bool:
    """Write to stdout; tell whether somebody reads it.

    The reader that has gone, as `head` does, is nothing wrong: the work goes on, and
    its exit code says how it ended.
    """
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        let_go()
        return False
    return True


def write_text(text: str) -> None:
    """Write lines of text to stdout, without control characters."""
    _write(f"{_tame(text)}\n")


def plain(value: object) -> object:
    """Turn models into what JSON knows; times become ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        # A field that is kept out of repr (a signed URL) is kept out of here as well.
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.repr}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def write_json(value: object) -> bool:
    """Write one JSON line; tell whether somebody reads it."""
    text = json.dumps(plain(value), ensure_ascii=False, default=str)
    return _write(f"{text}\n")


def write_rows(
    rows: Iterable[object], columns: tuple[str, ...], *, as_json: bool
) -> int:
    """Write rows as JSON lines or as aligned text; return how many.

    Rows that nobody reads any longer are not asked for.

    Parameters
    ----------
    rows : iterable of models or mappings
    columns : tuple of str
        What the text shows; JSON lines hold everything.
    as_json : bool
    """
    if as_json:
        count = 0
        for row in rows:
            count += 1
            if not write_json(row):
                break
        return count
    cells = [columns]
    for row in rows:
        values = plain(row)
        known = values if isinstance(values, Mapping) else {}
        cells.append(tuple(_cell(known.get(name)) for name in columns))
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    for line in cells if len(cells) > 1 else ():
        padded = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        _write("  ".join(padded).rstrip() + "\n")
    return len(cells) - 1


def _cell(value: object) -> str:
    """Write one value without control characters, which a terminal would obey."""
    if value is None:
        return ""
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return _tame(text).replace("\n", " ")


def _tame(text: str) -> str:
    """Leave spaces where a terminal would obey; lines stay lines.

    So do bytes of file names that are no UTF-8, which the streams write as escapes.
    """
    return "".join(
        c if c.isprintable() or c == "\n" or "\udc80" <= c <= "\udcff" else " "
        for c in text
    )


def write_frame(frame: pl.DataFrame, *, as_json: bool) -> None:
    """Write a frame as JSON lines or as a table that fits."""
    if as_json:
        _write(frame.write_ndjson())
        return
    import polars  # noqa: ICN001, PLC0415 - heavy, and only when a frame is shown

    with polars.Config(
        tbl_rows=-1, tbl_cols=7, fmt_str_lengths=40, tbl_width_chars=120
    ):
        write_text(str(frame))

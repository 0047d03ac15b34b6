"""What a lake's own markers say of a feed: used where the ledger knows nothing of it.

Windows without data have no files and so no markers: those are asked for again, and no
document is downloaded for them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from spreports.lake.unpacked import markers
from spreports.ledger import LakeWindow, TableRows, WindowState
from spreports.plan.windows import Window, asked_end
from spreports.sync.calendar import window_name
from spreports.sync.roots import refuse_delta, table_root
from spreports.sync.stream import Kind, Stream

__all__ = ["cut_window", "others_in_lake", "windows_in_lake"]

_PREFIX = "spreports."


def windows_in_lake(
    stream: Stream, to: str, storage_options: Mapping[str, Any] | None
) -> tuple[LakeWindow, ...]:
    """Return the newest version of each window that is whole in the lake.

    Parameters
    ----------
    stream : Stream
    to : str
    storage_options : mapping or None

    Returns
    -------
    tuple of LakeWindow
        Committed ones; columns are not known from markers.

    Raises
    ------
    SinkError
        The lake cannot be read, a marker is damaged, or it is a Delta lake.
    """
    folders = _folders(stream)
    refuse_delta(stream, to, storage_options)
    found: dict[str, dict[str, _Held]] = {}
    for folder in folders:
        root = table_root(to, stream.entry.report_type, folder)
        for held in _held_in(root, storage_options):
            ours = held.note.get("account") == stream.account
            if ours and _is_of_feed(held.note, stream):
                table = held.note.get("table", folder or "rows")
                found.setdefault(held.report_id, {})[table] = held
    whole = [tables for tables in found.values() if len(tables) == len(folders)]
    newest: dict[str, LakeWindow] = {}
    for tables in whole:
        window = _window(stream, tables)
        if window is None:
            continue
        known = newest.get(window.name)
        if known is None or _version(window) > _version(known):
            newest[window.name] = window
    return tuple(newest.values())


def others_in_lake(
    stream: Stream, to: str, storage_options: Mapping[str, Any] | None
) -> Iterator[tuple[str, LakeWindow]]:
    """Yield account and window of each report of the same feed of another account.

    Raises
    ------
    SinkError
        As `windows_in_lake`.
    """
    folder = _folders(stream)[0]
    root = table_root(to, stream.entry.report_type, folder)
    for held in _held_in(root, storage_options):
        account = held.note.get("account", stream.account)
        if account != stream.account and _is_of_feed(held.note, stream):
            window = _window(stream, {folder or "rows": held})
            if window is not None:
                yield account, window


def _folders(stream: Stream) -> list[str | None]:
    """Return the tables that have a folder of their own; None for the only one."""
    names = [table.name for table in stream.entry.tables]
    return [*names] if len(names) > 1 else [None]


@dataclass(frozen=True, slots=True)
class _Held:
    """One table of one report, whole in the lake; its note without our prefix."""

    report_id: str
    note: Mapping[str, str]
    rows: int
    files: int


def _held_in(root: str, storage_options: Mapping[str, Any] | None) -> Iterator[_Held]:
    """Yield what a data root has of each report."""
    for marker in markers(root, storage_options=storage_options):
        yield _Held(
            report_id=marker.stem,
            note={
                name.removeprefix(_PREFIX): text
                for name, text in marker.note.items()
                if name.startswith(_PREFIX)
            },
            rows=sum(file.rows for file in marker.files),
            files=len(marker.files),
        )


def _is_of_feed(note: Mapping[str, str], stream: Stream) -> bool:
    """Whether a marker is of this feed, of whichever account: marketplaces, options.

    What Amazon made by itself is listed under marketplaces of its own choice.
    """
    try:
        asked = json.loads(note["request_key"])
        options = asked["reportOptions"]
        ids = asked["marketplaceIds"]
    except (KeyError, ValueError, TypeError):
        return False
    if stream.kind == Kind.LISTED:
        return True
    return bool(
        ids == sorted(stream.marketplace_ids) and options == dict(stream.options)
    )


def _window(stream: Stream, tables: Mapping[str, _Held]) -> LakeWindow | None:
    """Return one report's tables as a window."""
    first = next(iter(tables.values()))
    note = first.note
    try:
        created = datetime.fromisoformat(note["created_time"]).astimezone(UTC)
        span = _span(stream, json.loads(note["request_key"]))
    except (KeyError, ValueError, TypeError):
        return None
    if stream.kind == Kind.SNAPSHOT:
        name = created.date().isoformat()
    elif stream.kind == Kind.LISTED:
        name = note.get("report_document_id", "")
    elif span is None:
        return None
    else:
        name = window_name(span)
    dated = span if stream.kind == Kind.DATED else None
    return LakeWindow(
        name=name,
        start=dated.start if dated else None,
        end=dated.end if dated else None,
        state=WindowState.COMMITTED,
        report_id=first.report_id,
        report_document_id=note.get("report_document_id"),
        sha256=note.get("sha256"),
        created_time=created,
        tables={table: TableRows(held.rows, ()) for table, held in tables.items()},
        files=sum(held.files for held in tables.values()),
        item=note.get("version_of") if stream.kind == Kind.LISTED else None,
    )


def _span(stream: Stream, asked: Mapping[str, Any]) -> Window | None:
    """Return the half-open window of a request, as we cut it."""
    if asked.get("dataStartTime") is None or asked.get("dataEndTime") is None:
        return None
    start = datetime.fromisoformat(asked["dataStartTime"]).astimezone(UTC)
    end = datetime.fromisoformat(asked["dataEndTime"]).astimezone(UTC)
    return cut_window(stream, start, end)


def cut_window(stream: Stream, start: datetime, end: datetime) -> Window | None:
    """Return the half-open window of which a report was asked; None for no such."""
    for days in (0, 1):
        span = Window(start, end + timedelta(days=days))
        if asked_end(stream.entry, span, stream.options) == end:
            return span
    return None


def _version(window: LakeWindow) -> tuple[str, str]:
    made = window.created_time
    return made.isoformat() if made else "", window.report_id or ""

"""Where in a lake the rows of a report type lie, and how a lake is named."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from spreports.ledger import LakeWindow
from spreports.load.folders import check_writable
from spreports.load.urls import LOCAL, shown
from spreports.sync.stream import Stream

__all__ = [
    "data_roots",
    "lake_name",
    "refuse_unwritable",
    "root_name",
    "root_of",
    "root_url",
    "table_root",
    "tables_of",
]

# Source: s3fs, S3FileSystem; gcsfs, GCSFileSystem; adlfs, AzureBlobFileSystem
_SERVICES = ("endpoint_url", "account_name")
# Other names of one protocol. Source: fsspec.registry, known_implementations
_SAME = {"s3a": "s3", "gcs": "gs", "abfss": "abfs", "az": "abfs"}
# What fsspec takes away from a path of this machine, also without the two slashes
_HERE = re.compile(rf"\A(?:{'|'.join(LOCAL)}):(?://)?")


def table_root(to: str, report_type: str, table: str, tables: Collection[str]) -> str:
    """Return where the data root of one table lies.

    Parameters
    ----------
    to : str
        The lake: a path or any fsspec URL.
    report_type : str
    table : str
    tables : collection of str
        All that the lake keeps of the type.
    """
    return root_url(to, root_of(report_type, table, tables))


def root_of(report_type: str, table: str, tables: Collection[str]) -> str:
    """Name the data root of one of a type's tables: of several, each has its own."""
    return root_name(report_type, table if len(tables) > 1 else None)


def root_name(report_type: str, table: str | None) -> str:
    """Name a data root in its lake; `table` is None for the types with one table."""
    return report_type if table is None else f"{report_type}/{table}"


def root_url(to: str, root: str) -> str:
    """Return where a data root lies, by the lake's URL and its own name in it."""
    return f"{to.rstrip('/')}/{root}"


def data_roots(stream: Stream) -> Iterator[tuple[str, str]]:
    """Yield each table that the catalogue knows of a feed, and its data root's name."""
    entry = stream.entry
    names = [table.name for table in entry.tables] or [entry.table().name]
    for name in names:
        yield name, root_of(entry.report_type, name, names)


def tables_of(stream: Stream, known: Iterable[LakeWindow]) -> list[str | None]:
    """Return the tables that have a folder of their own; None for the only one."""
    names = [table.name for table in stream.entry.tables]
    names = names or sorted({name for window in known for name in window.tables})
    return [*names] if len(names) > 1 else [None]


def refuse_unwritable(
    streams: Iterable[Stream],
    to: str,
    format: str,  # noqa: A002 - as in `sink`
) -> None:
    """Raise a SinkError where nothing could be written to a lake on a local disk."""
    for stream in streams:
        for _, root in data_roots(stream):
            check_writable(root_url(to, root), beside=format != "delta")


def lake_name(
    to: str | os.PathLike[str], storage_options: Mapping[str, Any] | None = None
) -> str:
    """Return a name of the lake that is the same however its folder is written.

    No user, password or query of a URL is in it, nor a secret of the options: of these
    only what tells one service's buckets from another's, such as an endpoint.
    """
    text = os.fspath(to)
    if "::" in text:
        return shown(text).rstrip("/")
    path = _HERE.sub("", text)
    protocol, mark, rest = text.rpartition("://")
    if path != text or not mark:
        return os.path.realpath(os.path.expanduser(path))  # noqa: PTH111 - as fsspec
    name = f"{_SAME.get(protocol, protocol)}{mark}{rest}"
    options = {**(storage_options or {})}
    options |= dict(options.get("client_kwargs") or {})
    services = [str(options[name]) for name in _SERVICES if options.get(name)]
    return " at ".join([shown(name).rstrip("/"), *(shown(one) for one in services[:1])])

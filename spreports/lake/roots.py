"""Where in a lake the data roots lie.

::

    <lake>/<REPORT_TYPE>            of `client.sync`: a type with one table
    <lake>/<REPORT_TYPE>/<table>    of a type with several
    <lake>                          of `sink`: the folder it was given

A folder is a data root when markers lie beside it, in ``_spreports``; of a link to one,
beside what it leads to.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from spreports.catalog import ReportType
from spreports.errors import SinkError
from spreports.lake.place import Place
from spreports.load.no_data import NO_DATA
from spreports.load.target import DELTA_NOTES, STATE

__all__ = [
    "DataRoot",
    "all_roots",
    "by_type",
    "folders_there",
    "is_delta",
    "no_table",
    "read_by",
    "roots_of",
]

# So many folders are named in an error
SHOWN = 10
# Behind any other character polars looks for a Delta table's files under a quoted name.
# Source: pola-rs/polars, issue 20944
_PLAIN = re.compile(r"[\w!$&'()*+,./:;=@~-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class DataRoot:
    """One data root.

    Attributes
    ----------
    place : Place
    report_type, table : str or None
        As its folders say; None for the folder of a plain `sink`.
    """

    place: Place
    report_type: str | None = None
    table: str | None = None


def roots_of(lake: Place, entry: ReportType, table: str | None) -> list[DataRoot]:
    """Return the data roots that may hold a report type.

    Parameters
    ----------
    lake : Place
    entry : ReportType
    table : str or None
        The catalogue's first, or the only one, when left out.

    Returns
    -------
    list of DataRoot
        The folders of `sync` where there are any, else the lake itself if it is a
        data root; empty when neither is there.

    Raises
    ------
    ValueError
        There is no such table, or it must be said which.
    SinkError
        It is a Delta table, whose log says what counts.
    """
    own = lake.below(entry.report_type)
    tables = _marked(own)
    if tables:
        chosen = _table(entry, table, list(tables))
        return [DataRoot(own.below(chosen), entry.report_type, chosen)]
    if entry.report_type in _marked(lake):
        return [DataRoot(own, entry.report_type)]
    if _is_root(lake):
        return [DataRoot(lake)]
    names = sorted((t.name for t in entry.tables), key=lambda name: name != table)
    below = [each.below(name) for each in (own, lake) for name in names]
    _refuse_delta([place for place in (own, *below, lake) if is_delta(place)])
    return []


def folders_there(lake: Place, wanted: str) -> str:
    """Return how an error goes on that says which other folders a lake has."""
    entries = lake.entries()
    folders = sorted(
        name
        for name, is_folder in entries.items()
        if is_folder and "=" not in name and name[:1] != "_" and name != wanted
    )
    if not folders:
        return "" if entries else "; the folder is empty, or there is none"
    more = f" and {len(folders) - SHOWN} more" if len(folders) > SHOWN else ""
    return f"; there are {', '.join(folders[:SHOWN])}{more}"


def is_delta(place: Place) -> bool:
    """Tell whether a folder is a Delta table."""
    return bool(place.below("_delta_log").entries())


def read_by(table: str) -> str:
    """Return the call that reads a Delta table, by its URL."""
    more = "" if _PLAIN.fullmatch(table) else ", use_pyarrow=True"
    return f"polars.scan_delta({table!r}{more})"


def _refuse_delta(tables: list[Place]) -> None:
    """Raise where there is a Delta table: say who reads it."""
    if not tables:
        return
    first, *more = [table.name for table in tables]
    others = f"; others there: {', '.join(more)}" if more else ""
    raise SinkError(
        f"{first} is a Delta table: read it with {read_by(first)}:"
        " it has the newest version of each window alone; deltalake cares for it"
        + others,
        url=first,
    )


def all_roots(lake: Place) -> list[DataRoot]:
    """Return every data root of a lake.

    Raises
    ------
    SinkError
        There is none.
    """
    found = [DataRoot(lake)] if _is_root(lake) else []
    singles = _marked(lake)
    for name, is_folder in lake.entries().items():
        if not is_folder or name == STATE or "=" in name:
            continue
        own = lake.below(name)
        if name in singles:
            found.append(DataRoot(own, name))
        found += [DataRoot(own.below(t), name, t) for t in _marked(own)]
    known = {root.place.path for root in found}
    found += [
        DataRoot(lake.below(name), name)
        for name in singles
        if f"{lake.path}/{name}" not in known
    ]
    if not found:
        below = [lake.below(name) for name, folder in lake.entries().items() if folder]
        deeper = [
            own.below(name)
            for own in below
            for name, folder in own.entries().items()
            if folder and "=" not in name
        ]
        _refuse_delta([p for p in (lake, *below, *deeper) if is_delta(p)])
        raise SinkError(
            f"{lake.name} is no lake: no {STATE} folder lies in it or beside it",
            url=lake.name,
        )
    return _once(found) if lake.is_local else found


def by_type(roots: Sequence[DataRoot]) -> list[list[Place]]:
    """Put the tables of each type together; what plain sinks wrote stands alone."""
    found: dict[str, list[Place]] = {}
    for root in roots:
        name = root.place.url if root.table is None else str(root.report_type)
        found.setdefault(name, []).append(root.place)
    return list(found.values())


def _once(roots: list[DataRoot]) -> list[DataRoot]:
    """Leave out what is a second name, by a link, of a root that is there."""
    real = {root.place.path: os.path.realpath(root.place.path) for root in roots}
    linked = sorted(roots, key=lambda root: real[root.place.path] != root.place.path)
    first = {real[root.place.path]: root for root in reversed(linked)}
    return [root for root in roots if first[real[root.place.path]] is root]


def _is_root(place: Place) -> bool:
    """Tell whether markers lie beside a folder."""
    if "/" not in place.path:  # a bucket: nothing lies beside it
        return False
    notes = (".json", ".intent", NO_DATA)
    return any(name.endswith(notes) for name in place.state.entries())


def _marked(folder: Place) -> list[str]:
    """Return the data roots in a folder, by the markers beside them."""
    beside = [
        name
        for name, is_folder in folder.below(STATE).entries().items()
        if is_folder and name not in {"tmp", DELTA_NOTES}
    ]
    linked = {name for name in _links(folder) if _is_root(folder.below(name))}
    return [*beside, *sorted(linked.difference(beside))]


def _links(folder: Place) -> list[str]:
    """Return the names of the links in a folder, if it is on a disk and lists them."""
    unlisted = FileNotFoundError, NotADirectoryError, PermissionError
    with folder.refusals("list"), suppress(*unlisted):
        if folder.is_local:
            with os.scandir(folder.path or "/") as found:
                return [entry.name for entry in found if entry.is_symlink()]
    return []


def _table(entry: ReportType, table: str | None, there: list[str]) -> str:
    """Choose one of the tables that are there."""
    if table is None:
        known = [t.name for t in entry.tables if t.name in there]
        if known or len(there) == 1:
            return known[0] if known else there[0]
    elif table in there:
        return table
    raise no_table(entry, table, there)


def no_table(entry: ReportType, table: str | None, there: Iterable[str]) -> ValueError:
    """Return the error for a table that is not said, or not there; it says what is."""
    said = "say which" if table is None else f"there is no table {table!r}"
    if any(each.name == table for each in entry.tables):
        said = f"nothing of its table {table!r} is committed there, but of"
    return ValueError(f"{entry.report_type}: {said}: {', '.join(there)}")

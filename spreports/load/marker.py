"""What one sink call wrote, as a small JSON beside the data root.

``<parent>/_spreports/<root name>/<stem>.json`` is written last: while it is there,
its files are whole and are all of them. ``<stem>.intent`` lies there only while files
are being published, and names the process that publishes them and the marker to come;
one left by a killed process tells the next run what to clear. A store may carry it out
late: beside the marker that it names, with all files there, it says nothing.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spreports import owner
from spreports.errors import SinkError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "DAMAGE",
    "PREFIX",
    "DamagedError",
    "MarkedFile",
    "Marker",
    "check_stem",
    "conflict",
    "fingerprint",
    "intent_bytes",
    "intent_owner",
    "intent_paths",
    "is_announced",
    "is_stem",
    "marker_digest",
]

FORMAT = 1
# Of what we write down in a note, among what others may
PREFIX = "spreports."
# What reading a state file raises that is no JSON, or has other values than ours
DAMAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class DamagedError(SinkError):
    """A state file was had, and does not say what it should."""


@dataclass(frozen=True, slots=True)
class MarkedFile:
    """A file of a sink.

    Attributes
    ----------
    path : str
        Relative to the data root, with ``/``.
    rows, bytes : int
    """

    path: str
    rows: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Marker:
    """What one sink call wrote.

    Attributes
    ----------
    stem : str
    files : tuple of MarkedFile
        By path.
    partition_by : tuple of str
    schema : str
        `fingerprint` of the documents' columns.
    note : mapping of str to str
        The caller's.
    """

    stem: str
    files: tuple[MarkedFile, ...]
    partition_by: tuple[str, ...]
    schema: str
    note: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """Return the JSON; the same sink gives the same bytes."""
        return _json(
            {
                "format": FORMAT,
                "stem": self.stem,
                "rows": sum(f.rows for f in self.files),
                "bytes": sum(f.bytes for f in self.files),
                "files": [
                    {"path": f.path, "rows": f.rows, "bytes": f.bytes}
                    for f in self.files
                ],
                "partition_by": list(self.partition_by),
                "schema": self.schema,
                "note": dict(self.note),
            }
        )

    @classmethod
    def from_bytes(cls, stem: str, data: bytes) -> Marker:
        """Read a marker back.

        Parameters
        ----------
        stem : str
            Whose it should be.
        data : bytes

        Returns
        -------
        Marker

        Raises
        ------
        DamagedError
            Not a marker of this stem, or one that names other files than its own:
            what it names may be deleted, so nothing is believed.
        """
        try:
            raw = json.loads(data)
            files = tuple(
                MarkedFile(_own(stem, f["path"]), int(f["rows"]), int(f["bytes"]))
                for f in raw["files"]
            )
            if raw["format"] != FORMAT or raw["rows"] != sum(f.rows for f in files):
                raise ValueError
            return cls(
                stem=stem,
                files=files,
                partition_by=tuple(map(str, raw["partition_by"])),
                schema=str(raw["schema"]),
                note={str(k): str(v) for k, v in raw["note"].items()},
            )
        except DAMAGE:
            raise _unreadable(f"{stem}.json") from None


def conflict(note: Mapping[str, str], other: Mapping[str, str]) -> str | None:
    """Say why what has the same stem as a sink is not its older version, if it is not.

    Two accounts may have reports of the same id; the same report keeps its document and
    the time of its making, whatever its account is called. Files of one name may lie in
    many places, and one file be moved.

    Parameters
    ----------
    note, other : mapping of str to str
        Of what is there, and of the sink; what one of them does not tell is equal.

    Returns
    -------
    str or None
        To be read behind the stem.

    Source: Reports API v2021-06-30, Report.reportId ("unique only in combination with a
    seller ID").
    """

    def differ(name: str) -> bool:
        told = {each.get(PREFIX + name) for each in (note, other)}
        return len(told) > 1 and None not in told

    if differ("account") and (differ("report_document_id") or differ("created_time")):
        return (
            "is a report of another account there, and has the same id: keep the two "
            "accounts in folders of their own"
        )
    if differ("table"):
        return (
            f"is there with its table {note[PREFIX + 'table']!r}: give each table a "
            "folder of its own"
        )
    content = note.get(PREFIX + "content")
    alike = content is not None and content == other.get(PREFIX + "content")
    if differ("source") and not alike:
        return (
            "is there from another file of that name: rename one of them, or give each "
            "a folder of its own"
        )
    return None


def check_stem(stem: str) -> str:
    """Return a stem that is safe in a path.

    Parameters
    ----------
    stem : str

    Returns
    -------
    str
        The same.

    Raises
    ------
    ValueError
        Not ``[A-Za-z0-9][A-Za-z0-9._-]{0,199}``.
    """
    if not is_stem(stem):
        msg = "stem is 1 to 200 of A-Z a-z 0-9 . _ -, the first a letter or digit"
        raise ValueError(msg)
    return stem


def is_stem(name: str) -> bool:
    """Tell whether `check_stem` takes a name."""
    return _STEM.fullmatch(name) is not None


def fingerprint(schema: pa.Schema) -> str:
    """Return a hash of column names and types, in order.

    Parameters
    ----------
    schema : pyarrow.Schema

    Returns
    -------
    str
        SHA-256, hex.
    """
    columns = [[field.name, str(field.type)] for field in schema]
    return hashlib.sha256(_json(columns)).hexdigest()


def marker_digest(data: bytes) -> str:
    """Return the hash by which notes and compactions name a marker: SHA-256, hex."""
    return hashlib.sha256(data).hexdigest()


def intent_bytes(paths: Sequence[str], marker: bytes = b"") -> bytes:
    """Write down the files that may be there until a marker is, and by whom."""
    told = {"format": FORMAT, "files": sorted(paths), "owner": owner.mark()}
    return _json({**told, "marker": marker_digest(marker)})


def intent_paths(stem: str, data: bytes) -> list[str]:
    """Read `intent_bytes` back; DamagedError as in `Marker.from_bytes`."""
    try:
        return [_own(stem, path) for path in json.loads(data)["files"]]
    except DAMAGE:
        raise _unreadable(f"{stem}.intent") from None


def intent_owner(data: bytes) -> str | None:
    """Return whose `intent_bytes` are; None where they do not say."""
    whose = json.loads(data).get("owner")
    return whose if isinstance(whose, str) else None


def is_announced(data: bytes, marker: bytes) -> bool:
    """Tell whether a marker is the one that `intent_bytes` were written for."""
    try:
        return bool(json.loads(data).get("marker") == marker_digest(marker))
    except (ValueError, AttributeError, RecursionError):
        return False


def _own(stem: str, path: str) -> str:
    """Return a path that can only be a file of this stem below the root."""
    *folders, name = path.split("/")
    # As a pattern of its own it would be compiled for each report of a lake
    part = name.removeprefix(f"{stem}-").removesuffix(".parquet")
    is_ours = name == f"{stem}-{part}.parquet" and part.isascii() and part.isdigit()
    if is_ours and all(
        "=" in folder and "\\" not in folder and "\0" not in folder
        for folder in folders
    ):
        return path
    raise ValueError


def _unreadable(name: str) -> DamagedError:
    return DamagedError(
        f"_spreports holds a damaged {name}: delete it, and this report's files below"
        " the data root, then run again"
    )


def _json(value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1)
    return text.encode("utf-8", "surrogatepass") + b"\n"

"""Read what the document of a FATAL report says: a sentence, or a little JSON."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from spreports.api.answers import readable
from spreports.api.models import Report
from spreports.errors import APIError, DownloadError
from spreports.fetch.download import download
from spreports.reports.connection import Connection

__all__ = ["FatalReason", "fatal_reason"]

# A FATAL document is a sentence or a small JSON object; more is not read.
REASON_BYTES = 64 * 1024
REASON_CHARS = 1000
_REASON_KEYS = ("errorDetails", "errorMessage", "message", "reason")
# "Error", a tab and a sentence is no row
MOST_TABS = 1
_GAPS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


@dataclass(frozen=True, slots=True)
class FatalReason:
    """What a FATAL report's own document says, as far as it could be read.

    Attributes
    ----------
    text : str or None
        In one line; None when there is no document, or it says nothing.
    unread : str or None
        Of which document it could not be read, why, and what tries again.
    """

    text: str | None = None
    unread: str | None = None


def fatal_reason(
    report: Report, connection: Connection, *, restricted: bool
) -> FatalReason:
    """Read what the FATAL report's own document says.

    The report stays FATAL whatever its document says: that it cannot be had is told,
    and no failure of its own.

    Returns
    -------
    FatalReason
    """
    document_id = report.report_document_id
    if document_id is None:
        return FatalReason()
    with TemporaryDirectory(prefix="spreports-") as folder:
        path = Path(folder) / "reason"
        try:
            download(
                lambda: (
                    connection.api.get_report_document(
                        document_id, restricted=restricted
                    ).url
                ),
                path,
                clock=connection.clock,
                loopback=connection.loopback,
                max_bytes=1 << 20,
                lasting=False,
            )
        except (APIError, DownloadError) as exc:
            again = f"client.outcome({report.report_id!r}) tries again"
            why = f"report document {document_id}: {_clause(exc)}; {again}"
            return FatalReason(unread=why)
        text = _sentence(_plain(path.read_bytes()), restricted=restricted)
        return FatalReason(text)


def _clause(exc: APIError | DownloadError) -> str:
    """Return the first clause of an error, whose later ones advise on other calls."""
    said = _GAPS.sub(" ", str(exc.args[0]) if exc.args else "").partition("; ")[0]
    return readable(said).strip()[:REASON_CHARS]


def _plain(stored: bytes) -> str:
    """Undo gzip where the bytes are gzip, whatever Amazon called them."""
    if stored[:2] == b"\x1f\x8b":
        try:
            stored = zlib.decompressobj(31).decompress(stored, REASON_BYTES)
        except (zlib.error, gzip.BadGzipFile):
            return ""
    return stored[:REASON_BYTES].decode("utf-8", errors="replace")


def _sentence(text: str, *, restricted: bool) -> str | None:
    """Find the sentence in plain text or in JSON of unstable shape."""
    try:
        found = _in_json(json.loads(text)) or text
    except (ValueError, RecursionError):
        if _is_data(text, restricted=restricted):
            return None
        found = text
    return readable(_GAPS.sub(" ", found)).strip()[:REASON_CHARS] or None


def _is_data(text: str, *, restricted: bool) -> bool:
    """Whether a text may be rows of a report, which are not for errors and logs."""
    lines = [line for line in text.splitlines() if line.strip()]
    if text.lstrip().startswith("<"):
        return True
    if len(lines) < 2:
        return text.count("\t") > (0 if restricted else MOST_TABS)
    return restricted or any(
        len({line.count(mark) for line in lines}) == 1 and mark in text
        for mark in "\t,;|"
    )


def _in_json(value: object) -> str | None:
    """Return the first reason-like text in a JSON value."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return next((said for item in value if (said := _in_json(item))), None)
    if isinstance(value, dict):
        for key in (*_REASON_KEYS, "errors"):
            if key in value and (said := _in_json(value[key])):
                return said
    return None

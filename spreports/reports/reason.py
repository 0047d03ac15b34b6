"""Read what the document of a FATAL report says: a sentence, or a little JSON."""

from __future__ import annotations

import json
import re
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from spreports.api.answers import readable
from spreports.api.models import Report
from spreports.errors import (
    APIError,
    DecodeError,
    DecompressError,
    DownloadError,
)
from spreports.fetch.charsets import told_charset
from spreports.fetch.decode import decode
from spreports.fetch.download import download
from spreports.fetch.json.words import words_in
from spreports.fetch.plain_chunks import plain_chunks
from spreports.fetch.sniff import FLAT, sniff_format
from spreports.fetch.untold_charset import tried_charset
from spreports.reports.connection import Connection
from spreports.reports.request import legacy_charset

__all__ = ["FatalReason", "fatal_reason"]

# A FATAL document is a sentence or a small JSON object; more is not read.
REASON_BYTES = 64 * 1024
REASON_CHARS = 1000
# "Error", a tab and a sentence is no row
MOST_TABS = 1
# What a sentence of Amazon's speaks of, and a cell about a person does not
_OF_REPORTS = re.compile(
    r"\b(?:data|dates?|days?|errors?|exceed\w*|fail\w*|internal|invalid|marketplaces?|"
    r"options?|period|query|range|report\w*|requests?|requested|required|system|"
    r"service|throttled|unable|unavailable|unsupported|wrong)\b",
    re.IGNORECASE,
)
_OF_ROWS = re.compile(r"[\t|{}\[\]@]|[,;](?=\S)")
_LABEL = re.compile(r"([^:=]*)[:=]\s")
_ERROR_LABEL = re.compile(r"error|exception|fail|fatal|invalid", re.IGNORECASE)
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
        again = f"client.outcome({report.report_id!r}) tries again"
        try:
            stored = download(
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
            legacy = legacy_charset(report.marketplace_ids)
            text = _text(path, stored.content_type, legacy)
        except (APIError, DownloadError, DecompressError, DecodeError) as exc:
            if isinstance(exc, DecodeError):
                again = f"client.document({document_id!r}).save(path) keeps it"
            why = f"report document {document_id}: {_clause(exc)}; {again}"
            return FatalReason(unread=why)
        return FatalReason(_sentence(text, restricted=restricted))


def _clause(exc: Exception) -> str:
    """Return the first clause of an error, whose later ones advise on other calls."""
    said = _GAPS.sub(" ", str(exc.args[0]) if exc.args else "").partition("; ")[0]
    return readable(said).strip()[:REASON_CHARS]


def _text(path: Path, content_type: str | None, legacy: str | None) -> str:
    """Return what a document says; nothing where it is too long, or no text.

    Raises
    ------
    DecompressError, DecodeError
    """
    plain = b""
    with closing(plain_chunks(lambda: path.open("rb"))) as chunks:
        for chunk in chunks:
            plain += chunk
            if len(plain) > REASON_BYTES:
                return ""
    kind = sniff_format(plain)
    if kind not in {FLAT, "json"}:
        return ""
    charset = told_charset(plain, encoding=None, content_type=content_type)
    if charset is None:
        old = legacy if kind == FLAT else None
        charset = tried_charset(lambda: (each for each in [plain]), old)
    return b"".join(decode([plain], charset)).decode()


def _sentence(text: str, *, restricted: bool) -> str | None:
    """Find the sentence in plain text or in JSON of unstable shape."""
    try:
        value = json.loads(text)
        found = words_in(value, personal=restricted)
        rows = restricted or _has_records(value)
    except (ValueError, RecursionError):
        found, rows = None, _is_data(text, restricted=restricted)
    if found is None and rows:
        return None
    return readable(_GAPS.sub(" ", found or text)).strip()[:REASON_CHARS] or None


def _has_records(value: object) -> bool:
    """Whether a JSON value that says nothing holds rows."""
    parts = [value, *value.values()] if isinstance(value, dict) else [value]
    lists = [part for part in parts if isinstance(part, list)]
    return any(isinstance(each, list | dict) for part in lists for each in part)


def _is_data(text: str, *, restricted: bool) -> bool:
    """Whether a text may be rows of a report, which are not for errors and logs."""
    lines = [line for line in text.splitlines() if line.strip()]
    if text.lstrip()[:1] in {"{", "["} and len(text) > REASON_CHARS:
        return True  # JSON that is cut
    if restricted:
        return len(lines) > 1 or not _is_prose(text)
    if len(lines) < 2:
        return text.count("\t") > MOST_TABS
    return any(
        len({line.count(mark) for line in lines}) == 1 and mark in text
        for mark in "\t,;|"
    )


def _is_prose(line: str) -> bool:
    """Whether a line is plainly Amazon's: of reports, and neither cells nor a label."""
    label = _LABEL.match(line)
    if label is not None and not _ERROR_LABEL.search(label[1]):
        return False
    return bool(_OF_REPORTS.search(line)) and not _OF_ROWS.search(line)

"""What became of a report, and the error that says so."""

from __future__ import annotations

import gzip
import json
import re
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from spreports.api.models import ProcessingStatus, Report
from spreports.errors import (
    APIError,
    DownloadError,
    ReportCancelledError,
    ReportError,
    ReportFatalError,
)
from spreports.fetch.download import download
from spreports.reports.connection import Connection

# A FATAL document is a sentence or a small JSON object; more is not read.
REASON_BYTES = 64 * 1024
REASON_CHARS = 1000
_REASON_KEYS = ("errorDetails", "errorMessage", "message", "reason")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def has_no_data(report: Report) -> bool:
    """Whether a CANCELLED report most likely had no data.

    A cancellation on request is only possible before processing starts, so a report
    that was cancelled after its processing had started was cancelled by Amazon.

    Source: Reports API v2021-06-30, cancelReport ("Only reports with
    processingStatus=IN_QUEUE can be cancelled") and ProcessingStatus, CANCELLED.
    """
    return (
        report.processing_status == ProcessingStatus.CANCELLED
        and report.processing_start_time is not None
    )


def check_finished(report: Report, connection: Connection, *, restricted: bool) -> None:
    """Raise for a finished report that has no rows to give.

    Raises
    ------
    ReportFatalError
        With Amazon's reason where the report has a document that says it.
    ReportCancelledError
        Cancelled before processing started: on request.
    ReportError
        DONE, but without a document.
    """
    status = report.processing_status
    name = f"report {report.report_id} ({report.report_type})"
    if status == ProcessingStatus.FATAL:
        reason = fatal_reason(report, connection, restricted=restricted)
        said = f"Amazon says: {reason}" if reason else "Amazon gives no reason"
        raise ReportFatalError(
            f"{name} is FATAL; {said}; check the dates, the report options and how "
            "often this type may be asked for",
            report_id=report.report_id,
            reason=reason,
        )
    if status == ProcessingStatus.CANCELLED and not has_no_data(report):
        raise ReportCancelledError(
            f"{name} was CANCELLED before its processing started",
            report_id=report.report_id,
        )
    if status == ProcessingStatus.DONE and report.report_document_id is None:
        raise ReportError(
            f"{name} is DONE, but Amazon names no report document; ask again later",
            report_id=report.report_id,
        )


def fatal_reason(
    report: Report, connection: Connection, *, restricted: bool
) -> str | None:
    """Return what the FATAL report's own document says, in one line.

    Returns
    -------
    str or None
        None when there is no document, or it cannot be had: the report stays FATAL
        whatever its document says, so that failure is not one of its own.
    """
    document_id = report.report_document_id
    if document_id is None:
        return None
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
            )
        except (APIError, DownloadError):
            return None
        return _sentence(_plain(path.read_bytes()))


def _plain(stored: bytes) -> str:
    """Undo gzip where the bytes are gzip, whatever Amazon called them."""
    if stored[:2] == b"\x1f\x8b":
        try:
            stored = zlib.decompressobj(31).decompress(stored, REASON_BYTES)
        except (zlib.error, gzip.BadGzipFile):
            return ""
    return stored[:REASON_BYTES].decode("utf-8", errors="replace")


def _sentence(text: str) -> str | None:
    """Find the sentence in plain text or in JSON of unstable shape."""
    try:
        found = _in_json(json.loads(text))
    except (ValueError, RecursionError):
        found = text
    clean = _CONTROL.sub(" ", found or text).strip()
    return clean[:REASON_CHARS] or None


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

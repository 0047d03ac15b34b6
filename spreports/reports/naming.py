"""Name a report or its document: in errors, and in the names of files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from spreports.api.times import write_time
from spreports.errors import APIError, DocumentError, SPReportsError
from spreports.load.marker import is_stem

__all__ = ["digest", "file_stem", "name_report", "naming", "report_name"]


def digest(text: str) -> str:
    """Return a name of fixed form for any text."""
    return hashlib.sha256(text.encode()).hexdigest()


def file_stem(name: str) -> str:
    """Return a name as the stem of a file; one that cannot be goes by its digest."""
    return name if is_stem(name) else digest(name)[:32]


def report_name(constants: Mapping[str, object]) -> str:
    """Say which report it is, by its id, if there is one, and by its request.

    Parameters
    ----------
    constants : mapping
        The metadata columns, as far as they are known; see `request.metadata`.

    Returns
    -------
    str
        Such as "report 50001 of GET_X for DE, 2026-01-01T00:00:00Z to
        2026-02-01T00:00:00Z".
    """
    known = constants.get("report_id")
    name = f"report {known}" if known else "a report"
    name += f" of {constants.get('report_type')}"
    if constants.get("marketplace"):
        name += f" for {constants['marketplace']}"
    times = [constants.get(f"data_{each}_time") for each in ("start", "end")]
    told = [write_time(each) for each in times if isinstance(each, datetime)]
    return ", ".join([name, *([" to ".join(told)] if told else [])])


@contextmanager
def naming(name: str, constants: Mapping[str, object]) -> Iterator[None]:
    """Tell the errors that pass which document and report they speak of.

    Parameters
    ----------
    name : str
        Of the document.
    constants : mapping
        As for `report_name`; without a report id the document is all there is.
    """
    try:
        yield
    except (APIError, DocumentError) as exc:
        if isinstance(exc, DocumentError) and exc.report_document_id is None:
            exc.report_document_id = name
            exc.add_note(f"document {name}")
        name_report(exc, constants)
        raise


def name_report(error: SPReportsError, constants: Mapping[str, object]) -> None:
    """Have an error tell once which report it speaks of, if that is known."""
    if constants.get("report_id"):
        note = report_name(constants)
        if note not in getattr(error, "__notes__", ()):
            error.add_note(note)

"""Open a report document that is in a file already."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from spreports.api.marketplaces import as_told
from spreports.catalog import ReportType
from spreports.client.arguments import document_entry
from spreports.client.settings import read_home
from spreports.facts import read_catalogue
from spreports.load.store import Store
from spreports.load.urls import check_place
from spreports.reports.document import Document
from spreports.reports.document_source import DocumentSource
from spreports.reports.file_origin import file_origin
from spreports.reports.work import Reading

# A file does not tell its marketplace. Japanese text holds bytes that Windows-1252 has
# no character for (0x81, 0x8D, 0x8F, 0x90, 0x9D; WHATWG Encoding Standard, index
# windows-1252), so the stricter of the two is asked first. A few words may hold none of
# them: where the marketplace was said, it is its own, as for a report.
LEGACY_CHARSETS = ("cp1252", "cp932")
# What comes behind any other dot belongs to the name, such as a month
_ENDINGS = frozenset(
    ("txt", "tsv", "tab", "csv", "json", "jsonl", "xml", "xlsx", "gz", "bz2", "zip")
)


def open_document(
    url: str | os.PathLike[str],
    *,
    report_type: str | ReportType | None = None,
    encoding: str | None = None,
    storage_options: Mapping[str, Any] | None = None,
) -> Document:
    """Open a report document in a file: a path or any fsspec URL.

    Parameters
    ----------
    url : str or path
        Gzip or plain is decided by the bytes.
    report_type : str or ReportType, optional
        Alias, full type, or an entry of your own; without it the format is
        sniffed and cells stay text.
    encoding : str, optional
        Overrides every other sign of the charset.
    storage_options : mapping, optional
        For fsspec.

    Returns
    -------
    Document

    Raises
    ------
    ValueError, TypeError
        No place, no mapping of options, or no report type.
    ConfigError
        ``SPREPORTS_HOME`` cannot be meant.
    """
    check_place(url, storage_options)
    entry = document_entry(report_type, read_catalogue(os.environ))
    origin = file_origin(url, storage_options, Store(read_home(os.environ)))
    said = as_told(entry.marketplace or "")
    charsets = said.legacy_charset or LEGACY_CHARSETS
    source = DocumentSource(
        origin,
        Reading(entry=entry, encoding=encoding, legacy_charset=charsets),
        stem=_stem(origin.name),
        constants={"report_type": entry.report_type if report_type else None},
    )
    return Document(source)


def _stem(name: str) -> str:
    """Return a file's name without the endings that say its form."""
    stem, dot, ending = name.rpartition(".")
    return _stem(stem) if stem and dot and ending.lower() in _ENDINGS else name

"""Where rows come from: what a lake must know of a file when all else is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

from spreports.api.models import Report
from spreports.ledger import request_key

__all__ = ["library_version", "options_text", "provenance"]


def provenance(
    report: Report, options: Mapping[str, str], *, account: str, key: str | None
) -> dict[str, str]:
    """Return what files and markers say beside the metadata columns.

    Parameters
    ----------
    report : Report
    options : mapping of str to str
        Those that were asked for; Amazon does not tell them.
    account : str
        Fingerprint of the credentials, or SPREPORTS_ACCOUNT.
    key : str or None
        The ledger's, of the request; None for a report that was found, not asked for.

    Returns
    -------
    dict of str to str
        ``account``, ``created_time`` (of the report, ISO 8601), ``marketplace_ids``
        (joined by commas), ``options`` (canonical JSON), ``report_document_id``,
        ``request_key``, ``version`` (of this library).
    """
    ids = report.marketplace_ids or ()
    return {
        "account": account,
        "created_time": report.created_time.isoformat(),
        "marketplace_ids": ",".join(sorted(ids)),
        "options": options_text(options),
        "report_document_id": str(report.report_document_id),
        "request_key": key
        or request_key(
            report.report_type,
            ids,
            options,
            report.data_start_time,
            report.data_end_time,
        ),
        "version": library_version(),
    }


def options_text(options: Mapping[str, str]) -> str:
    """Write report options so that equal ones give equal text."""
    return json.dumps(dict(options), sort_keys=True, separators=(",", ":"))


@cache
def library_version() -> str:
    """Return the version of this library; reading it opens files."""
    return version("spreports")

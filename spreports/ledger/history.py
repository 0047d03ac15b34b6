"""What the ledger knows of earlier requests of one report type."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime

from spreports.ledger.entries import Request
from spreports.ledger.file import Ledger

__all__ = ["asked_of_type", "asked_on", "asked_time", "is_of_request"]


def asked_of_type(
    ledger: Ledger,
    account: str,
    report_type: str,
    marketplace_ids: Collection[str],
    since: datetime,
) -> tuple[Request, ...]:
    """Return the requests of a type that share a marketplace, oldest first.

    Parameters
    ----------
    ledger : Ledger
    account, report_type : str
    marketplace_ids : collection of str
        Empty: of any marketplaces.
    since : datetime, aware
        By time of asking.

    Returns
    -------
    tuple of Request
        Whatever became of them; those of an answer that has not been seen, too.
    """
    rows = ledger.rows(
        "SELECT request_key, id, intended_time, owner, report_id, processing_status, "
        "report_document_id FROM requests WHERE account = ? AND intended_time >= ? "
        "AND instr(request_key, ?) ORDER BY intended_time, id",
        (account, since.astimezone(UTC).isoformat(), json.dumps(report_type)),
    )
    found = []
    for key, number, intended, owner, report_id, status, document_id in rows:
        asked = json.loads(key)
        places = set(asked["marketplaceIds"])
        shares = not marketplace_ids or places.intersection(marketplace_ids)
        if asked["reportType"] != report_type or not shares:
            continue
        found.append(
            Request(
                id=number,
                intended_time=datetime.fromisoformat(intended),
                owner=owner,
                report_id=report_id,
                processing_status=status,
                report_document_id=document_id,
            )
        )
    return tuple(found)


def asked_time(ledger: Ledger, account: str, report_id: str) -> datetime | None:
    """Return when we asked for a report; None where it is not of our asking."""
    rows = ledger.rows(
        "SELECT intended_time FROM requests WHERE account = ? AND report_id = ?",
        (account, report_id),
    )
    return datetime.fromisoformat(rows[0][0]) if rows else None


def asked_on(ledger: Ledger, account: str, key: str, day: str) -> str | None:
    """Return the id of the report that a day's request of a key has, if any.

    One that is known to be CANCELLED or FATAL is none.

    Parameters
    ----------
    ledger : Ledger
    account, key : str
    day : str
        As ``2026-11-01``, UTC.
    """
    rows = ledger.rows(
        "SELECT report_id FROM requests WHERE account = ? AND request_key = ? "
        "AND report_id NOTNULL AND substr(intended_time, 1, 10) = ? "
        "AND coalesce(processing_status, '') NOT IN ('CANCELLED', 'FATAL') "
        "ORDER BY id DESC LIMIT 1",
        (account, key, day),
    )
    return rows[0][0] if rows else None


def is_of_request(ledger: Ledger, account: str, document_id: str) -> bool:
    """Whether a document is known to be of a report that we asked for, or adopted."""
    query = "SELECT 1 FROM requests WHERE account = ? AND report_document_id = ?"
    return bool(ledger.rows(f"{query} LIMIT 1", (account, document_id)))

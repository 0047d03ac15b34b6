"""What the ledger holds of a request and of a document, and how a request is named."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from spreports.owner import has_ended, is_running

__all__ = ["A_DAY", "Request", "VerifiedDocument", "is_abandoned", "request_key"]

# For a process of another host to have its answer, though it waited for quota
FAR_AWAY: Final = timedelta(hours=1)
# For one to be done with a private document
A_DAY: Final = timedelta(days=1)


def request_key(
    report_type: str,
    marketplace_ids: Sequence[str],
    options: Mapping[str, str],
    start: datetime | None,
    end: datetime | None,
) -> str:
    """Name a request by all that decides its content.

    Returns
    -------
    str
        JSON with sorted keys: equal exactly when the requests are.
    """
    return json.dumps(
        {
            "reportType": report_type,
            "marketplaceIds": sorted(marketplace_ids),
            "reportOptions": dict(sorted(options.items())),
            "dataStartTime": start and start.astimezone(UTC).isoformat(),
            "dataEndTime": end and end.astimezone(UTC).isoformat(),
        },
        sort_keys=True,
    )


def is_abandoned(
    owner: str, since: datetime, now: datetime, *, wait: timedelta = FAR_AWAY
) -> bool:
    """Say whether nobody waits any more for the answer to an intent, or needs bytes.

    Parameters
    ----------
    owner : str
        Mark of the process. Of one on another host, as each run in a
        container is, nothing is known: it has until `wait` is over,
        and one by a clock farther ahead has none.
    since, now : datetime, aware
    wait : timedelta

    Returns
    -------
    bool
    """
    return has_ended(owner) or (not is_running(owner) and abs(now - since) > wait)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One report that was asked for, or was about to be.

    Attributes
    ----------
    id : int
        Row of the ledger.
    intended_time : datetime, aware, UTC
        When the intent was written, just before createReport.
    owner : str
        Mark of the process that asked; `owner.has_ended` says whether it still runs.
    report_id : str or None
        None: the answer of createReport has not been seen.
    processing_status, report_document_id : str or None
        As last seen.
    """

    id: int
    intended_time: datetime
    owner: str
    report_id: str | None
    processing_status: str | None
    report_document_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedDocument:
    """What is known of stored bytes that were verified."""

    content_type: str | None
    size: int
    sha256: str
    verified: str

"""Read REPORT_PROCESSING_FINISHED as Amazon puts it into a queue.

Source: selling-partner-api-models, schemas/notifications,
ReportProcessingFinishedNotification.json (2020-09-04).
"""

from __future__ import annotations

import json

__all__ = ["finished_report"]

NOTIFICATION_TYPE = "REPORT_PROCESSING_FINISHED"


def finished_report(body: str) -> str | None:
    """Return which report a notification tells of.

    The rest of it is not used: a notification is a hint, and getReport is asked for
    what it says of the report.

    Parameters
    ----------
    body : str
        Of one message.

    Returns
    -------
    str or None
        The report's id; None for a notification of another type.

    Raises
    ------
    ValueError
        This is no notification.
    """
    try:
        told = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply for a notification") from None
    if not isinstance(told, dict):
        raise ValueError("not a JSON object")
    # Older notification types have capitals; this one has not.
    kind = told.get("notificationType", told.get("NotificationType"))
    if not isinstance(kind, str):
        raise ValueError("without notificationType")
    if kind != NOTIFICATION_TYPE:
        return None
    found: object = told
    for name in ("payload", "reportProcessingFinishedNotification", "reportId"):
        found = found.get(name) if isinstance(found, dict) else None
    if not isinstance(found, str) or not found:
        raise ValueError("without a reportId")
    return found

"""The shapes of the reference's answers, and whether a value has one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

# Definition -> field -> (kind, required). Source: Reports API v2021-06-30, Definitions.
SHAPES: dict[str, dict[str, tuple[str, bool]]] = {
    "ErrorList": {"errors": ("[Error]", True)},
    "Error": {
        "code": ("string", True),
        "message": ("string", True),
        "details": ("string", False),
    },
    "Report": {
        "marketplaceIds": ("[string]", False),
        "reportId": ("string", True),
        "reportType": ("string", True),
        "dataStartTime": ("date-time", False),
        "dataEndTime": ("date-time", False),
        "reportScheduleId": ("string", False),
        "createdTime": ("date-time", True),
        "processingStatus": ("status", True),
        "processingStartTime": ("date-time", False),
        "processingEndTime": ("date-time", False),
        "reportDocumentId": ("string", False),
    },
    "GetReportsResponse": {
        "reports": ("[Report]", True),
        "nextToken": ("string", False),
    },
    "CreateReportResponse": {"reportId": ("string", True)},
    "ReportSchedule": {
        "reportScheduleId": ("string", True),
        "reportType": ("string", True),
        "marketplaceIds": ("[string]", False),
        "reportOptions": ("strings", False),
        "period": ("string", True),
        "nextReportCreationTime": ("date-time", False),
    },
    "ReportScheduleList": {"reportSchedules": ("[ReportSchedule]", True)},
    "CreateReportScheduleResponse": {"reportScheduleId": ("string", True)},
    "ReportDocument": {
        "reportDocumentId": ("string", True),
        "url": ("string", True),
        "compressionAlgorithm": ("gzip", False),
    },
    "CreateRestrictedDataTokenResponse": {
        "restrictedDataToken": ("string", True),
        "expiresIn": ("integer", True),
    },
}
ENUMS = {
    "status": {"CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE"},
    "gzip": {"GZIP"},
}


def misfits(shape: str, value: Any) -> list[str]:
    """Return what is wrong with a value that should have a shape."""
    if shape.startswith("["):
        if not isinstance(value, list):
            return [f"{shape}: not a list"]
        return [wrong for item in value for wrong in misfits(shape[1:-1], item)]
    if shape in ENUMS:
        return [] if value in ENUMS[shape] else [f"{shape}: {value!r}"]
    if shape not in SHAPES:
        return [] if _is_simple(shape, value) else [f"{shape}: {value!r}"]
    if not isinstance(value, dict):
        return [f"{shape}: not an object"]
    fields = SHAPES[shape]
    wrong = [f"{shape}: unknown {name}" for name in value if name not in fields]
    for name, (kind, required) in fields.items():
        if name in value:
            wrong += misfits(kind, value[name])
        elif required:
            wrong.append(f"{shape}: no {name}")
    return wrong


def _is_simple(kind: str, value: Any) -> bool:
    if kind == "strings":
        return isinstance(value, dict) and all(
            isinstance(each, str) for each in value.values()
        )
    if kind == "integer":
        return isinstance(value, int)
    if not isinstance(value, str):
        return False
    if kind == "date-time":
        return datetime.fromisoformat(value).tzinfo is not None
    return kind == "string"

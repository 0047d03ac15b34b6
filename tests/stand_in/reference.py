"""The Reports API v2021-06-30 Reference as data, and what breaks it.

Written from the reference page alone; knows nothing of spreports.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII
)
STATUSES = ("CANCELLED", "DONE", "FATAL", "IN_PROGRESS", "IN_QUEUE")
PERIODS = (
    *("PT5M", "PT15M", "PT30M", "PT1H", "PT2H", "PT4H", "PT8H", "PT12H", "P1D"),
    *("P2D", "P3D", "PT84H", "P7D", "P14D", "P15D", "P18D", "P30D", "P1M"),
)


@dataclass(frozen=True)
class Text:
    """A string; `among` where it is an enum, `time` where it is a date-time."""

    among: tuple[str, ...] = ()
    time: bool = False


@dataclass(frozen=True)
class Whole:
    """An integer within bounds."""

    least: int
    most: int


@dataclass(frozen=True)
class Many:
    """An array; comma-joined in a query."""

    of: Shape
    least: int = 0
    most: int | None = None


@dataclass(frozen=True)
class Texts:
    """A map of string to string."""


@dataclass(frozen=True)
class Members:
    """A JSON object."""

    required: Mapping[str, Shape] = field(default_factory=dict)
    optional: Mapping[str, Shape] = field(default_factory=dict)


Shape = Text | Whole | Many | Texts | Members

TEXT = Text()
WHEN = Text(time=True)
STATUS = Text(STATUSES)
PERIOD = Text(PERIODS)
TYPES = Many(TEXT, 1, 10)

ERROR_LIST = Members(
    {"errors": Many(Members({"code": TEXT, "message": TEXT}, {"details": TEXT}))}
)
REPORT = Members(
    {
        "reportId": TEXT,
        "reportType": TEXT,
        "createdTime": WHEN,
        "processingStatus": STATUS,
    },
    {
        "marketplaceIds": Many(TEXT),
        "dataStartTime": WHEN,
        "dataEndTime": WHEN,
        "reportScheduleId": TEXT,
        "processingStartTime": WHEN,
        "processingEndTime": WHEN,
        "reportDocumentId": TEXT,
    },
)
SCHEDULE = Members(
    {"reportScheduleId": TEXT, "reportType": TEXT, "period": TEXT},
    {
        "marketplaceIds": Many(TEXT),
        "reportOptions": Texts(),
        "nextReportCreationTime": WHEN,
    },
)
DOCUMENT = Members(
    {"reportDocumentId": TEXT, "url": TEXT}, {"compressionAlgorithm": Text(("GZIP",))}
)
CREATE_REPORT = Members(
    {"reportType": TEXT, "marketplaceIds": Many(TEXT, 1)},
    {"reportOptions": Texts(), "dataStartTime": WHEN, "dataEndTime": WHEN},
)
CREATE_SCHEDULE = Members(
    {"reportType": TEXT, "marketplaceIds": Many(TEXT, 1), "period": PERIOD},
    {"reportOptions": Texts(), "nextReportCreationTime": WHEN},
)
# Tokens API v2021-03-01; users.md, section 3
RESTRICTED = Members(
    {
        "restrictedResources": Many(
            Members({"method": Text(("GET",)), "path": TEXT}), 1, 50
        )
    }
)
TOKEN = Members({"restrictedDataToken": TEXT}, {"expiresIn": Whole(1, 10**6)})


@dataclass(frozen=True)
class Operation:
    """One operation of the reference."""

    name: str
    method: str
    path: str
    rate: float
    burst: int
    success: int
    answer: Shape | None
    query: Mapping[str, Shape] = field(default_factory=dict)
    body: Shape | None = None

    @property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", "([^/]+)", self.path))


BASE = "/reports/2021-06-30"
REPORTS, SCHEDULES = f"{BASE}/reports", f"{BASE}/schedules"
A_REPORT, A_SCHEDULE = REPORTS + "/{reportId}", SCHEDULES + "/{reportScheduleId}"
RDT_PATH = "/tokens/2021-03-01/restrictedDataToken"
SLOW = 0.0222
OPERATIONS = (
    Operation(
        *("getReports", "GET", REPORTS, SLOW, 10, 200),
        Members({"reports": Many(REPORT)}, {"nextToken": TEXT}),
        query={
            "reportTypes": TYPES,
            "processingStatuses": Many(STATUS, 1),
            "marketplaceIds": Many(TEXT, 1, 10),
            "pageSize": Whole(1, 100),
            "createdSince": WHEN,
            "createdUntil": WHEN,
            "nextToken": TEXT,
        },
    ),
    Operation(
        *("createReport", "POST", REPORTS, 0.0167, 15, 202),
        Members({"reportId": TEXT}),
        body=CREATE_REPORT,
    ),
    Operation("getReport", "GET", A_REPORT, 2, 15, 200, REPORT),
    Operation("cancelReport", "DELETE", A_REPORT, SLOW, 10, 200, None),
    Operation(
        *("getReportSchedules", "GET", SCHEDULES, SLOW, 10, 200),
        Members({"reportSchedules": Many(SCHEDULE)}),
        query={"reportTypes": TYPES},
    ),
    Operation(
        *("createReportSchedule", "POST", SCHEDULES, SLOW, 10, 201),
        Members({"reportScheduleId": TEXT}),
        body=CREATE_SCHEDULE,
    ),
    Operation("getReportSchedule", "GET", A_SCHEDULE, SLOW, 10, 200, SCHEDULE),
    Operation("cancelReportSchedule", "DELETE", A_SCHEDULE, SLOW, 10, 200, None),
    Operation(
        *("getReportDocument", "GET", BASE + "/documents/{reportDocumentId}", 0.0167),
        *(15, 200),
        DOCUMENT,
    ),
    Operation(
        *("createRestrictedDataToken", "POST", RDT_PATH, 1, 10, 200, TOKEN),
        body=RESTRICTED,
    ),
)


def operation_of(method: str, path: str) -> tuple[Operation, str] | None:
    """Return the operation of a request, and the id in its path."""
    for operation in OPERATIONS:
        found = operation.pattern.fullmatch(path)
        if found and operation.method == method:
            return operation, found.group(1) if found.groups() else ""
    return None


def misfits(value: object, shape: Shape, where: str) -> list[str]:
    """Say where a JSON value is not what the reference says."""
    match shape:
        case Text():
            return _text_misfits(value, shape, where)
        case Whole():
            return _whole_misfits(value, shape, where)
        case Many():
            return _many_misfits(value, shape, where)
        case Texts():
            return _texts_misfits(value, where)
        case Members():
            return _member_misfits(value, shape, where)


def _whole_misfits(value: object, shape: Whole, where: str) -> list[str]:
    number = value if isinstance(value, int) and not isinstance(value, bool) else None
    if number is not None and shape.least <= number <= shape.most:
        return []
    return [f"{where} is no integer of {shape.least} to {shape.most}"]


def _many_misfits(value: object, shape: Many, where: str) -> list[str]:
    if not isinstance(value, list):
        return [f"{where} is no array"]
    wrong = [
        each
        for index, entry in enumerate(value)
        for each in misfits(entry, shape.of, f"{where}[{index}]")
    ]
    if len(value) < shape.least or len(value) > (shape.most or len(value)):
        wrong.append(f"{where} has {len(value)} entries")
    return wrong


def _texts_misfits(value: object, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    return [
        f"{where}.{key} is no string"
        for key, text in value.items()
        if not isinstance(text, str)
    ]


def _text_misfits(value: object, shape: Text, where: str) -> list[str]:
    if not isinstance(value, str):
        return [f"{where} is no string"]
    if shape.among and value not in shape.among:
        return [f"{where} is none of the reference's values: {value}"]
    if shape.time and not _is_time(value):
        return [f"{where} is no date-time with an offset: {value}"]
    return []


def _is_time(text: str) -> bool:
    if not TIME.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _member_misfits(value: object, shape: Members, where: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{where} is no object"]
    known = {**shape.required, **shape.optional}
    wrong = [f"{where}.{name} is missing" for name in shape.required.keys() - value]
    wrong += [
        f"{where}.{name} is not in the reference" for name in value.keys() - known
    ]
    for name in known.keys() & value.keys():
        wrong += misfits(value[name], known[name], f"{where}.{name}")
    return sorted(wrong)


def query_misfits(raw: str, operation: Operation) -> list[str]:
    """Say what is wrong with a query string, still percent-encoded."""
    wrong: list[str] = []
    values: dict[str, str] = {}
    for pair in raw.split("&") if raw else []:
        name, equals, text = pair.partition("=")
        shape = operation.query.get(name)
        if shape is None or not equals:
            wrong.append(f"query {name} is not in the reference")
            continue
        if name in values:
            wrong.append(f"query {name} comes twice: arrays are joined by commas")
        allowed = r"[A-Za-z0-9\-._~%,:]*" if name != "nextToken" else r"[\w\-.~%]*"
        if not re.fullmatch(allowed, text, re.ASCII) or re.search(
            r"%(?![0-9A-Fa-f]{2})", text
        ):
            wrong.append(f"query {name} is not fully percent-encoded")
        values[name] = unquote(text, errors="strict")
        wrong += misfits(_query_value(values[name], shape), shape, f"query {name}")
    if "nextToken" in values and len(values) > 1:
        wrong.append("nextToken is not the only parameter")
    if "reportTypes" in operation.query and not values.keys() & {
        "reportTypes",
        "nextToken",
    }:
        wrong.append("reportTypes is missing")
    return wrong


def _query_value(text: str, shape: Shape) -> object:
    if isinstance(shape, Many):
        return list[object](text.split(",")) if text else []
    if isinstance(shape, Whole):
        return int(text) if re.fullmatch(r"\d+", text, re.ASCII) else text
    return text

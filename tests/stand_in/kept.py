"""What Amazon keeps of one seller, and the operations on it."""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.stand_in import etiquette
from tests.stand_in.document_host import Held
from tests.stand_in.reference import BASE
from tests.stand_in.serving import Asked
from tests.stand_in.timepiece import Timepiece

# A token of the characters that a query must encode
PAGE_TOKEN = "ab+/cd==&x=1&"
WAITING = ("IN_QUEUE", "IN_PROGRESS", "DONE")


@dataclass
class Plot:
    """What becomes of a report: a status for each poll, and its document."""

    statuses: tuple[str, ...] = WAITING
    held: Held | None = None
    fields: dict[str, object] = field(default_factory=dict)


class Kept:
    """Reports, schedules, documents and tokens; each operation by its snake_case name.

    An operation returns its status and its JSON, or a status of 400 or more and a code.
    """

    def __init__(self, time: Timepiece, issue: Callable[[Held], str]) -> None:
        self.time, self._issue = time, issue
        self.breaches: list[str] = []
        self.reports: dict[str, dict[str, Any]] = {}
        self.schedules: dict[str, dict[str, Any]] = {}
        self.documents: dict[str, Held] = {}
        self.tokens: dict[str, tuple[str, float]] = {}
        self.restricted_to: dict[str, str] = {}
        self._plots: dict[str, deque[Plot]] = defaultdict(deque)
        self._courses: dict[str, deque[str]] = {}
        self._owners: dict[str, str] = {}
        self._endings: dict[str, Plot] = {}
        self._pages: dict[str, list[str]] = {}
        self.ids = itertools.count(50001)

    def plot(self, report_type: str, *plots: Plot) -> None:
        """Tell what becomes of the next reports of a type."""
        self._plots[report_type].extend(plots)

    def hold(self, held: Held) -> Held:
        """Keep a document that can be asked for."""
        self.documents[held.id] = held
        return held

    def add_report(self, **fields: Any) -> dict[str, Any]:
        """Add a report that exists already."""
        made = {
            "reportId": str(next(self.ids)),
            "createdTime": written(self.time.now()),
            "processingStatus": "DONE",
            **fields,
        }
        self.reports[made["reportId"]] = made
        return made

    def create_report(self, asked: Asked, body: Any, _: str) -> tuple[int, object]:
        plots = self._plots[body["reportType"]]
        plot = plots.popleft() if plots else Plot()
        wanted = {key: body[key] for key in body if key != "reportOptions"}
        made = self.add_report(**wanted, processingStatus=plot.statuses[0])
        self._owners[made["reportId"]] = self._seller(asked)
        self._courses[made["reportId"]] = deque(plot.statuses)
        self._endings[made["reportId"]] = plot
        if plot.held is not None:
            self.hold(plot.held)
        return 202, {"reportId": made["reportId"]}

    def get_report(self, asked: Asked, _: Any, known_as: str) -> tuple[int, object]:
        if known_as not in self.reports:
            return 404, "NotFound"
        report = self.reports[known_as]
        course = self._courses.get(known_as)
        if course:
            report["processingStatus"] = course.popleft()
        status = report["processingStatus"]
        if status in {"IN_PROGRESS", "DONE", "FATAL"}:
            report.setdefault("processingStartTime", written(self.time.now()))
        ending = self._endings.get(known_as, Plot())
        if status in {"DONE", "FATAL"} and ending.held is not None:
            report["processingEndTime"] = written(self.time.now())
            report["reportDocumentId"] = ending.held.id
        if status not in {"IN_QUEUE", "IN_PROGRESS"}:
            report.update(ending.fields)
        return 200, report

    def cancel_report(self, asked: Asked, _: Any, known_as: str) -> tuple[int, object]:
        report = self.reports.get(known_as)
        if report is None:
            return 404, "NotFound"
        if report["processingStatus"] != "IN_QUEUE":
            return 400, "InvalidInput"
        report["processingStatus"] = "CANCELLED"
        self._courses.pop(known_as, None)
        return 200, None

    def get_reports(self, asked: Asked, _: Any, __: str) -> tuple[int, object]:
        query = dict(parse_qsl(asked.query))
        if "nextToken" in query:
            left = self._pages.pop(query["nextToken"], None)
            if left is None:
                return 400, "InvalidInput"
            size = int(left.pop(0))
        else:
            size = int(query.get("pageSize", 10))
            seller = self._seller(asked)
            left = [
                r["reportId"]
                for r in self._matching(query)
                if self._owners.get(r["reportId"], seller) == seller
            ]
        page = {"reports": [self.reports[each] for each in left[:size]]}
        if len(left) > size:
            token = f"{PAGE_TOKEN}{next(self.ids)}"
            self._pages[token] = [str(size), *left[size:]]
            return 200, {**page, "nextToken": token}
        return 200, page

    def _seller(self, asked: Asked) -> str:
        """Return whose token it is: sellers see what they have created themselves."""
        return self.tokens[str(asked.headers[etiquette.TOKEN])][0]

    def _matching(self, query: dict[str, str]) -> list[dict[str, Any]]:
        since, until = query.get("createdSince"), query.get("createdUntil")
        places = (
            set(query["marketplaceIds"].split(","))
            if "marketplaceIds" in query
            else None
        )
        statuses = query.get("processingStatuses", "").split(",")
        return [
            report
            for report in reversed(self.reports.values())
            if report["reportType"] in query["reportTypes"].split(",")
            and (statuses == [""] or report["processingStatus"] in statuses)
            and (places is None or places & set(report.get("marketplaceIds", [])))
            and (since is None or moment(report["createdTime"]) >= moment(since))
            and (until is None or moment(report["createdTime"]) <= moment(until))
        ]

    def create_report_schedule(
        self, asked: Asked, body: Any, _: str
    ) -> tuple[int, object]:
        mark = (body["reportType"], sorted(body["marketplaceIds"]))
        for key, old in list(self.schedules.items()):
            if (old["reportType"], sorted(old["marketplaceIds"])) == mark:
                del self.schedules[key]
        made = {**body, "reportScheduleId": str(next(self.ids))}
        self.schedules[made["reportScheduleId"]] = made
        return 201, {"reportScheduleId": made["reportScheduleId"]}

    def get_report_schedules(self, asked: Asked, _: Any, __: str) -> tuple[int, object]:
        types = dict(parse_qsl(asked.query)).get("reportTypes", "").split(",")
        found = [s for s in self.schedules.values() if s["reportType"] in types]
        return 200, {"reportSchedules": found}

    def get_report_schedule(
        self, asked: Asked, _: Any, known_as: str
    ) -> tuple[int, object]:
        found = self.schedules.get(known_as)
        return (200, found) if found else (404, "NotFound")

    def cancel_report_schedule(
        self, asked: Asked, _: Any, known_as: str
    ) -> tuple[int, object]:
        found = self.schedules.pop(known_as, None)
        return (200, None) if found else (404, "NotFound")

    def get_report_document(
        self, asked: Asked, _: Any, known_as: str
    ) -> tuple[int, object]:
        held = self.documents.get(known_as)
        if held is None:
            return 404, "NotFound"
        said = {"compressionAlgorithm": held.compression} if held.compression else {}
        url = self._issue(held)
        return 200, {"reportDocumentId": held.id, "url": url, **said}

    def create_restricted_data_token(
        self, asked: Asked, body: Any, _: str
    ) -> tuple[int, object]:
        path = body["restrictedResources"][0]["path"]
        held = self.documents.get(unquote(path.removeprefix(f"{BASE}/documents/")))
        if len(body["restrictedResources"]) > 1 or held is None or not held.restricted:
            self.breaches.append(f"RDT: asked for {path}")
            return 400, "InvalidInput"
        owner, _expires = self.tokens[str(asked.headers[etiquette.TOKEN])]
        token = f"Atz.sprdt|{next(self.ids)}+/=="
        self.restricted_to[token] = unquote(path)
        self.tokens[token] = (owner, self.time.seconds() + 3600)
        return 200, {"restrictedDataToken": token, "expiresIn": 3600}


def written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)

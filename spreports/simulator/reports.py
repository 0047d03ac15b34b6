"""The seller's reports and schedules: made, found, cancelled, replaced."""

from __future__ import annotations

import json
import secrets
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Protocol

from spreports.catalog import schedule_rivals
from spreports.clock import Clock
from spreports.simulator.content import has_content
from spreports.simulator.faults import REPORT_ENDS, Fault, FaultScript
from spreports.simulator.judgement import fault_of
from spreports.simulator.lifecycle import (
    CANCEL_SECONDS,
    RETENTION,
    Delays,
    Report,
    ReportSchedule,
)
from spreports.simulator.marketplaces import MARKETPLACES
from spreports.simulator.refusal import no_content
from spreports.simulator.report_types import WINDOWED
from spreports.simulator.world import World

FOREVER = 1e9


class Shelf(Protocol):
    """Where documents are laid down, to be fetched by their id."""

    def lay(self, report: Report) -> None:
        """Keep the document of a report that will be DONE."""
        ...

    def lay_text(self, report: Report, text: str) -> None:
        """Keep a document of one small text."""
        ...


class ReportBook:
    """All reports and schedules of the one seller.

    Parameters
    ----------
    clock : Clock
    delays : Delays
    faults : FaultScript
    shelf : Shelf
    fatal : mapping of str to str
        Report types that end FATAL, with the reason in their document.
    cooldowns : mapping of str to float, seconds
        Report types that are CANCELLED when asked for again too soon.
    first_day : date
        Before it the seller had no business: windows are CANCELLED.
    world : World or None
        Knows windows without business, which are CANCELLED, too.
    strict_requests : bool
        Whether requests that do not suit their type end FATAL.
    """

    def __init__(
        self,
        clock: Clock,
        delays: Delays,
        faults: FaultScript,
        shelf: Shelf,
        *,
        fatal: Mapping[str, str],
        cooldowns: Mapping[str, float],
        first_day: date,
        world: World | None = None,
        strict_requests: bool = False,
    ) -> None:
        self._clock = clock
        self._delays = delays
        self._faults = faults
        self._shelf = shelf
        self.fatal = dict(fatal)
        self._cooldowns = dict(cooldowns)
        self._first_day = first_day
        self._world = world
        self._strict_requests = strict_requests
        self.lock = threading.RLock()
        self._reports: dict[str, Report] = {}
        self._schedules: dict[str, ReportSchedule] = {}
        # Ids of two simulators differ, so that nobody takes one's document for the
        # other's out of a cache
        self._base = 50_000_000_000 + secrets.randbelow(10**9) * 10
        self._number = 0

    def create(
        self,
        report_type: str,
        marketplace_ids: tuple[str, ...],
        start: datetime,
        end: datetime,
        *,
        options: Mapping[str, str],
        created: datetime | None = None,
        schedule_id: str | None = None,
        at_once: bool = False,
        faults: bool = True,
    ) -> Report:
        """Make a report; its whole course is decided here, if `faults` by these too."""
        with self.lock:
            made = created or self._clock.now()
            fault = self._faults.take("report", report_type) if faults else None
            outcome, words = (
                self._outcome(report_type, marketplace_ids, (start, end), options, made)
                if fault is None
                else _scripted(fault)
            )
            if outcome == "DONE" and self._nothing(
                report_type, marketplace_ids, (start, end), made
            ):
                outcome = "CANCELLED"
            queue, progress = (0.0, 0.0) if at_once else self._delays.draw()
            if outcome == "CANCELLED":
                progress = min(progress, CANCEL_SECONDS)
            if outcome == "IN_PROGRESS":
                progress = FOREVER
            has_document = outcome == "DONE" or words is not None
            self._number += 1
            report = Report(
                number=self._number,
                report_id=str(self._base + self._number),
                report_type=report_type,
                marketplace_ids=marketplace_ids,
                created=made,
                start=start,
                end=end,
                queue=queue,
                progress=progress,
                outcome=outcome,
                document_id=_document_id() if has_document else None,
                schedule_id=schedule_id,
                options=options,
            )
            self._reports[report.report_id] = report
            if words is not None:
                self._shelf.lay_text(report, words)
            elif outcome == "DONE":
                self._shelf.lay(report)
            return report

    def _outcome(
        self,
        report_type: str,
        marketplace_ids: tuple[str, ...],
        window: tuple[datetime, datetime],
        options: Mapping[str, str],
        made: datetime,
    ) -> tuple[str, str | None]:
        """Return how a report will end, and the text of its document if it is small."""
        reason = None
        if report_type in self.fatal:
            reason = _reason(self.fatal[report_type])
        elif not has_content(report_type):
            reason = _reason(no_content(report_type).message)
        else:
            asked = report_type, marketplace_ids, window, options, made
            words = fault_of(*asked, strict=self._strict_requests)
            reason = None if words is None else _reason(words)
        if reason is not None:
            return "FATAL", reason
        early = report_type in WINDOWED and window[1].date() <= self._first_day
        if early or self._too_soon(report_type, marketplace_ids, made):
            return "CANCELLED", None
        return "DONE", None

    def _nothing(
        self,
        report_type: str,
        marketplace_ids: tuple[str, ...],
        span: tuple[datetime, datetime],
        made: datetime,
    ) -> bool:
        """Whether the world has nothing to tell of a window."""
        if self._world is None:
            return False
        places = [MARKETPLACES[i] for i in marketplace_ids if i in MARKETPLACES]
        made = made.replace(microsecond=0)
        return self._world.is_empty(report_type, places, *span, made)

    def _too_soon(
        self, report_type: str, marketplace_ids: tuple[str, ...], made: datetime
    ) -> bool:
        """Whether the same was asked for within the cool-down of its type."""
        cooldown = timedelta(seconds=self._cooldowns.get(report_type, 0.0))
        return any(
            timedelta() <= made - report.created < cooldown
            for report in self._reports.values()
            if report.report_type == report_type
            and not set(marketplace_ids).isdisjoint(report.marketplace_ids)
            and report.outcome != "CANCELLED"
        )

    def find(self, report_id: str) -> Report | None:
        """Return a report that Amazon still keeps."""
        with self.lock:
            self.run_schedules()
            report = self._reports.get(report_id)
            if report is None or self._clock.now() - report.created > RETENTION:
                return None
            return report

    def newest_first(self, wanted: Callable[[Report], bool]) -> list[Report]:
        """Return the kept reports that are wanted, the newest first."""
        with self.lock:
            self.run_schedules()
            oldest = self._clock.now() - RETENTION
            kept = [
                report
                for report in self._reports.values()
                if report.created >= oldest and wanted(report)
            ]
            return sorted(kept, key=position, reverse=True)

    def with_document(self, document_id: str) -> Report | None:
        """Return the report of a document."""
        with self.lock:
            self.run_schedules()
            for report in self._reports.values():
                if report.document_id == document_id:
                    return report
            return None

    def schedule(self, asked: ReportSchedule) -> None:
        """Keep a schedule; one of the same type and marketplaces gives way.

        Of order reports, so does any other one of its kind.
        """
        rivals = schedule_rivals(asked.report_type)
        with self.lock:
            self.run_schedules()
            same = [
                schedule_id
                for schedule_id, schedule in self._schedules.items()
                if schedule.report_type in rivals
                or (
                    schedule.report_type == asked.report_type
                    and set(schedule.marketplace_ids) == set(asked.marketplace_ids)
                )
            ]
            for schedule_id in same:
                del self._schedules[schedule_id]
            self._schedules[asked.schedule_id] = asked

    def new_schedule_id(self) -> str:
        """Return an id that no report and no schedule has."""
        with self.lock:
            self._number += 1
            return str(self._base + self._number)

    def find_schedule(self, schedule_id: str) -> ReportSchedule | None:
        """Return a schedule in force."""
        with self.lock:
            self.run_schedules()
            return self._schedules.get(schedule_id)

    def schedules(self, report_types: Iterable[str]) -> list[ReportSchedule]:
        """Return the schedules in force of some report types."""
        wanted = set(report_types)
        with self.lock:
            self.run_schedules()
            return [
                schedule
                for schedule in self._schedules.values()
                if schedule.report_type in wanted
            ]

    def end_schedule(self, schedule_id: str) -> bool:
        """End a schedule; False where there is none."""
        with self.lock:
            self.run_schedules()
            return self._schedules.pop(schedule_id, None) is not None

    def run_schedules(self) -> None:
        """Make the reports whose time has come since anyone last asked."""
        now = self._clock.now()
        for schedule in self._schedules.values():
            while schedule.next_time <= now:
                if now - schedule.next_time <= RETENTION:
                    self.create(
                        schedule.report_type,
                        schedule.marketplace_ids,
                        schedule.covered_since(),
                        schedule.next_time,
                        options=schedule.options,
                        created=schedule.next_time,
                        schedule_id=schedule.schedule_id,
                    )
                schedule.step()


def position(report: Report) -> tuple[datetime, int]:
    """Return a report's place in the order of making."""
    return report.created, report.number


def _scripted(fault: Fault) -> tuple[str, str | None]:
    """Return how a struck report ends, and the text of its document."""
    words = fault.body or _reason(fault.message)
    return REPORT_ENDS[fault.kind], words if fault.kind == "fatal" else None


def _document_id() -> str:
    """Return a document id in Amazon's form."""
    return f"amzn1.spdoc.1.4.sim.{uuid.uuid4()}.T{secrets.token_hex(6).upper()}.{50}"


def _reason(words: str) -> str:
    """Return the document of a FATAL report."""
    return json.dumps({"errorDetails": words}, ensure_ascii=False)

"""The difference between the schedules that are wanted and those in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from typing import Literal

from spreports.api.marketplaces import as_told
from spreports.plan.windows import Window

__all__ = ["Action", "ScheduleChange", "ScheduleChanges", "country_codes"]

Action = Literal["create", "replace", "keep", "cancel"]

_HEADER = (
    "action",
    "report type",
    "marketplaces",
    "period",
    "next report",
    "schedule id",
    "why",
)


def country_codes(marketplace_ids: Iterable[str]) -> str:
    """Return the country codes of marketplaces, as a line of the table has them.

    Parameters
    ----------
    marketplace_ids : iterable of str

    Returns
    -------
    str
        Of one without a code, its id.
    """
    return ", ".join(as_told(i).country_code or i for i in marketplace_ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChange:
    """What becomes of one schedule.

    Attributes
    ----------
    action : ``"create"``, ``"replace"``, ``"keep"`` or ``"cancel"``
    report_type : str
    marketplace_ids : tuple of str
    period : str
    options : mapping of str to str
    next_report_creation_time : datetime or None, aware, UTC
        As asked for; of schedules kept and cancelled, as Amazon says.
    report_schedule_id : str or None
        Of the schedule in force; None while it is not created.
    replaces : tuple of str
        Ids of the schedules that Amazon cancels when this one is created.
    why : str
        What differs.
    uncovered : Window or None
        The data that no report will hold: it comes after the last report of the
        schedule replaced, and before the first one of the new. Request it.
    doubled : Window or None
        The data that reports of both may hold: the first one of the new schedule
        begins before the last one of the schedule replaced ends.
    """

    action: Action
    report_type: str
    marketplace_ids: tuple[str, ...]
    period: str
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    next_report_creation_time: datetime | None = None
    report_schedule_id: str | None = None
    replaces: tuple[str, ...] = ()
    why: str = ""
    uncovered: Window | None = None
    doubled: Window | None = None

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON, by the reference's names."""
        at = self.next_report_creation_time
        return {
            "action": self.action,
            "reportType": self.report_type,
            "marketplaceIds": [*self.marketplace_ids],
            "period": str(self.period),
            "reportOptions": dict(self.options),
            "nextReportCreationTime": at.isoformat() if at else None,
            "reportScheduleId": self.report_schedule_id,
            "replaces": [*self.replaces],
            "why": self.why,
            "uncovered": _ends(self.uncovered),
            "doubled": _ends(self.doubled),
        }

    def _cells(self) -> tuple[str, ...]:
        """Return the cells of a line, as `_HEADER`."""
        at = self.next_report_creation_time
        why = self.why
        if self.uncovered:
            why += f"; no report will cover {self.uncovered}: request it"
        if self.doubled:
            why += (
                f"; reports of the old and the new may both hold {self.doubled}: a "
                f"first report {self.period} after its end would not"
            )
        return (
            self.action,
            self.report_type,
            country_codes(self.marketplace_ids),
            str(self.period),
            at.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if at else "",
            self.report_schedule_id or ", ".join(self.replaces),
            why,
        )


def _ends(window: Window | None) -> list[str] | None:
    """Return start and end, fit for JSON."""
    return [window.start.isoformat(), window.end.isoformat()] if window else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleChanges:
    """All that `Schedules.apply` did, or would do. Iterating yields each change.

    Attributes
    ----------
    changes : tuple of ScheduleChange
        In the order of the schedules wanted; those to cancel last.
    dry_run : bool
        Nothing was changed.
    """

    changes: tuple[ScheduleChange, ...]
    dry_run: bool

    def __iter__(self) -> Iterator[ScheduleChange]:
        return iter(self.changes)

    def __len__(self) -> int:
        return len(self.changes)

    @property
    def in_force(self) -> bool:
        """Whether everything was as wanted before."""
        return all(each.action == "keep" for each in self.changes)

    def count(self, action: Action) -> int:
        """Return how many schedules are created, replaced, kept or cancelled."""
        return sum(each.action == action for each in self.changes)

    def to_dict(self) -> dict[str, object]:
        """Return plain values, fit for JSON."""
        return {
            "dryRun": self.dry_run,
            "changes": [each.to_dict() for each in self.changes],
        }

    def _summary(self) -> str:
        counts = (
            f"{self.count('create')} created, {self.count('replace')} replaced, "
            f"{self.count('keep')} kept, {self.count('cancel')} cancelled"
        )
        return f"would be: {counts}" if self.dry_run else counts

    def _lines(self) -> list[tuple[str, ...]]:
        return [_HEADER, *(each._cells() for each in self.changes)]  # noqa: SLF001 - the table's own lines

    def __str__(self) -> str:
        lines = self._lines()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = [
            "  ".join(c.ljust(w) for c, w in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([*(table if self.changes else ()), self._summary()])

    def _repr_html_(self) -> str:
        """Show a table in a notebook."""
        style = " style='text-align:left'"
        header, *lines = self._lines()
        rows = "".join(
            "<tr>" + "".join(f"<td{style}>{escape(c)}</td>" for c in line) + "</tr>"
            for line in lines
        )
        titles = "".join(f"<th{style}>{escape(title)}</th>" for title in header)
        summary = f"<div>{escape(self._summary())}</div>"
        return f"<table><tr>{titles}</tr>{rows}</table>{summary}"

"""What is wanted, with all names looked up and checked against the catalogue."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from spreports.api.enums import Period
from spreports.catalog import (
    Catalogue,
    ReportType,
    check_schedule,
    schedule_rivals,
)
from spreports.client.arguments import entry_of, groups_of, option_texts
from spreports.schedules.changes import country_codes
from spreports.schedules.periods import length, moved_on
from spreports.schedules.schedule import Schedule

__all__ = ["Wanted", "looked_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One schedule in Amazon's words.

    Attributes
    ----------
    number : int, from 1
        Of the user's schedule: one may be wanted of several marketplaces apart.
    entry : ReportType
    marketplace_ids : tuple of str, 1 to 25
    period : Period
    options : mapping of str to str
    next_time : datetime or None, aware, UTC
        As the user gave it: it may be over.
    """

    number: int
    entry: ReportType
    marketplace_ids: tuple[str, ...]
    period: Period
    options: dict[str, str] = field(hash=False)
    next_time: datetime | None

    @property
    def report_type(self) -> str:
        """Amazon's value."""
        return self.entry.report_type

    @property
    def place(self) -> tuple[str, frozenset[str]]:
        """Of what Amazon keeps one schedule."""
        return self.report_type, frozenset(self.marketplace_ids)

    def creation_time(self, now: datetime) -> datetime | None:
        """Return the nextReportCreationTime to ask for: the next beat."""
        if self.next_time is None:
            return None
        return moved_on(self.next_time, self.period, now)

    def arguments(self, now: datetime) -> dict[str, Any]:
        """Return the arguments of createReportSchedule."""
        return {
            "report_type": self.report_type,
            "marketplace_ids": self.marketplace_ids,
            "period": self.period,
            "report_options": self.options or None,
            "next_report_creation_time": self.creation_time(now),
        }


def looked_up(
    schedules: Iterable[Schedule], catalogue: Catalogue, *, strict: bool
) -> tuple[Wanted, ...]:
    """Look up every name, and check each schedule and all of them together.

    Parameters
    ----------
    schedules : iterable of Schedule
    catalogue : Catalogue
    strict : bool
        Check against the catalogue, too.

    Returns
    -------
    tuple of Wanted
        In the order given; one of each marketplace where a report holds only one's.

    Raises
    ------
    ValueError
        Every mistake, each with its fix.
    """
    given: object = schedules  # by callers who do not check types
    listed = tuple(schedules) if isinstance(given, Iterable) else ()
    if not isinstance(given, Iterable) or not all(
        isinstance(each, Schedule) for each in listed
    ):
        raise ValueError(
            "schedules are a list of spreports.Schedule(...); a file's are read "
            "by Schedule.from_toml(path)"
        )
    found: dict[tuple[str, frozenset[str]], Wanted] = {}
    twice: list[str] = []
    for number, schedule in enumerate(listed, 1):
        try:
            mine = _looked_up(number, schedule, catalogue)
        except ValueError as exc:
            raise ValueError(f"schedule {number}: {exc}") from None
        again = [each for each in mine if each.place in found]
        for each in mine:
            found.setdefault(each.place, each)
        if again:
            places = country_codes(i for each in again for i in each.marketplace_ids)
            twice.append(
                f"schedule {number}: {again[0].report_type} is wanted twice for "
                f"{places}, and Amazon keeps one: name {places} in one schedule only"
            )
    wanted = tuple(found.values())
    mistakes = _mistakes(wanted) if strict else ()
    # Of what is wanted twice there is nothing to ask Amazon, strict or not
    more = "" if twice else " (strict=False asks Amazon all the same)"
    if wrong := dict.fromkeys([*twice, *mistakes]):
        raise ValueError(f"{'; '.join(wrong)}{more}")
    return wanted


def _looked_up(number: int, schedule: Schedule, catalogue: Catalogue) -> list[Wanted]:
    """Look up the names of one schedule."""
    at = schedule.next_report_creation_time
    entry = entry_of(schedule.report_type, catalogue)
    return [
        Wanted(
            number=number,
            entry=entry,
            marketplace_ids=ids,
            period=Period(schedule.period),
            options=option_texts(schedule.options),
            next_time=at if isinstance(at, datetime) else None,
        )
        for ids in groups_of(entry, schedule.marketplaces)
    ]


def _mistakes(wanted: Sequence[Wanted]) -> Iterator[str]:
    """Say of each what is wrong with it, and what it does to those before it."""
    kinds: set[tuple[str, ...]] = set()
    for index, each in enumerate(wanted):
        every = length(each.period) or timedelta()
        wrong = [*check_schedule(each.entry, every=every, options=each.options)]
        kind = schedule_rivals(each.report_type)
        if kind and kind in kinds:
            wrong.append(
                f"of {' and '.join(kind)} only one can be scheduled, a second one "
                "cancels the first: keep one, with all its marketplaces"
            )
        kinds.add(kind)
        if not kind:
            wrong += _overlaps(each, wanted[:index])
        if wrong:
            yield f"schedule {each.number}: {'; '.join(wrong)}"


def _overlaps(wanted: Wanted, others: Sequence[Wanted]) -> Iterator[str]:
    """Say that reports of two schedules would hold the same rows."""
    for other in others:
        alike = (other.report_type, other.options)
        shared = set(other.marketplace_ids) & set(wanted.marketplace_ids)
        if shared and alike == (wanted.report_type, wanted.options):
            yield (
                f"{wanted.report_type} is wanted of "
                f"{country_codes(other.marketplace_ids)} and of "
                f"{country_codes(wanted.marketplace_ids)}: rows of "
                f"{country_codes(sorted(shared))} would be there twice, so keep one of "
                "them, or let one have the other marketplaces alone"
            )

"""Compare schedules that are wanted with those in force: pure, nothing is asked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from spreports.api.models import ReportSchedule
from spreports.catalog import schedule_rivals
from spreports.catalog.periods import counts_last_day
from spreports.overlaps import TOLERANCE
from spreports.plan.windows import Window, midnight
from spreports.schedules.changes import Action, ScheduleChange, country_codes
from spreports.schedules.periods import length, on_beat, one_earlier
from spreports.schedules.wanted import Wanted

__all__ = ["difference", "is_in_force"]


def difference(
    wanted: Sequence[Wanted],
    found: Sequence[ReportSchedule],
    *,
    now: datetime,
    cancelled_types: Collection[str] = (),
) -> tuple[ScheduleChange, ...]:
    """Return what becomes of each schedule.

    Parameters
    ----------
    wanted : sequence of Wanted
    found : sequence of ReportSchedule
        In force; with those of the types that a wanted one would cancel.
    now : datetime, aware
    cancelled_types : collection of str
        Report types whose other schedules are to be cancelled.

    Returns
    -------
    tuple of ScheduleChange
        In the order of `wanted`; those to cancel last.
    """
    changes: list[ScheduleChange] = []
    settled: set[str] = set()
    for each in wanted:
        rest = [s for s in found if s.report_schedule_id not in settled]
        same = [s for s in rest if _same_place(each, s)]
        kept = next((s for s in same if is_in_force(each, s, now)), None)
        if kept is not None:
            settled.add(kept.report_schedule_id)
            at = kept.next_report_creation_time
            why = "as wanted" + _days_twice(each, at)
            changes.append(_unchanged(kept, "keep", why))
            continue
        rivals = [s for s in rest if _is_rival(each, s, wanted)]
        settled.update(s.report_schedule_id for s in chain(same, rivals))
        changes.append(_created(each, same, rivals, now))
    changes += [
        _unchanged(s, "cancel", "not wanted")
        for s in found
        if s.report_type in cancelled_types and s.report_schedule_id not in settled
    ]
    gone = {i for change in changes for i in change.replaces}
    gone |= {str(c.report_schedule_id) for c in changes if c.action == "cancel"}
    left = [s for s in found if s.report_schedule_id not in gone]
    return tuple(_beside(change, left) for change in changes)


def is_in_force(wanted: Wanted, found: ReportSchedule, now: datetime) -> bool:
    """Whether a schedule of Amazon's is the one that is wanted."""
    return _same_place(wanted, found) and not [*_differences(wanted, found, now)]


def _same_place(wanted: Wanted, found: ReportSchedule) -> bool:
    """Whether creating the one replaces the other: same type, same marketplaces.

    Where Amazon leaves the marketplaces out they are taken to be the same: a schedule
    that never matched would be replaced at every turn.
    """
    return found.report_type == wanted.report_type and (
        not found.marketplace_ids
        or set(found.marketplace_ids) == set(wanted.marketplace_ids)
    )


def _is_rival(
    wanted: Wanted, found: ReportSchedule, all_wanted: Sequence[Wanted]
) -> bool:
    """Whether Amazon cancels `found` though its type or marketplaces differ."""
    return found.report_type in schedule_rivals(wanted.report_type) and not any(
        _same_place(each, found) for each in all_wanted
    )


def _differences(wanted: Wanted, found: ReportSchedule, now: datetime) -> Iterator[str]:
    """Say what a schedule of the same type and marketplaces has that is not wanted.

    Where Amazon leaves the next report's time out it is taken to be as wanted, for the
    same reason as marketplaces.
    """
    if str(found.period) != str(wanted.period):
        yield f"period {found.period} becomes {wanted.period}"
    if (found.report_options or {}) != wanted.options:
        yield "options differ"
    anchor, at = wanted.next_time, found.next_report_creation_time
    if anchor is None or at is None:
        return
    if not on_beat(at, anchor, wanted.period, now):
        yield "the next report's time differs"


def _unchanged(found: ReportSchedule, action: Action, why: str) -> ScheduleChange:
    """Return the line of a schedule that stays, or goes, as it is."""
    return ScheduleChange(
        action=action,
        report_type=found.report_type,
        marketplace_ids=found.marketplace_ids,
        period=str(found.period),
        options=found.report_options or {},
        next_report_creation_time=found.next_report_creation_time,
        report_schedule_id=found.report_schedule_id,
        why=why,
    )


def _created(
    wanted: Wanted,
    same: Sequence[ReportSchedule],
    rivals: Sequence[ReportSchedule],
    now: datetime,
) -> ScheduleChange:
    """Return the line of a schedule that is not there, or not as it should be."""
    gone = [*same, *rivals]
    whys = list(chain.from_iterable(_differences(wanted, s, now) for s in same))
    whys += [_cancelled(wanted, s) for s in rivals]
    return ScheduleChange(
        action="replace" if gone else "create",
        report_type=wanted.report_type,
        marketplace_ids=wanted.marketplace_ids,
        period=str(wanted.period),
        options=wanted.options,
        next_report_creation_time=wanted.creation_time(now),
        replaces=tuple(s.report_schedule_id for s in gone),
        why=(", ".join(dict.fromkeys(whys)) or "not there")
        + _days_twice(wanted, wanted.creation_time(now) or now),
        uncovered=_uncovered(wanted, gone, now),
        doubled=_doubled(wanted, gone, now),
    )


def _cancelled(wanted: Wanted, rival: ReportSchedule) -> str:
    """Say what a schedule cancels that is not in its place."""
    left = [i for i in rival.marketplace_ids if i not in wanted.marketplace_ids]
    none = f" ({country_codes(left)} then in none)" if left else ""
    return f"cancels {rival.report_type}: only one of a kind{none}"


def _uncovered(
    wanted: Wanted, gone: Sequence[ReportSchedule], now: datetime
) -> Window | None:
    """Return what lies between the last report of the old and the first of the new.

    A report covers the interval of its schedule, so the old one's unfinished interval
    is in no report, unless the new one's first reaches back over it. Of several old
    ones each marketplace's last report counts.
    """
    begins = _begins(wanted, now)
    ends = min(_covered(wanted, gone, now).values(), default=None)
    if begins is None or ends is None:
        return None
    return Window(ends, begins) if begins - ends > TOLERANCE else None


def _doubled(
    wanted: Wanted, gone: Sequence[ReportSchedule], now: datetime
) -> Window | None:
    """Return what lies before the last report of the old and in the first of the new.

    Since when the old one has been there, Amazon does not say.
    """
    begins = _begins(wanted, now)
    covered = _covered(wanted, gone, now)
    shared = [covered[i] for i in wanted.marketplace_ids if i in covered]
    ends = max(shared, default=None)
    if begins is None or ends is None:
        return None
    return Window(begins, ends) if ends - begins > TOLERANCE else None


def _days_twice(wanted: Wanted, at: datetime | None) -> str:
    """Say that a day would be in several reports, of a type that holds whole ones.

    Each is up to the moment of its making, and that day counts as a whole.
    """
    if not counts_last_day(wanted.entry, wanted.options):
        return ""
    day, every = timedelta(days=1), length(wanted.period) or timedelta()
    off = abs(at - midnight(at + day / 2)) if at else timedelta()
    if off <= TOLERANCE and not every % day:
        return ""
    return (
        "; its reports hold whole UTC days, so a day would be in several of them: have "
        "them made at midnight UTC (next_report_creation_time), with a period of days"
    )


def _beside(change: ScheduleChange, left: Sequence[ReportSchedule]) -> ScheduleChange:
    """Say of a wanted schedule which others stay that make reports of the same rows."""
    if change.action == "cancel":
        return change
    why = change.why
    for other in left:
        shared = set(other.marketplace_ids) & set(change.marketplace_ids)
        alike = (other.report_type, other.report_options or {})
        is_other = other.report_schedule_id != change.report_schedule_id
        if is_other and shared and alike == (change.report_type, change.options):
            why += (
                f"; schedule {other.report_schedule_id} stays in force, so rows of "
                f"{country_codes(sorted(shared))} would be there twice: cancel it"
            )
    return replace(change, why=why)


def _begins(wanted: Wanted, now: datetime) -> datetime | None:
    """Return where the first report of a new schedule begins; None where none does.

    A new schedule without a time is taken to begin its first interval now.
    """
    if wanted.entry.period == "none" or length(wanted.period) is None:
        return None
    first = wanted.creation_time(now)
    return one_earlier(first, wanted.period) if first else now


def _covered(
    wanted: Wanted, found: Iterable[ReportSchedule], now: datetime
) -> dict[str, datetime]:
    """Return up to when there are reports, by marketplace."""
    covered: dict[str, datetime] = {}
    for each in found:
        at = each.next_report_creation_time
        until = one_earlier(at, str(each.period)) if at else None
        # One that begins in time to come has made none
        if until is None or until > now:
            continue
        for place in each.marketplace_ids or wanted.marketplace_ids:
            covered[place] = max(until, covered.get(place, until))
    return covered

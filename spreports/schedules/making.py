"""Create and cancel schedules; after an unclear failure look before asking again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from spreports.api.operations import ReportsAPI
from spreports.api.retry import growing, may_have_acted
from spreports.clock import Clock
from spreports.errors import NotFoundError, SPReportsError
from spreports.reports.connection import Connection
from spreports.schedules.changes import ScheduleChange
from spreports.schedules.difference import is_in_force
from spreports.schedules.wanted import Wanted

__all__ = ["cancel", "carry_out"]

logger = logging.getLogger("spreports.schedules")

# createReportSchedule is tried this often, as other operations are (api.retry).
CREATE_TRIES = 5


def carry_out(
    connection: Connection,
    changes: Sequence[ScheduleChange],
    wanted: Sequence[Wanted],
) -> tuple[ScheduleChange, ...]:
    """Make the changes, in order.

    Parameters
    ----------
    connection : Connection
    changes : sequence of ScheduleChange
        Those of `wanted` first, in its order.
    wanted : sequence of Wanted

    Returns
    -------
    tuple of ScheduleChange
        Each with the id of the schedule that is now in force, or was cancelled.

    Raises
    ------
    APIError
        With a note that says how many changes were made.
    """
    done: list[ScheduleChange] = []
    try:
        for index, change in enumerate(changes):
            schedule_id = change.report_schedule_id
            if change.action in {"create", "replace"}:
                schedule_id = _make(connection.api, wanted[index], connection.clock)
            elif change.action == "cancel":
                cancel(connection.api, str(schedule_id))
            done.append(replace(change, report_schedule_id=schedule_id))
    except SPReportsError as exc:
        made = sum(each.action != "keep" for each in done)
        every = sum(each.action != "keep" for each in changes)
        exc.add_note(
            f"{made} of {every} changes of schedules were made; the same call makes "
            "the others"
        )
        raise
    return tuple(done)


def cancel(api: ReportsAPI, report_schedule_id: str) -> None:
    """Cancel a schedule that was there a moment ago.

    Raises
    ------
    APIError
    """
    try:
        api.cancel_report_schedule(report_schedule_id)
    except NotFoundError:
        # Gone is what it should be: by another hand, or by a request of ours whose
        # answer was lost.
        logger.info("report schedule %s was gone already", report_schedule_id)


def _make(api: ReportsAPI, wanted: Wanted, clock: Clock) -> str:
    """Create a schedule, and never a second one by accident.

    Repeating it would do no lasting harm, since Amazon replaces the first; but its id
    would be lost, and with it which reports are its own.

    Parameters
    ----------
    api : ReportsAPI
    wanted : Wanted
    clock : Clock

    Returns
    -------
    str
        The report schedule id.

    Raises
    ------
    APIError
        Refused, or failed five times and nothing was made.

    Source: Reports API v2021-06-30, createReportSchedule, Description.
    """
    arguments = wanted.arguments(clock.now())
    waits = islice(growing(), CREATE_TRIES - 1)
    while True:
        try:
            return api.create_report_schedule(**arguments, repeatable=False)
        except SPReportsError as exc:
            if not may_have_acted(exc):
                raise
            made = _read_back(api, wanted, clock)
            if made is not None:
                logger.info("createReportSchedule failed unclearly, but made %s", made)
                return made
            wait = next(waits, None)
            if wait is None:
                raise
            logger.info("createReportSchedule: nothing was made; asking again")
            clock.sleep(wait)


def _read_back(api: ReportsAPI, wanted: Wanted, clock: Clock) -> str | None:
    """Look whether the schedule is there; nobody had wanted it before."""
    found = api.get_report_schedules(report_types=[wanted.report_type])
    ids = (s.report_schedule_id for s in found if is_in_force(wanted, s, clock.now()))
    return next(ids, None)

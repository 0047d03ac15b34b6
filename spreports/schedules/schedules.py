"""Schedules of one account: seen, made as wanted, cancelled, and their reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import overload

from spreports.api.checks import MOST_FILTERS
from spreports.api.marketplaces import Marketplace
from spreports.api.models import ProcessingStatus, Report, ReportSchedule
from spreports.catalog import Catalogue, ReportType, schedule_rivals
from spreports.client.arguments import entry_of, marketplace_ids_of, since_of
from spreports.flags import check_flag
from spreports.plan.windows import Moment
from spreports.reports.connection import Connection
from spreports.reports.finished import finished_reports
from spreports.reports.reports import Reports
from spreports.schedules.changes import ScheduleChanges
from spreports.schedules.difference import difference
from spreports.schedules.harvest import (
    Harvest,
    scheduled,
    warn_of_fatal,
    warn_of_feeds,
    warn_of_overlaps,
)
from spreports.schedules.making import cancel, carry_out
from spreports.schedules.schedule import Schedule
from spreports.schedules.wanted import looked_up

__all__ = ["Schedules"]

Kind = str | ReportType


class Schedules:
    """The report schedules of one account; reached as ``client.schedules``.

    Parameters
    ----------
    connection : Connection
    catalogue : Catalogue
    """

    def __init__(self, connection: Connection, catalogue: Catalogue) -> None:
        self._connection = connection
        self._catalogue = catalogue

    def __repr__(self) -> str:
        return f"Schedules(account={self._connection.account!r})"

    def apply(
        self,
        schedules: Iterable[Schedule],
        *,
        dry_run: bool = False,
        cancel_others: bool | Sequence[Kind] = False,
        strict: bool = True,
    ) -> ScheduleChanges:
        """Make Amazon's schedules what is wanted; a second time changes nothing.

        Schedules are the same when type, marketplaces (in any order), options and
        period are, and the time of the next report where one is wanted. What differs
        is created anew: Amazon then cancels the old one of the same type and
        marketplaces, and of order reports any other one of their kind.

        Parameters
        ----------
        schedules : iterable of Schedule
            All that are wanted.
        dry_run : bool
            Show the difference and change nothing; the schedules in force are asked
            for all the same.
        cancel_others : bool or sequence of str
            True cancels all other schedules of the report types in `schedules`;
            report types, all other schedules of those. Left out, others are left
            alone.
        strict : bool
            Check the schedules against the catalogue before anything is asked.

        Returns
        -------
        ScheduleChanges
            Prints as a table, also in a notebook.

        Raises
        ------
        ValueError
            A schedule that cannot be, with the fix; nothing was asked.
        TypeError
            What is to be True or False is neither; nothing was asked.
        ConfigError
            Marketplaces of another region than the client's; nothing was asked.
        APIError
            Amazon refused. What was changed before is kept, and a note of the error
            says how much; the same call goes on from there.
        """
        dry_run, strict = check_flag("dry_run", dry_run), check_flag("strict", strict)
        wanted = looked_up(schedules, self._catalogue, strict=strict)
        self._connection.api.check_region(
            (f"schedule {each.number} ({each.report_type})", each.marketplace_ids)
            for each in wanted
        )
        types = dict.fromkeys(each.report_type for each in wanted)
        others = self._types_to_cancel(types, cancel_others=cancel_others)
        rivals = chain.from_iterable(map(schedule_rivals, types))
        found = self._in_force([*types, *rivals, *others])
        now = self._connection.clock.now()
        changes = difference(wanted, found, now=now, cancelled_types=others)
        if not dry_run:
            changes = carry_out(self._connection, changes, wanted)
        return ScheduleChanges(changes=changes, dry_run=dry_run)

    def list(
        self, report_types: Sequence[Kind] | None = None
    ) -> tuple[ReportSchedule, ...]:
        """Return the schedules in force.

        Parameters
        ----------
        report_types : sequence of str, optional
            Aliases or full types; all that can be scheduled when left out (five calls
            of getReportSchedules).

        Returns
        -------
        tuple of ReportSchedule

        Raises
        ------
        ValueError
            No such alias.
        APIError
            getReportSchedules was refused.
        """
        return self._in_force(self._types(report_types))

    def cancel(self, *report_schedule_ids: str) -> tuple[ReportSchedule, ...]:
        """Cancel schedules by their ids; the reports that they made stay.

        Parameters
        ----------
        *report_schedule_ids : str

        Returns
        -------
        tuple of ReportSchedule
            As they were, so that they can be created again.

        Raises
        ------
        NotFoundError
            There is no such schedule; the ones before it are cancelled.
        APIError
        """
        api = self._connection.api
        gone = []
        for schedule_id in report_schedule_ids:
            gone.append(api.get_report_schedule(schedule_id))
            cancel(api, schedule_id)
        return tuple(gone)

    @overload
    def harvest(  # type: ignore[overload-overlap] # a str is a Sequence[str] to mypy
        self,
        report_types: Kind,
        *,
        since: Moment = ...,
        marketplaces: Iterable[str | Marketplace] | None = ...,
        encoding: str | None = ...,
    ) -> Reports: ...

    @overload
    def harvest(
        self,
        report_types: Sequence[Kind] | None = ...,
        *,
        since: Moment = ...,
        marketplaces: Iterable[str | Marketplace] | None = ...,
        encoding: str | None = ...,
    ) -> Harvest: ...

    def harvest(
        self,
        report_types: Kind | Sequence[Kind] | None = None,
        *,
        since: Moment = "90d",
        marketplaces: Iterable[str | Marketplace] | None = None,
        encoding: str | None = None,
    ) -> Reports | Harvest:
        """Collect the finished reports that schedules have made; creates nothing.

        Those of schedules that were replaced or cancelled since are among them: a
        report names its schedule. Each covers the interval of its schedule, up to the
        time of its making; `data_start_time` and `data_end_time` (``metadata=True``)
        say which. One call of getReports for ten report types, and one for each
        further hundred reports.

        Schedules that were changed, or share a marketplace, can have made reports whose
        intervals overlap: all are there, and the logger ``spreports.schedules`` warns.
        So it does of FATAL reports, which are not there (a CANCELLED one had no data),
        and where ``client.sync`` with this store has brought the same time into a lake,
        in which the reports would be no versions of its own.

        Parameters
        ----------
        report_types : str, ReportType, or a sequence of them, optional
            One, or several; all that can be scheduled when left out.
        since : as `start` of ``client.reports``
            By time of creation; Amazon lists 90 days at the most.
        marketplaces : iterable of str or Marketplace, optional
        encoding : str, optional
            Overrides every other sign of the documents' charset.

        Returns
        -------
        Reports or Harvest
            For one report type its `Reports`, the oldest first. Else a mapping of
            report type to `Reports`: of the types named each, otherwise of those that
            have reports.

        Raises
        ------
        ValueError
            No such alias, marketplace or time.
        APIError
            getReports was refused.
        """
        one = isinstance(report_types, Kind)
        kinds = (report_types,) if isinstance(report_types, Kind) else report_types
        types = self._types(kinds)
        listed = tuple(self._ended(types, since, marketplaces))
        warn_of_fatal(listed)
        by_type = scheduled(listed)
        for name, found in by_type.items():
            warn_of_overlaps(found, types[name])
            account, windows = self._connection.account, self._connection.ledger.windows
            warn_of_feeds(found, types[name], account, windows)
        reports = {
            name: Reports(
                self._connection, entry, found=by_type.get(name, ()), encoding=encoding
            )
            for name, entry in types.items()
            if name in by_type or report_types is not None
        }
        return next(iter(reports.values())) if one else Harvest(reports)

    def _ended(
        self,
        types: Iterable[str],
        since: Moment,
        marketplaces: Iterable[str | Marketplace] | None,
    ) -> Iterator[Report]:
        """Yield the reports of these types that are finished, or FATAL."""
        now = self._connection.clock.now()
        ids = None if marketplaces is None else marketplace_ids_of(marketplaces)
        created_since = since_of(since, now)
        for ten in _tens(types):
            yield from finished_reports(
                self._connection,
                ten,
                marketplace_ids=ids,
                created_since=created_since,
                processing_statuses=(ProcessingStatus.DONE, ProcessingStatus.FATAL),
            )

    def _types(
        self, report_types: Iterable[Kind] | None, name: str = "report_types"
    ) -> dict[str, ReportType]:
        """Return entries by full type: those named, or all that can be scheduled."""
        if isinstance(report_types, str):
            raise ValueError(f"{name} is one string: give [{report_types!r}]")
        entries = (
            (e for e in self._catalogue.entries() if e.schedulable)
            if report_types is None
            else (entry_of(kind, self._catalogue) for kind in report_types)
        )
        return {entry.report_type: entry for entry in entries}

    def _types_to_cancel(
        self, wanted: Iterable[str], *, cancel_others: bool | Sequence[Kind]
    ) -> tuple[str, ...]:
        """Return the report types whose other schedules are to go."""
        if not isinstance(cancel_others, Iterable):
            return tuple(wanted) if check_flag("cancel_others", cancel_others) else ()
        return tuple(self._types(cancel_others, "cancel_others"))

    def _in_force(self, report_types: Iterable[str]) -> tuple[ReportSchedule, ...]:
        """Ask for the schedules of any number of report types."""
        found: dict[str, ReportSchedule] = {}
        for ten in _tens(dict.fromkeys(report_types)):
            for each in self._connection.api.get_report_schedules(report_types=ten):
                found[each.report_schedule_id] = each
        return tuple(found.values())


def _tens(report_types: Iterable[str]) -> Iterator[tuple[str, ...]]:
    """Yield the report types of each call."""
    rest = iter(report_types)
    while ten := tuple(islice(rest, MOST_FILTERS)):
        yield ten

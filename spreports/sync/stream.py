"""A feed with all that decides its windows: what the catalogue knows, filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from spreports.api.checks import CLOCK_SKEW
from spreports.catalog import ReportType, period_of
from spreports.catalog.periods import counts_last_day, end_of_rows, goes_by_dates
from spreports.ledger import LakeWindow
from spreports.plan.windows import Window, midnight
from spreports.reports.provenance import options_text
from spreports.reports.request import ReportRequest

__all__ = ["Kind", "Stream", "kind_of"]


class Kind(StrEnum):
    """Where a feed's windows come from."""

    DATED = "dated"
    SNAPSHOT = "snapshot"
    LISTED = "listed"


def kind_of(entry: ReportType, options: Mapping[str, str], *, says_dates: bool) -> Kind:
    """Say whether a type goes by dates, shows the present, or is made by Amazon.

    Parameters
    ----------
    entry : ReportType
    options : mapping of str to str
    says_dates : bool
        Whether the user named a first day or a look-back.
    """
    if not entry.requestable:
        return Kind.LISTED
    if entry.period == "none":
        return Kind.SNAPSHOT
    dated = says_dates or goes_by_dates(entry, options)
    return Kind.DATED if dated else Kind.SNAPSHOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One feed of one account, ready to be planned.

    Attributes
    ----------
    entry : ReportType
    kind : Kind
    account : str
        Fingerprint of the credentials, or SPREPORTS_ACCOUNT.
    marketplace_ids : tuple of str
    options : mapping of str to str
    since : datetime or None, aware, UTC
        None only for what Amazon makes: as far back as it lists.
    rolls : bool
        Whether `since` goes on with the clock: a duration back from now.
    lookback_days : int
    partition_by : tuple of str
    """

    entry: ReportType
    kind: Kind
    account: str
    marketplace_ids: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None
    rolls: bool = False
    lookback_days: int
    partition_by: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Name this feed in the ledger by all that decides its rows."""
        return json.dumps(
            {
                "account": self.account,
                "reportType": self.entry.report_type,
                "marketplaceIds": sorted(self.marketplace_ids),
                "reportOptions": options_text(self.options),
            },
            sort_keys=True,
        )

    @property
    def label(self) -> str:
        """What people call it."""
        return self.entry.alias or self.entry.report_type

    @property
    def period(self) -> str | None:
        """Length of the calendar periods that its windows follow, if they do."""
        return period_of(self.entry, self.options)

    def leaves_out(self, window: LakeWindow) -> bool:
        """Whether the lake lacks a window that ended before the day the user named.

        What a `since` that rolls has merely passed is still wanted.
        """
        if self.rolls or self.since is None or window.end is None:
            return False
        return window.end <= self.since and window.created_time is None

    def is_early(self, start: datetime, end: datetime, made: datetime) -> bool:
        """Whether a report was made before its last day, of dataEndTime, was over.

        A schedule's is up to the moment of its making: no version of any window. A day
        so far that we asked for is one, and has the same dates as when it is over.
        """
        if not counts_last_day(self.entry, self.options):
            return False
        if (start, end) == (midnight(start), midnight(end)):
            return end_of_rows(self.entry, self.options, start, end, made) <= end
        return made + CLOCK_SKEW < midnight(end) + timedelta(days=1)

    def request(
        self, window: Window | None, newer_than: datetime | None
    ) -> ReportRequest:
        """Return what is asked for one window."""
        return ReportRequest(
            entry=self.entry,
            marketplace_ids=self.marketplace_ids,
            options=self.options,
            window=window,
            newer_than=newer_than,
        )

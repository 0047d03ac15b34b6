"""One report to ask for: type, marketplaces, options, window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from spreports.api.marketplaces import as_told
from spreports.api.models import Report
from spreports.catalog import ReportType
from spreports.catalog.periods import counts_last_day
from spreports.ledger import request_key
from spreports.plan.windows import Window, asked_end

__all__ = [
    "ReportRequest",
    "legacy_charset",
    "marketplace_code",
    "metadata",
    "requests_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRequest:
    """What createReport is told.

    Attributes
    ----------
    entry : ReportType
    marketplace_ids : tuple of str, 1 to 25
    options : mapping of str to str
    window : Window or None
    newer_than : datetime or None, aware
        Reports made then or before are too old to be adopted; the key does not tell.
    """

    entry: ReportType
    marketplace_ids: tuple[str, ...]
    options: Mapping[str, str] = field(default_factory=dict)
    window: Window | None = None
    newer_than: datetime | None = None

    @property
    def data_start_time(self) -> datetime | None:
        """What createReport is told as dataStartTime."""
        return self.window.start if self.window else None

    @property
    def data_end_time(self) -> datetime | None:
        """What createReport is told as dataEndTime."""
        if self.window is None:
            return None
        return asked_end(self.entry, self.window, self.options)

    @property
    def metadata(self) -> dict[str, str | datetime | None]:
        """What of `metadata` is known before there is a report."""
        return {
            "report_type": self.entry.report_type,
            "marketplace": marketplace_code(self.marketplace_ids),
            "data_start_time": self.data_start_time,
            "data_end_time": self.data_end_time,
        }

    @property
    def key(self) -> str:
        """Name this request in the ledger."""
        return request_key(
            self.entry.report_type,
            self.marketplace_ids,
            self.options,
            self.data_start_time,
            self.data_end_time,
        )

    def describes(self, report: Report) -> bool:
        """Whether `report` covers the same type, marketplaces and window.

        Options are not compared: Amazon does not tell them.
        """
        return (
            report.report_type == self.entry.report_type
            and set(report.marketplace_ids or ()) == set(self.marketplace_ids)
            and (
                self.window is None
                or self._span(report.data_start_time, report.data_end_time)
                == self._span(self.data_start_time, self.data_end_time)
            )
        )

    def _span(self, start: datetime | None, end: datetime | None) -> tuple[object, ...]:
        """Return what of two times makes a difference to the rows."""
        if counts_last_day(self.entry, self.options):
            return tuple(each and each.astimezone(UTC).date() for each in (start, end))
        return start, end


def requests_of(
    entry: ReportType,
    groups: Sequence[tuple[str, ...]],
    options: Mapping[str, str],
    windows: Sequence[Window | None],
) -> list[ReportRequest]:
    """Return one request for each window and group of marketplaces, in that order."""
    return [
        ReportRequest(entry=entry, marketplace_ids=ids, options=options, window=window)
        for window in windows
        for ids in groups
    ]


def metadata(report: Report) -> dict[str, str | datetime | date | None]:
    """Return the metadata columns of one report, by name.

    Returns
    -------
    dict
        ``report_id``, ``report_type``, ``marketplace`` (its country code, only when
        the report covers one), ``data_start_time``, ``data_end_time`` (aware, UTC),
        ``date`` (UTC day of ``data_start_time``).
    """
    start = report.data_start_time
    return {
        "report_id": report.report_id,
        "report_type": report.report_type,
        "marketplace": marketplace_code(report.marketplace_ids),
        "data_start_time": start,
        "data_end_time": report.data_end_time,
        "date": start.date() if start else None,
    }


def legacy_charset(marketplace_ids: tuple[str, ...] | None) -> str | None:
    """Return the charset that older flat files of these marketplaces use."""
    for marketplace_id in marketplace_ids or ():
        charset = as_told(marketplace_id).legacy_charset
        if charset:
            return charset
    return None


def marketplace_code(marketplace_ids: tuple[str, ...] | None) -> str | None:
    """Return the country code of the only marketplace; None where there are more.

    A marketplace that we do not know goes by what Amazon calls it, an empty text by
    nothing: an empty note of a lake reads back so, too.
    """
    if not marketplace_ids or len(marketplace_ids) > 1:
        return None
    told = marketplace_ids[0]
    return as_told(told).country_code or told or None

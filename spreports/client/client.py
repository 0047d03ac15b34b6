"""Client: one account in one region, and all that can be asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from typing import Self

from spreports.api.checks import check_id
from spreports.api.connection import connect_api
from spreports.api.endpoint import is_loopback
from spreports.api.marketplaces import Marketplace
from spreports.api.operations import ReportsAPI
from spreports.api.throttle import Throttle
from spreports.catalog import ReportType
from spreports.client.arguments import (
    document_entry,
    entry_of,
    groups_of,
    marketplace_ids_of,
    option_texts,
    since_of,
    windows_of,
)
from spreports.client.scheduling import Scheduling
from spreports.client.settings import Settings
from spreports.client.syncing import Syncing
from spreports.clock import Clock, StoppableClock, SystemClock
from spreports.ledger import Ledger
from spreports.load.store import Store
from spreports.plan.windows import Moment
from spreports.quota import CoolDowns, QuotaFile, SharedBuckets
from spreports.reports.connection import Connection
from spreports.reports.document import Document
from spreports.reports.examine import Examiner
from spreports.reports.finished import document_by_id, finished_reports
from spreports.reports.notices import Notices, Watch
from spreports.reports.outcome import Outcome
from spreports.reports.planning import refuse_too_old
from spreports.reports.reports import Reports
from spreports.reports.request import requests_of
from spreports.reports.settlements import distinct
from spreports.reports.ways_out import OnEmpty

# What the store may hold when a client is made; the least recently used goes first.
STORE_BYTES = 20 << 30


class Client(Syncing, Scheduling):
    """One account in one region, by ``spreports.connect(...)``; a context manager.

    Parameters
    ----------
    settings : Settings
    clock : Clock
    on_close : callable, optional
        Called once, last, when the client is closed or cannot be made.
    notices : Notices, optional
        Tells which reports are finished.

    Attributes
    ----------
    api : ReportsAPI
        The thin layer: nine operations, named as in the reference.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        on_close: Callable[[], None] | None = None,
        notices: Notices | None = None,
    ) -> None:
        self._clock = StoppableClock(clock or SystemClock())
        self._closed = False
        self._catalogue = settings.catalogue
        with ExitStack() as opened:
            opened.callback(on_close or (lambda: None))
            self._open(settings, notices, opened)
            self._opened = opened.pop_all()

    def _open(self, settings: Settings, notices: Notices | None, to: ExitStack) -> None:
        """Open what a client needs; `to` closes it again."""
        account = self._account = settings.account
        store = Store(settings.home)
        store.sweep()
        store.trim(STORE_BYTES)
        quota = QuotaFile(store.home / "quota.sqlite")
        to.callback(quota.close)
        throttle = Throttle(self._clock, SharedBuckets(quota, account, self._clock))
        self.api: ReportsAPI = connect_api(
            settings.credentials,
            region=settings.region,
            region_by=settings.region_by,
            endpoint=settings.endpoint,
            token_url=settings.token_url,
            clock=self._clock,
            throttle=throttle,
        )
        to.callback(self.api.close)
        ledger = Ledger(store.home / "ledger.sqlite")
        to.callback(ledger.close)
        self._connection = Connection(
            api=self.api,
            store=store,
            ledger=ledger,
            account=account,
            clock=self._clock,
            throttle=throttle,
            cooldowns=CoolDowns(quota, account, self._clock),
            watch=Watch(notices, self._clock),
            loopback=settings.endpoint is not None and is_loopback(settings.endpoint),
        )
        for document_id in ledger.orphans(account, self._clock.now()):
            self._forget(document_id)

    def __repr__(self) -> str:
        return f"Client(account={self._account!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections, ledger and a simulator started with it; twice is fine.

        Lazy frames stay usable, except those of restricted reports, whose personal data
        is deleted here, and those over a simulator's throw-away store. What a killed
        process has left of such data goes when the account's next client of that store
        is made; on another host (container) a day after it came, killed or not.
        """
        if self._closed:
            return
        self._closed = True
        self._clock.close()
        with self._opened:
            for document_id in tuple(self._connection.private):
                self._forget(document_id)

    def _forget(self, document_id: str) -> None:
        """Delete a restricted document and what was made of it."""
        connection = self._connection
        connection.store.forget(connection.account, document_id)
        connection.ledger.forget_document(connection.account, document_id)
        connection.private.discard(document_id)

    def reports(
        self,
        report_type: str | ReportType,
        *,
        start: Moment | None = None,
        end: Moment | None = None,
        marketplaces: Iterable[str | Marketplace] | None = None,
        options: Mapping[str, str] | None = None,
        per_marketplace: bool = False,
        reuse: bool = True,
        strict: bool = True,
        encoding: str | None = None,
        on_empty: OnEmpty = "frame",
    ) -> Reports:
        """Describe reports; nothing is asked before one of the ways out is used.

        Parameters
        ----------
        report_type : str or ReportType
            Alias, full type, also an unknown one, or an entry of your own.
        start, end : date, aware datetime, ISO string, or a duration back from now
            Half-open, ``[start, end)``; `end` is now when left out. A window longer
            than the type allows is cut into slices, one report each. By whole days, a
            date or midnight is the day it names; durations and now are cut to UTC days.
            A duration, or no `end`, is another window at each call: for files that are
            kept give two dates, or use `sync`.
        marketplaces : iterable of str or Marketplace, 1 to 25
            Country codes (``"DE"``, ``"UK"``) or marketplace ids, of one region.
        options : mapping of str to str, optional
            ``reportOptions``.
        per_marketplace : bool
            One report for each instead of one for all (more calls); so it always is
            where a report can hold only one's rows: `listings`, `sales_and_traffic`.
        reuse : bool
            Adopt a report that exists, ours or anybody's, instead of creating it again
            where type, window, marketplaces and options are known to be the same.
        strict : bool
            Check the request against the catalogue before quota is spent.
        encoding : str, optional
            Overrides every other sign of the documents' charset.
        on_empty : ``"frame"`` or ``"raise"``
            No rows in all reports together are a frame with the right columns, or a
            `ReportEmptyError` from whichever way out is used.

        Returns
        -------
        Reports

        Raises
        ------
        ValueError, TypeError
            A mistake in the request, with the fix.
        """
        entry = self._entry(report_type)
        groups = groups_of(entry, marketplaces, per_marketplace=per_marketplace)
        chosen = option_texts(options)
        now = self._connection.now() if end is None else self._clock.now()
        windows = windows_of(entry, chosen, (start, end), now, strict=strict)
        requests = requests_of(entry, groups, chosen, windows)
        if strict:
            refuse_too_old(self._connection, entry, requests, now, reuse=reuse)
        return Reports(
            self._connection,
            entry,
            requests,
            reuse=reuse,
            encoding=encoding,
            on_empty=on_empty,
        )

    def existing(
        self,
        report_type: str | ReportType,
        *,
        since: Moment = "90d",
        marketplaces: Iterable[str | Marketplace] | None = None,
        encoding: str | None = None,
        on_empty: OnEmpty = "frame",
    ) -> Reports:
        """List finished reports that exist at Amazon; creates nothing.

        The only way to reports that Amazon makes by itself, such as settlements.
        Each report document is listed once, and each settlement: those that begin
        within a day, or have no times, are brought to read their settlement ids.

        Parameters
        ----------
        report_type : str or ReportType
            Alias, full type, or an entry of your own.
        since : as `start` of `reports`
            By time of creation; Amazon lists 90 days at the most.
        marketplaces : iterable of str or Marketplace, optional
        encoding, on_empty : as in `reports`

        Returns
        -------
        Reports
            Oldest first.

        Raises
        ------
        APIError, DownloadError
            getReports was refused, or a settlement to be told apart did not arrive.
        ValueError, TypeError
            As `reports`.
        """
        entry = self._entry(report_type)
        places = () if marketplaces is None else marketplace_ids_of(marketplaces)
        found = finished_reports(
            self._connection,
            [entry.report_type],
            marketplace_ids=places,
            created_since=since_of(since, self._clock.now()),
        )
        with_document = [report for report in found if report.report_document_id]
        return Reports(
            self._connection,
            entry,
            found=distinct(self._connection, entry, with_document),
            encoding=encoding,
            on_empty=on_empty,
        )

    def document(
        self,
        report_document_id: str,
        *,
        report_type: str | ReportType | None = None,
        encoding: str | None = None,
    ) -> Document:
        """Return one report document by its id; `ValueError`, `TypeError` for none.

        Parameters
        ----------
        report_document_id : str
        report_type : str or ReportType, optional
            Alias, full type, or an entry of your own; without it the format is
            sniffed and cells stay text.
        encoding : str, optional
            Overrides every other sign of the charset.

        Returns
        -------
        Document
        """
        check_id("report_document_id", report_document_id)
        entry = document_entry(report_type, self._catalogue)
        typed = report_type is not None
        return document_by_id(
            self._connection, entry, report_document_id, encoding=encoding, typed=typed
        )

    def outcome(self, report_id: str) -> Outcome:
        """Say what became of one report, whoever asked for it; see `Outcome`.

        Costs getReport; getReportDocument for the reason of a FATAL one, and getReports
        where a cool-down may have been the cause. Raises `ConfigError`, `APIError`, and
        for no id `ValueError`.
        """
        report = self.api.get_report(report_id)
        examiner = Examiner(self._connection, self._entry(report.report_type))
        return examiner.outcome(report, {})

    def _entry(self, report_type: str | ReportType) -> ReportType:
        """Return the catalogue's entry, or the caller's own."""
        return entry_of(report_type, self._catalogue)

"""Client.sync: from what a user says of a lake to a run."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn, cast

from spreports.catalog import Catalogue, ReportType
from spreports.client.arguments import (
    check_by_catalogue,
    check_first,
    entry_of,
    groups_of,
    logger,
    marketplace_ids_of,
    option_texts,
    whole_region,
)
from spreports.flags import check_flag
from spreports.load.urls import check_place
from spreports.plan.windows import as_written, moment
from spreports.reports.asking import patience_of
from spreports.reports.connection import Connection
from spreports.reports.folders import check_folders
from spreports.reports.progress import OnProgress, check_progress
from spreports.reports.provenance import options_text
from spreports.reports.sinks import check_format
from spreports.sync.calendar import plan_dated
from spreports.sync.feed import Feed, days_of, format_said
from spreports.sync.quality import POLICIES, OnDrift
from spreports.sync.result import SyncResult
from spreports.sync.run import NIGHT_SECONDS, run
from spreports.sync.stream import Kind, Stream, kind_of

__all__ = ["Syncing"]

DEFAULT_SINCE = "30d"
DEFAULT_LOOKBACK_DAYS = 7
# Formats that are no table: PDF, ZIP of PDFs.
NO_TABLE = {"pdf", "zip"}


class Syncing:
    """What a client does for lakes; a part of `Client`."""

    _connection: Connection
    _catalogue: Catalogue

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self._connection.__reduce_ex__(protocol)

    def sync(
        self,
        feeds: Sequence[Feed] | Feed,
        to: str | os.PathLike[str],
        *,
        storage_options: Mapping[str, Any] | None = None,
        format: str | None = None,  # noqa: A002 - as in `Reports.sink`
        dry_run: bool = False,
        on_drift: OnDrift = "evolve",
        retry_gaps: bool = False,
        refill: bool = False,
        timeout: float | None = None,
        on_progress: OnProgress | None = None,
    ) -> SyncResult:
        """Keep a lake up to date: ask for what is missing, late, failed or restated.

        Safe to kill, to repeat and to run late. Windows are whole UTC days up to the
        last midnight. Each type lies in a folder of its own below `to`,
        ``<REPORT_TYPE>/`` or ``<REPORT_TYPE>/<table>/``; a window that is asked for
        again gets files of its own, and the older ones stay.

        With ``format="delta"`` each of these folders is a Delta table: several hosts
        may keep the same feeds, each report is committed once, and a window that is
        asked for again replaces its older rows in one commit. What other hosts have
        brought is read from the table at the start of a run. Have the first run of a
        new lake end before a second host joins: windows are cut by the day of the run.

        Parameters
        ----------
        feeds : sequence of Feed
        to : str or path
            The lake: a path or any fsspec URL.
        storage_options : mapping, optional
            For fsspec.
        format : ``"parquet"`` or ``"delta"``, optional
            Left out: what the file says that the feeds were read from, else Parquet. A
            lake stays what it was begun as.
        dry_run : bool
            Only say what is due; nothing is asked of Amazon, nothing written.
        on_drift : ``"evolve"``, ``"warn"`` or ``"fail"``
            What becomes of a window whose columns or cells differ from what the lake
            has: taken in and told in ``.quality``; the same, and a warning of the
            logger ``spreports.sync`` for each difference; or held back as failed.
        retry_gaps : bool
            Try once more what was given up, ever. What cannot be had is told by a
            warning of the logger ``spreports.sync``, and as a gap no more.
        refill : bool
            Ask again for what the ledger knows of a lake and the lake has no more:
            single windows, or all of a feed, from its `since` on. Markers whose files
            are gone are taken away first: run no `Lake.compact`, `purge` or `protect`
            beside it. Of a Delta table that is what `DeltaTable.restore` took back, as
            long as the table's log tells it (30 days by default), or what an older copy
            lacks; rows that were deleted on purpose are not asked for: to have those
            again, restore the table.
        timeout : float, seconds, optional
            For Amazon to finish, and to wait for cool-downs; nine hours when left out.
        on_progress : callable, optional
            Called with a `Progress` after each change, and twice a minute.

        Returns
        -------
        SyncResult
            What failed is in it, and what is given up; neither stops the others.

        Raises
        ------
        TypeError
            No `Feed`, place, number of seconds, or True or False where one belongs.
        ValueError
            No feed, or one that cannot be, such as without a table or twice the same,
            one whose first day lies in the future or before 1995, or that no document
            could be partitioned by.
        ConfigError
            Feeds of different regions, or of another one than this client's.
        BusyError
            Another run keeps one of these feeds of this lake.
        SinkError
            The lake cannot be read or written to, was begun in the other format, or is
            gone: deleted, moved, or on a disk that is not mounted; or lacks reports
            that the ledger knows there, as an older copy does, or a Delta table that
            was restored to an older version. Or it has the feed by
            another account of the same seller, or one of its marketplaces by another
            feed, of whatever options.
        UnauthorizedError
            The credentials are refused.
        """
        if on_drift not in POLICIES:
            raise ValueError(f"on_drift={on_drift!r} is none of {POLICIES}")
        flags = {"dry_run": dry_run, "retry_gaps": retry_gaps, "refill": refill}
        for name, value in flags.items():
            check_flag(name, value)
        check_progress(on_progress)
        asked = _feeds(feeds)
        written = format_said(asked) if format is None else format
        check_format(written)
        check_place(to, storage_options, "to")
        patience = patience_of(timeout, NIGHT_SECONDS)
        streams = self._streams(asked, written)
        return run(
            self._connection,
            streams,
            to,
            storage_options=storage_options,
            format=written,
            on_drift=on_drift,
            dry_run=dry_run,
            retry_gaps=retry_gaps,
            refill=refill,
            timeout=patience,
            on_progress=on_progress,
        )

    def _streams(self, feeds: Sequence[Feed], format: str) -> list[Stream]:  # noqa: A002 - as in `sync`
        """Fill in all feeds; a mistake is told with the number of its feed."""
        streams: dict[str, tuple[int, Stream]] = {}
        places: list[tuple[str, tuple[str, ...]]] = []
        for number, feed in enumerate(feeds, 1):
            name = feed.report_type
            if isinstance(name, ReportType):
                name = name.alias or name.report_type
            try:
                mine = [self._stream(one, format) for one in self._apart(feed)]
            except ValueError as exc:
                raise ValueError(f"feed {number} ({name}): {exc}") from None
            for stream in mine:
                if stream.key in streams:
                    raise ValueError(
                        f"feed {number} ({name}): the same type, marketplaces and "
                        f"options as feed {streams[stream.key][0]}; leave one of them "
                        "out"
                    )
                streams[stream.key] = number, stream
                places.append((f"feed {number} ({name})", stream.marketplace_ids))
        self._connection.api.check_region(places)
        found = [stream for _, stream in streams.values()]
        _warn_of_regions(found)
        return found

    def _apart(self, feed: Feed) -> list[Feed]:
        """Return a feed, or one of each marketplace where a report holds only one's."""
        entry = entry_of(feed.report_type, self._catalogue)
        groups = groups_of(entry, feed.marketplaces)
        return [replace(feed, marketplaces=ids) for ids in groups]

    def _stream(
        self,
        feed: Feed,
        format: str = "parquet",  # noqa: A002 - as in `sync`
    ) -> Stream:
        """Fill in what the catalogue knows, and check the feed against it."""
        entry = entry_of(feed.report_type, self._catalogue)
        if entry.format in NO_TABLE:
            raise ValueError(f"{entry.report_type} is no table: a lake cannot hold it")
        options = option_texts(feed.options)
        now = self._connection.clock.now()
        says = feed.since is not None or feed.lookback is not None
        kind = kind_of(entry, options, says_dates=says)
        default_since = None if kind == Kind.LISTED else DEFAULT_SINCE
        first = default_since if feed.since is None else feed.since
        restated = entry.restated_days
        default = DEFAULT_LOOKBACK_DAYS if restated is None else restated
        folders = check_folders(entry, feed.partition_by, format=format)
        since = None if first is None else moment(first, now, "since")
        if since is not None and since > now:
            raise ValueError(
                f"since={first} lies in the future: there is nothing to keep before "
                "that day has come"
            )
        if since is not None and kind == Kind.DATED:
            check_first("since", since)
        stream = Stream(
            entry=entry,
            kind=kind,
            account=self._connection.account,
            marketplace_ids=marketplace_ids_of(feed.marketplaces),
            options=options,
            since=since,
            rolls=first is not None
            and isinstance(as_written(first, "since"), timedelta),
            lookback_days=default if feed.lookback is None else days_of(feed.lookback),
            partition_by=folders,
        )
        if kind == Kind.DATED:
            new = plan_dated(stream, (), now)
            check_by_catalogue(entry, [due.span for due in new.due], options, now)
        elif kind == Kind.SNAPSHOT:
            check_by_catalogue(entry, [None], options, now)
        return stream


def _warn_of_regions(streams: Sequence[Stream]) -> None:
    """Warn of feeds of which each holds the same rows."""
    seen: set[tuple[str, str]] = set()
    for stream in streams:
        feed = (stream.entry.report_type, options_text(stream.options))
        if stream.entry.marketplaces_used == "none" and feed in seen:
            logger.warning("%s", whole_region(stream.entry, "a feed for each of them"))
        seen.add(feed)


def _feeds(feeds: Iterable[Feed] | Feed) -> list[Feed]:
    """Read one feed or several."""
    # Who does not check types gives anything
    several = isinstance(feeds, Iterable) and not isinstance(feeds, Feed)
    asked = list(cast("Iterable[Feed]", feeds) if several else [cast("Feed", feeds)])
    for feed in asked:
        if not isinstance(feed, Feed):
            raise TypeError(f"{feed!r} is no Feed: spreports.Feed(...) makes one")
    if not asked:
        # Such as what a filter has left of them: a success would go unseen for weeks
        raise ValueError("feeds is empty: give at least one spreports.Feed(...)")
    return asked

"""What one lake has of each feed, read once and written through to the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from spreports.api.checks import LISTED_FOR
from spreports.api.models import Report
from spreports.ledger import LakeMarker, LakeWindow, WindowState
from spreports.reports.connection import Connection
from spreports.reports.request import ReportRequest
from spreports.sync.delta_looks import DeltaLooks
from spreports.sync.emptied import emptied_report, land_emptied, note_emptied
from spreports.sync.failing import after_failure
from spreports.sync.feed_note import FeedNote, fitting, read_note, write_note
from spreports.sync.known import Known
from spreports.sync.lakeside import Lakeside
from spreports.sync.landing import Landed, PurgedError, own_markers
from spreports.sync.last_columns import LakeColumns
from spreports.sync.overlap import insist_on_apart
from spreports.sync.quality import LastColumns
from spreports.sync.rebuild_delta import made_in_delta, snapshot_key
from spreports.sync.result import MissingWindow
from spreports.sync.roots import lake_name
from spreports.sync.sellers import insist_on_one_account
from spreports.sync.stream import Kind, Stream
from spreports.sync.turn import Land, Turn

__all__ = ["Book"]

# Of a clock that is ahead by less, the name of a snapshot made about midnight stays
FAR_AHEAD = timedelta(hours=6)
# A listing that is to come by no more is one by a right clock, and this one is behind
BEHIND = timedelta(days=1)


class Book:
    """The windows of one lake.

    Parameters
    ----------
    connection : Connection
    to : str
    storage_options : mapping or None
    format : ``"parquet"`` or ``"delta"``
    refill : bool
        Ask again for what a lake has lost.
    """

    def __init__(
        self,
        connection: Connection,
        to: str,
        storage_options: Mapping[str, Any] | None,
        format: str,  # noqa: A002 - as in `sink`
        *,
        refill: bool,
    ) -> None:
        self._connection = connection
        is_delta = format == "delta"
        self.lake = lake_name(to, storage_options) + (" (delta)" if is_delta else "")
        self._place = Lakeside(
            name=self.lake,
            to=to,
            storage_options=storage_options,
            is_delta=is_delta,
            refill=refill,
            looks=DeltaLooks(self.lake, storage_options, connection.ledger.counts),
        )
        self._columns = LakeColumns(self._place)
        self._read: dict[str, Known] = {}
        self._known: dict[str, dict[str, LakeWindow]] = {}
        self._turns: dict[str, Turn] = {}
        self._notes: dict[str, FeedNote] = {}

    def windows(self, stream: Stream) -> tuple[LakeWindow, ...]:
        """Return what is known of a feed; by the lake where that has more.

        Raises
        ------
        SinkError
            The lake cannot be read, or lacks what the ledger knows there.
        """
        return tuple(self._of(stream).values())

    def purged(self, stream: Stream) -> datetime | None:
        """See `Known.purged`."""
        self._of(stream)
        return self._read[stream.key].purged

    def made(self, stream: Stream) -> tuple[datetime, ...]:
        """Return when Amazon made what the lake has of a feed, as far as that is known.

        Raises
        ------
        SinkError
            The lake cannot be read.
        """
        windows = self.windows(stream)
        made = tuple(w.created_time for w in windows if w.created_time is not None)
        return made or tuple(made_in_delta(stream, self._place))

    def _of(self, stream: Stream) -> dict[str, LakeWindow]:
        if stream.key not in self._known:
            ledger, now = self._connection.ledger.windows, self._connection.clock.now()
            turn = self._turns[stream.key] = Turn(stream, self._place)
            # Before the markers: rows that come meanwhile count more
            note = read_note(stream, turn.names, self._place)
            read = Known.of(stream, ledger, self._place, now, note.windows)
            note = fitting(note, read.windows, read.purged)
            self._read[stream.key], self._notes[stream.key] = read, note
            self._known[stream.key] = {window.name: window for window in read.windows}
        return self._known[stream.key]

    def turn(self, stream: Stream, window: LakeWindow) -> Land:
        """Return what lands a window, unless others have landed its days meanwhile."""
        known = self._of(stream)
        is_new = not window.rows or window.name in self._read[stream.key].rowless
        land = self._turns[stream.key].land
        return partial(land, window, known, is_new=is_new)

    def insist_on_one_copy(self, stream: Stream, streams: Sequence[Stream]) -> None:
        """Raise a SinkError where the same rows would be there twice."""
        windows, read = self.windows(stream), self._read[stream.key]
        if all(w.created_time is None or w.name in read.noted for w in windows):
            others, place = read.others, self._place
            ledger = self._connection.ledger.windows
            insist_on_apart(stream, streams, ledger, others, place)
            insist_on_one_account(stream, self._connection, others, place)

    def keep(self, stream: Stream) -> None:
        """Write down what was read from the lake: the ledger knows it from now on.

        All at once: of a part of it, the next run would take the rest for missing. What
        is broken goes first: while the ledger knows of it, it is missed. Of snapshots
        it goes last: older ones are missed by their markers alone.
        """
        read = self._read[stream.key]
        if stream.kind != Kind.SNAPSHOT:
            read.take_away_broken()
        ledger, now = self._connection.ledger.windows, self._connection.clock.now()
        feed, (changed, gone) = (self.lake, stream.key), read.changes()
        if read.begun_anew:
            ledger.begin_anew(*feed, read.windows, now, read.markers)
        elif changed or gone or read.markers:
            ledger.put_all(*feed, changed, now, read.markers, without=gone)
        if stream.kind == Kind.SNAPSHOT:
            read.take_away_broken()
        self._place.looks.keep()

    def clear_killed(self, stream: Stream) -> None:
        """See `Known.clear_killed`."""
        self._read[stream.key].clear_killed()

    def put(
        self, stream: Stream, window: LakeWindow, markers: Sequence[LakeMarker] = ()
    ) -> None:
        """Write a window, and the markers that its rows have."""
        ledger, now = self._connection.ledger.windows, self._connection.clock.now()
        ledger.put(self.lake, stream.key, window, now, markers)
        self._of(stream)[window.name] = window

    def forget(self, stream: Stream, window: LakeWindow) -> None:
        """Let go of a window: others hold its days now."""
        ledger, now = self._connection.ledger.windows, self._connection.clock.now()
        ledger.put_all(self.lake, stream.key, (), now, without=[window.name])
        del self._of(stream)[window.name]

    def as_dated(self, stream: Stream, window: LakeWindow) -> LakeWindow:
        """Return a snapshot by Amazon's day, where a clock far ahead named it.

        By a day to come, it would be replaced once that day is there. What the lake has
        of Amazon's day is not to be replaced either.
        """
        ahead = timedelta(seconds=self._connection.seconds_ahead())
        if stream.kind != Kind.SNAPSHOT or ahead < FAR_AHEAD:
            return window
        today = (self._connection.clock.now() - ahead).date().isoformat()
        if today >= window.name or today in self._of(stream):
            return window
        return replace(window, name=today)

    def version_of(self, stream: Stream, window: LakeWindow) -> str | None:
        """Return what a window's rows are a version of, where no request tells."""
        is_untold = self._place.is_delta and stream.kind == Kind.SNAPSHOT
        return snapshot_key(stream, window.name) if is_untold else None

    def last(self, stream: Stream) -> dict[str, LastColumns]:
        """See `LakeColumns.last`."""
        return self._columns.last(stream, self.windows(stream))

    def emptied(
        self, stream: Stream, report: Report, request: ReportRequest | None
    ) -> Landed:
        """Land what says that there is no data: of a snapshot, one without rows."""
        if self._place.is_delta or stream.kind != Kind.SNAPSHOT:
            return Landed()
        known = self.windows(stream)
        return land_emptied(stream, known, report, request, self._place)

    def listed(self, stream: Stream) -> datetime | None:
        """Return when a feed was last listed, by whichever host, if that is known."""
        self._of(stream)
        listed = self._connection.ledger.windows.listed(self.lake, stream.key)
        times = (listed, self._notes[stream.key].listed)
        now = self._connection.clock.now()
        # One that is to come by more is by a clock that was ahead
        past = [min(time, now) for time in times if time and time <= now + BEHIND]
        return max(past, default=None)

    def note(self, stream: Stream) -> None:
        """Note beside a lake what its files do not tell of a feed."""
        listed, known = self.listed(stream), self.windows(stream)
        read, note = self._read[stream.key], self._notes[stream.key]
        write_note(
            stream,
            known,
            note,
            self._place,
            listed=listed,
            purged=read.purged,
            absent=read.absent,
        )
        note_emptied(stream, known, self._place, is_listed=bool(listed))

    def land_emptied_again(self, stream: Stream) -> None:
        """Land the newest snapshot without rows that the lake lacks; ask nobody."""
        if stream.kind != Kind.SNAPSHOT:
            return
        lacking = self._read[stream.key].emptied
        for window in sorted(lacking, key=lambda w: w.made)[-1:]:
            known = [w for w in self.windows(stream) if w not in lacking]
            report, request = emptied_report(stream, window), stream.request(None, None)
            landed = land_emptied(stream, known, report, request, self._place)
            if landed.tables:
                now = replace(window, tables=landed.tables, files=landed.written.files)
                markers = own_markers(stream, report.report_id, landed)
                self.put(stream, now, markers)

    def committed(
        self,
        stream: Stream,
        window: LakeWindow,
        report: Report,
        landed: Landed,
        sha256: str | None,
    ) -> None:
        """Write that the lake has a version of a window.

        One without rows counts how often in a row Amazon has said so.
        """
        was_empty = window.created_time is not None and not window.tables
        said = max(window.tries, 1) + 1 if was_empty else 1
        self.put(
            stream,
            replace(
                window,
                state=WindowState.COMMITTED,
                tries=0 if landed.tables else said,
                error_kind=None,
                error=None,
                report_id=report.report_id,
                report_document_id=report.report_document_id,
                sha256=sha256,
                created_time=report.created_time,
                tables=landed.tables,
                files=landed.written.files,
            ),
            ()
            if self._place.is_delta
            else own_markers(stream, report.report_id, landed),
        )

    def failed(
        self, stream: Stream, window: LakeWindow, exc: Exception
    ) -> MissingWindow | None:
        """Write why a window is not there; see `after_failure`.

        Returns
        -------
        MissingWindow or None
            None for a window that is given up, or was purged since the run began:
            the ledger has that one as before.
        """
        if isinstance(exc, PurgedError):
            self.put(stream, window)
            return None
        known = self._of(stream).get(window.name)
        window = replace(window, version_of=known.version_of if known else None)
        kept = after_failure(stream, window, exc, self._connection.clock.now())
        self.put(stream, kept)
        return None if kept.state == WindowState.GAP else MissingWindow.of(stream, kept)

    def gaps(self, streams: Sequence[Stream]) -> tuple[MissingWindow, ...]:
        """Return what is given up, in the order of feeds and windows.

        What a feed's `since` leaves out is not of the feed, as that is now. A time that
        Amazon lists by this clock is none now; a day of slack. It stays written: the
        clock may be the one that is wrong.
        """
        listed = self._connection.clock.now() - LISTED_FOR + timedelta(days=1)

        def is_had(stream: Stream, window: LakeWindow) -> bool:
            end = window.end if stream.kind == Kind.LISTED else None
            return end is not None and end > listed

        return tuple(
            MissingWindow.of(stream, window)
            for stream in streams
            for window in sorted(self.windows(stream), key=lambda w: w.name)
            if window.state == WindowState.GAP and not stream.leaves_out(window)
            if not is_had(stream, window)
        )

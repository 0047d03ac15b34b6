"""A lake as one thing: look at it, check it, keep it in order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, SupportsIndex

from spreports.catalog import ReportType
from spreports.flags import check_flag
from spreports.lake.check import CheckResult, check_root
from spreports.lake.columns import Columns, Protected, insist_on_columns, protect_root
from spreports.lake.compact import GOOD_SIZE, Compacted, compact_root
from spreports.lake.contents import LakeReport
from spreports.lake.place import Place
from spreports.lake.purge import Purged, purge_tables, utc_day
from spreports.lake.roots import DataRoot, all_roots, by_type
from spreports.lake.scan import entry_of, scan_lake
from spreports.lake.state import read_state
from spreports.lake.versions import warn_of_versions
from spreports.names import check_names

if TYPE_CHECKING:
    import polars as pl

__all__ = ["Lake"]


class Lake:
    """A folder that `client.sync` or `sink` wrote to.

    `compact`, `purge` and `protect` are writers: run one at a time. A sync, but for one
    with `refill`, may run beside them, and what it writes stays, but for what `purge`
    is to take away. Only where it writes the very report that is being taken away, on
    an object store, which has no locks, may one of the two fail with a `SinkError` that
    says to run it again. Readers are not disturbed.

    A bucket with versioning or Object Lock keeps what they take away, personal data
    too, as older versions: only deleting those, as a lifecycle rule for noncurrent
    versions does, erases it. `purge` and `protect` warn of that where a bucket of S3
    tells it. Soft delete and snapshots, of any store, are not looked for.

    Parameters
    ----------
    url : str or path
        A path or any fsspec URL.
    storage_options : mapping, optional
        For fsspec.
    """

    def __init__(
        self,
        url: str | os.PathLike[str],
        *,
        storage_options: Mapping[str, Any] | None = None,
    ) -> None:
        self._place = Place.open(url, storage_options)
        self._url = os.fspath(url)
        self._options = storage_options

    def __repr__(self) -> str:
        return f"Lake({self._place.name!r})"

    def scan(
        self,
        report_type: str | ReportType,
        *,
        latest: bool = False,
        table: str | None = None,
        metadata: bool = False,
    ) -> pl.LazyFrame:
        """Scan one report type; parameters, result and errors as `scan_lake`."""
        return scan_lake(
            self._url,
            report_type,
            latest=latest,
            table=table,
            metadata=metadata,
            storage_options=self._options,
        )

    def reports(self, report_type: str | None = None) -> tuple[LakeReport, ...]:
        """Say what the lake holds, by its markers alone; a lost ledger is made of it.

        Parameters
        ----------
        report_type : str, optional
            Alias or full type; all when left out.

        Returns
        -------
        tuple of LakeReport
            Every version of every window, each report once a table.

        Raises
        ------
        ValueError
            No such alias.
        TypeError
            `report_type` is no string.
        SinkError
            There is no lake, a marker is damaged, or the file system refused.
        """
        return tuple(
            held.report
            for root in self._roots(report_type)
            for held in read_state(root.place).holdings
        )

    def check(
        self, report_type: str | None = None, *, deep: bool = False
    ) -> CheckResult:
        """Hold the files against the markers; changes nothing.

        Parameters
        ----------
        report_type : str, optional
            Alias or full type; all when left out.
        deep : bool
            Read every file whole: page checksums and row counts.

        Returns
        -------
        CheckResult
            True when all is well; else its ``problems`` say what and where.

        Raises
        ------
        ValueError
            No such alias.
        TypeError
            `report_type` is no string, or `deep` neither True nor False.
        SinkError
            There is no lake, or the file system refused.
        """
        deep = check_flag("deep", deep)
        found = CheckResult(0, 0, 0, 0, 0, deep, ())
        for root in self._roots(report_type):
            found = found.plus(check_root(root.place, deep=deep))
        return found

    def compact(
        self,
        report_type: str | None = None,
        *,
        drop_superseded: bool = False,
        good_size: int = GOOD_SIZE,
    ) -> Compacted:
        """Put small files of a month's reports together, one a partition.

        What an earlier run put together and was written anew since is taken away. A
        scan that runs goes on with the new files, and a sync may write meanwhile. Who
        reads by listing instead of `scan_lake` may see a row twice between the writing
        of the new files and the removal of the old, as a data root has no transactions
        for them.

        Parameters
        ----------
        report_type : str, optional
            Alias or full type; all when left out.
        drop_superseded : bool
            Leave out the versions of a window that are not its newest, or its newest
            one with rows.
        good_size : int, bytes
            Files of this size or more are left as they are.

        Returns
        -------
        Compacted

        Raises
        ------
        ValueError
            No such alias, or `good_size` is no number of bytes.
        TypeError
            `report_type` is no string, or `drop_superseded` neither True nor False.
        SinkError
            A file is damaged, or the target refused; every row is still there, and the
            next run clears up.
        """
        check_flag("drop_superseded", drop_superseded)
        _check_bytes("good_size", good_size)
        done = Compacted()
        for root in self._roots(report_type):
            done = done.plus(
                compact_root(
                    root.place, drop_superseded=drop_superseded, good_size=good_size
                )
            )
        return done

    def purge(
        self, before: date, report_type: str | None = None, *, dry_run: bool = False
    ) -> Purged:
        """Take away the reports whose windows end before a day (UTC).

        Reports without dates stay, and so do those that reach beyond the day. A sync
        brings nothing back that ended before the day, as far as rows had come by then:
        not on a new host, nor for a feed whose `since` is earlier. What did not come is
        no gap any more. One that runs meanwhile looks again before each report is made
        visible, and leaves out what was purged; what it was about to make visible at
        that moment may come after the purge, and the next one takes it away. Older
        versions of a bucket hold all of it still: see `Lake`.

        Parameters
        ----------
        before : date or aware datetime
            A date is a day in UTC. A datetime is the UTC day that it falls on, so
            nothing goes that ends after it.
        report_type : str, optional
            Alias or full type; all when left out.
        dry_run : bool
            Only say what would be taken away.

        Returns
        -------
        Purged

        Raises
        ------
        TypeError
            `before` is neither, `dry_run` neither True nor False, or `report_type` no
            string.
        ValueError
            No such alias; or a datetime without a time zone, or outside the years 1 to
            9999 in UTC.
        SinkError
            The target refused; what is half taken away is not visible, and the next
            purge or compaction finishes it; tables that it had not come to, a purge.
        """
        check_flag("dry_run", dry_run)
        day = utc_day(before)
        done = Purged((), 0, 0, 0, 0)
        for tables in by_type(self._roots(report_type)):
            done = done.plus(purge_tables(tables, day, dry_run=dry_run))
        if done.reports and not dry_run:
            warn_of_versions(self._place)
        return done

    def protect(
        self,
        columns: Sequence[str],
        report_type: str | None = None,
        *,
        key: bytes | None = None,
    ) -> Protected:
        """Drop columns with personal data, or replace them by keyed hashes.

        What is written later has the columns again: repeat this after each sync. Older
        versions of a bucket have them still: see `Lake`.

        A name stands for that column alone: of ``buyer`` nothing is done to a column
        ``buyer.name``, so where there is no column ``buyer`` it is refused.

        Parameters
        ----------
        columns : sequence of str
        report_type : str, optional
            Alias or full type; all when left out.
        key : bytes, 16 or more, optional
            Replace each value by its HMAC-SHA-256 in hex under this key; the column
            becomes text. Without a key the columns are dropped. So are, or become, the
            values of these names in ``_rescued``, also of names that are only there.

        Returns
        -------
        Protected
            Also ``reports, files = ...``.

        Raises
        ------
        TypeError
            `columns` is no list of names, `key` no bytes, or `report_type` no string.
        ValueError
            No such alias; no columns, or the key is too short; a name is no column of a
            report, but the beginning of columns' names or within a nested one: those
            are named, and nothing was done. Or there is no such column, neither in a
            report of the lake nor in the catalogue; the others are done then.
        SinkError
            The lake is partitioned by one of them, a text in ``_rescued`` is no JSON
            object, or the target refused; what was written anew stays so, and the next
            run does the rest.
        """
        what = Columns(check_names("columns", columns), key)
        roots = self._roots(report_type)
        for root in roots:
            insist_on_columns(root.place, what)
        done, unknown = Protected(), set(what.names)
        for root in roots:
            anew, known = protect_root(root.place, what)
            done, unknown = done.plus(anew), unknown - known
        if done.reports:
            warn_of_versions(self._place)
        if roots and unknown:
            raise ValueError(
                f"no report there has a column {', '.join(map(repr, sorted(unknown)))}:"
                " check the spelling against the lake's own columns; the other columns"
                " are done"
            )
        return done

    def _roots(self, report_type: str | None) -> list[DataRoot]:
        """Return the data roots of one type, or all."""
        roots = all_roots(self._place)
        if report_type is None:
            return roots
        name = entry_of(report_type).report_type
        return [root for root in roots if root.report_type in {None, name}]


def _check_bytes(name: str, value: object) -> None:
    """Refuse what is no number of bytes; ValueError."""
    if not isinstance(value, SupportsIndex) or value.__index__() < 0:
        raise ValueError(
            f"{name}={value!r} is no number of bytes: a whole one from 0 on, such as "
            "64 << 20 for 64 MiB"
        )

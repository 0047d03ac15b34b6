"""What a test may do behind Amazon's back, and know of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from spreports import catalog
from spreports.simulator.marketplaces import resolve
from spreports.simulator.reports import ReportBook
from spreports.simulator.world import Row, World

__all__ = ["Behind"]


class Behind:
    """Puts reports there, and tells what they must say; a part of `Simulator`."""

    _book: ReportBook
    _world: World | None

    def place_report(
        self,
        report_type: str,
        marketplaces: Sequence[str],
        start: datetime,
        end: datetime,
        *,
        created: datetime | None = None,
        options: Mapping[str, str] | None = None,
        finished: bool = True,
    ) -> str:
        """Put a report there, as another application would have made it.

        Parameters
        ----------
        report_type : str
        marketplaces : sequence of str
            Country codes or marketplace ids.
        start, end : datetime
            The window, aware.
        created : datetime or None
            When it was made; None is now.
        options : mapping of str to str, optional
        finished : bool
            False: it goes through its processing like any other.

        Returns
        -------
        str
            The report's id.

        Raises
        ------
        ValueError
            There is no such marketplace.
        """
        ids = tuple(resolve(name).marketplace_id for name in marketplaces)
        report = self._book.create(
            report_type,
            ids,
            start,
            end,
            options=options or {},
            created=created,
            at_once=finished,
        )
        return report.report_id

    def truth(
        self,
        report_type: str,
        start: datetime,
        end: datetime,
        as_of: datetime,
        *,
        marketplaces: Sequence[str],
        table: str | None = None,
    ) -> list[Row]:
        """Return the rows of a report of this world, made at a given time.

        Parameters
        ----------
        report_type : str
            Alias or full type.
        start, end : datetime
            The window ``[start, end)``, aware.
        as_of : datetime
            When the report is made.
        marketplaces : sequence of str
            Country codes or marketplace ids.
        table : str, optional
            The first where left out.

        Returns
        -------
        list of dict
            By served column: text for flat files, values for JSON.

        Raises
        ------
        ValueError
            The simulator has no world, or the world nothing of this type.
        """
        full = catalog.lookup(report_type).report_type
        if self._world is None or not self._world.has(full):
            raise ValueError(f"there is no world=, or it has no {full}")
        places = [resolve(name) for name in marketplaces]
        tables = self._world.rows(full, places, start, end, as_of)
        return tables[table or next(iter(tables))]

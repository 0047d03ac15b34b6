"""Which reports a Delta table has not: by what it was told, and what was taken back."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from spreports.errors import SinkError
from spreports.load.delta_log import Transactions
from spreports.load.delta_reading import count_by, name_id, window_id
from spreports.load.delta_report import DeltaReport, version_of
from spreports.load.delta_restored import TakenBack, taken_back
from spreports.load.delta_tables import Tables
from spreports.load.urls import shown

__all__ = ["News"]


class News:
    """What is news to a table as it was opened.

    Parameters
    ----------
    told : Transactions
    url : str
    options : mapping or None
    """

    def __init__(
        self, told: Transactions, url: str, options: Mapping[str, Any] | None
    ) -> None:
        self._told, self._url, self._options = told, url, options

    def is_news(self, report: DeltaReport) -> bool:
        """Whether neither this report nor a newer version of it is in the table.

        Raises
        ------
        SinkError
            The table has another file of the report's name, or cannot be read.
        """
        own = name_id(report.name)
        mark = self._told.get(own)
        if mark not in {None, 1, report.mark}:  # 1: earlier versions marked no file
            name = shown(self._url)
            msg = (
                f"{name} has another file, or an older one, of the name of "
                f"{report.name.strip('/')}: give the new one a name of its own"
            )
            raise SinkError(msg, url=name)
        if mark is not None and own not in self._taken_back.ids:
            return False
        window, version = window_id(report.window), version_of(report)
        there = self._told.get(window)
        if there is None or there <= version:
            return True
        # A newer one, unless that was taken back as well
        taken = self._taken_back
        if window in taken.ids and not taken.is_whole:
            return not self._has_newer(report)
        return window in taken.ids or taken.older.get(window, version + 1) <= version

    def _has_newer(self, report: DeltaReport) -> bool:
        """Whether the table has rows of a newer version, whatever its log tells."""
        columns = ("report_window", "report_created_time")
        groups = count_by(Tables(self._options), self._url, columns)
        made = [made for mark, made in groups if mark == report.window and made]
        return report.made is not None and max(made, default=report.made) > report.made

    @cached_property
    def _taken_back(self) -> TakenBack:
        return taken_back(self._url, self._options)

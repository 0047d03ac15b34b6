"""A schedule as the user wants it, in Python or in a TOML file."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path

from spreports.api.checks import check_time
from spreports.api.enums import Period
from spreports.api.marketplaces import Marketplace
from spreports.api.options import check_options
from spreports.catalog import ReportType
from spreports.client.arguments import listed

__all__ = ["Schedule"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule that is wanted.

    Parameters
    ----------
    report_type : str or ReportType
        Alias, full type, or an entry of your own.
    marketplaces : sequence of str or Marketplace, 1 to 25
        Country codes or marketplace ids, of one region; their order does not matter.
        Where a report can hold only one's rows, each gets a schedule of its own.
    period : str
        One of Amazon's 18: ``"PT5M"``, ``"PT15M"``, ``"PT30M"``, ``"PT1H"``,
        ``"PT2H"``, ``"PT4H"``, ``"PT8H"``, ``"PT12H"``, ``"P1D"``, ``"P2D"``,
        ``"P3D"``, ``"PT84H"``, ``"P7D"``, ``"P14D"``, ``"P15D"``, ``"P18D"``,
        ``"P30D"``, ``"P1M"``.
    options : mapping of str to str, optional
        ``reportOptions``.
    next_report_creation_time : aware datetime or ISO 8601 string, optional
        When a report is to be made. Once that is over it stands for the beat: the
        times that lie whole periods after it. Left out, any beat will do; reports that
        hold whole UTC days want midnight.

    Raises
    ------
    ValueError
        No such period, a time without an offset or outside the years 1 to 9999 in UTC,
        no list of marketplaces, or options that are no mapping of text.

    Source: Reports API v2021-06-30, Definitions, CreateReportScheduleSpecification.
    """

    report_type: str | ReportType
    _: KW_ONLY
    marketplaces: Sequence[str | Marketplace]
    period: str
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    next_report_creation_time: datetime | str | None = None

    def __post_init__(self) -> None:
        places = listed(self.marketplaces)
        if not places:
            raise ValueError(
                f"{self._name}: marketplaces must list 1 to 25 of them, such as "
                'marketplaces=["DE", "FR"]'
            )
        if self.period not in set(Period):
            raise ValueError(
                f"{self._name}: Amazon has no period {self.period!r}; it has "
                f"{', '.join(Period)}"
            )
        object.__setattr__(self, "marketplaces", places)
        object.__setattr__(self, "period", Period(self.period))
        options = check_options(f"{self._name}: options", self.options) or {}
        object.__setattr__(self, "options", options)
        at = self._time(self.next_report_creation_time)
        object.__setattr__(self, "next_report_creation_time", at)

    @property
    def _name(self) -> str:
        kind = self.report_type
        return kind.report_type if isinstance(kind, ReportType) else str(kind)

    def _time(self, value: object) -> datetime | None:
        """Read the time, to the second: Amazon shows no fractions."""
        if isinstance(value, str):
            try:
                value = datetime.fromisoformat(value.strip())
            except ValueError:
                value = None
        elif value is None:
            return None
        if not isinstance(value, datetime) or value.utcoffset() is None:
            raise ValueError(
                f"{self._name}: next_report_creation_time must be a time with its "
                "offset, such as 2026-12-01T06:00:00Z"
            )
        at = check_time(f"{self._name}: next_report_creation_time", value)
        return at.astimezone(UTC).replace(microsecond=0)

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> tuple[Schedule, ...]:
        """Read the schedules of a file.

        Parameters
        ----------
        path : path
            TOML, a ``[[schedule]]`` for each, with the names of this class::

                [[schedule]]
                report_type = "sales_and_traffic"
                marketplaces = ["DE", "FR"]
                period = "P1D"
                next_report_creation_time = 2026-12-01T00:00:00Z
                options = { dateGranularity = "DAY" }

        Returns
        -------
        tuple of Schedule
            In the order of the file; empty for a file that has none.

        Raises
        ------
        ValueError
            No TOML, or a schedule that lacks something, names what there is not, or
            is refused as above; with the file's name and the schedule's number.
        OSError
            The file cannot be read.
        """
        name = Path(path).name
        try:
            told = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
            raise ValueError(f"{name} is no TOML: {exc}") from exc
        found = told.pop("schedule", [])
        if told or not isinstance(found, list):
            unknown = f", not {', '.join(sorted(told))}" if told else ""
            raise ValueError(f"{name}: write [[schedule]] for each of them{unknown}")
        return tuple(
            cls._from_table(table, f"{name}, schedule {number}")
            for number, table in enumerate(found, 1)
        )

    @classmethod
    def _from_table(cls, table: object, place: str) -> Schedule:
        """Read one table of a file."""
        names = {each.name for each in fields(cls) if each.name != "_"}
        needed = {"report_type", "marketplaces", "period"}
        if not isinstance(table, dict):
            raise ValueError(f"{place} is no table: write [[schedule]] above it")
        unknown, missing = sorted(set(table) - names), sorted(needed - set(table))
        if unknown or missing:
            wrong = {"missing": missing, "unknown": unknown}
            said = ", ".join(f"{k} {', '.join(v)}" for k, v in wrong.items() if v)
            raise ValueError(f"{place}: {said}; it takes {', '.join(sorted(names))}")
        for key, kind in (
            ("report_type", str),
            ("marketplaces", list),
            ("period", str),
            ("options", dict),
        ):
            if key in table and not isinstance(table[key], kind):
                raise ValueError(f"{place}: {key} is a {type(table[key]).__name__}")
        try:
            return cls(**table)
        except ValueError as exc:
            raise ValueError(f"{place}: {exc}") from None

"""What a lake is to hold of one report type, as a user says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import date, datetime, timedelta

from spreports.api.checks import whole_number
from spreports.api.marketplaces import Marketplace
from spreports.api.options import check_options
from spreports.catalog import ReportType

__all__ = ["Feed", "days_of", "format_said"]

MOST_DAYS = 3660
_EXAMPLES = {"marketplaces": '["DE", "FR"]', "partition_by": '["date"], or ()'}
_DAYS = re.compile(r"(\d{1,4})\s*([dw])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Feed:
    """One report type of some marketplaces, kept in a lake.

    Parameters
    ----------
    report_type : str or ReportType
        Alias, full type, or an entry of your own.
    marketplaces : sequence of str or Marketplace, 1 to 25
        Country codes or ids of one region; one report covers them all, where
        the type's can.
    since : date, aware datetime, ISO string, or a duration back from now, optional
        First day of the lake, in UTC, and no future one; 30 days back when left out.
        With it, or with `lookback`, a type is taken to have dates even where the
        catalogue is silent. What a lake lacks before a date or time is let be, until
        `since` is set back: write a first day that goes on with the clock, such as that
        of ten days ago, as a duration. What that has passed is still wanted.
    lookback : int, timedelta, ``"7d"`` or ``"2w"``, optional
        Days after its end for which a window is asked for again each night, since
        Amazon restates it. Left out: what the catalogue says, else 7 days, so that the
        windows of a night fit into createReport's burst of 15.
    options : mapping of str to str, optional
        ``reportOptions``. Feeds of one type and marketplace that differ in them (days
        and weeks, say) belong in lakes of their own: the second is refused.
    partition_by : sequence of str
        As for `Reports.sink`.

    Raises
    ------
    ValueError
        A single string where a list belongs, a look-back that is none, or options that
        are no mapping of text.
    TypeError
        Something else than names where a list belongs.
    """

    report_type: str | ReportType
    _: KW_ONLY
    marketplaces: Sequence[str | Marketplace]
    since: str | date | datetime | None = None
    lookback: int | timedelta | str | None = None
    options: Mapping[str, str] | None = field(default=None, hash=False)
    partition_by: Sequence[str] = ()
    # What its file makes the lake of; a feed that is written in code says nothing.
    # A parameter, for `read_feeds` alone: without one `replace` would lose it
    _format: str | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("marketplaces", "partition_by"):
            value = getattr(self, name)
            if isinstance(value, str):
                raise ValueError(f"{name} must be a list of names, not one string")
            if not isinstance(value, Iterable):
                example = _EXAMPLES[name]
                raise TypeError(f"{name}={value!r} is no list of names: give {example}")
            object.__setattr__(self, name, tuple(value))
        if self.lookback is not None:
            days_of(self.lookback)
        check_options("options", self.options)


def format_said(feeds: Iterable[Feed]) -> str:
    """Return what the files of feeds make a lake of; Parquet where none says.

    Raises
    ------
    ValueError
        They disagree.
    """
    said = sorted({feed._format for feed in feeds if feed._format})  # noqa: SLF001 - of the class above
    if len(said) > 1:
        texts = " and ".join(f"format={one!r}" for one in said)
        raise ValueError(
            f"feeds of files that say {texts} cannot share a lake: sync them apart, or "
            "give format="
        )
    return said[0] if said else "parquet"


def days_of(lookback: int | timedelta | str) -> int:
    """Read a look-back as whole days.

    Raises
    ------
    ValueError
        Negative, parts of days, more than ten years, or text that is no such duration.
    """
    days = -1
    if isinstance(lookback, str):
        said = _DAYS.fullmatch(lookback.strip())
        if said:
            days = int(said[1]) * (7 if said[2] == "w" else 1)
    elif isinstance(lookback, timedelta):
        days = lookback.days if lookback == timedelta(days=lookback.days) else -1
    else:
        number = whole_number(lookback)
        days = -1 if number is None else number
    if not 0 <= days <= MOST_DAYS:
        raise ValueError(
            f'lookback={lookback!r} is no number of days, such as 7 or "7d"; '
            f"{MOST_DAYS} at most"
        )
    return days

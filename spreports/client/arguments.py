"""What a user says of a request, checked before quota is spent."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from spreports.api.checks import listed_since
from spreports.api.marketplaces import Marketplace, region_of, resolve
from spreports.api.options import check_options
from spreports.catalog import Catalogue, ReportType, check_request, period_of
from spreports.catalog.entry import UNSAID
from spreports.catalog.periods import counts_last_day
from spreports.flags import check_flag
from spreports.plan.whole_days import day_window
from spreports.plan.windows import Moment, Window, moment, report_windows, window

logger = logging.getLogger("spreports.client")

# When Amazon sold its first book: a feed of the year 26 would ask for 12,000 reports
FIRST_YEAR = 1995
UNCHECKED = " (strict=False asks Amazon all the same)"


def entry_of(report_type: str | ReportType, catalogue: Catalogue) -> ReportType:
    """Return what is known of a report type.

    Raises
    ------
    ValueError
        No such alias; the message suggests the nearest ones.
    TypeError
        Neither a string nor an entry.
    """
    if isinstance(report_type, ReportType):
        return report_type
    return catalogue.lookup(report_type)


def document_entry(
    report_type: str | ReportType | None, catalogue: Catalogue
) -> ReportType:
    """Return what is known of a document's type; nothing for None: the bytes decide.

    Raises
    ------
    ValueError, TypeError
        As `entry_of`.
    """
    return entry_of(UNSAID if report_type is None else report_type, catalogue)


def listed(
    names: Iterable[str | Marketplace] | None,
) -> tuple[str | Marketplace, ...]:
    """Return what is listed, be it a column of a frame; nothing where it is no list."""
    if isinstance(names, str) or not isinstance(names, Iterable):
        return ()
    return tuple(names)


def marketplace_ids_of(
    marketplaces: Iterable[str | Marketplace] | None,
) -> tuple[str, ...]:
    """Turn codes and ids into ids of one region, in order, without repeats."""
    names = listed(marketplaces)
    if not names or not all(isinstance(name, str | Marketplace) for name in names):
        raise ValueError(
            'marketplaces= must list 1 to 25 of them, such as marketplaces=["DE", "FR"]'
        )
    chosen = [resolve(name) for name in names]
    region_of(chosen)
    return tuple(dict.fromkeys(m.id for m in chosen))


def groups_of(
    entry: ReportType,
    marketplaces: Iterable[str | Marketplace] | None,
    *,
    per_marketplace: bool = False,
) -> list[tuple[str, ...]]:
    """Say which marketplaces share a report.

    Parameters
    ----------
    entry : ReportType
    marketplaces : iterable of str or Marketplace
        Codes and ids.
    per_marketplace : bool
        Each gets its own; so it does where a report can hold only one's rows.

    Returns
    -------
    list of tuple of str
        Ids of one region.

    Raises
    ------
    ValueError
        As `marketplace_ids_of`.
    TypeError
        `per_marketplace` is neither True nor False.
    """
    check_flag("per_marketplace", per_marketplace)
    ids = marketplace_ids_of(marketplaces)
    if per_marketplace and len(ids) > 1 and entry.marketplaces_used == "none":
        logger.warning("%s", whole_region(entry, "a report for each marketplace"))
    apart = per_marketplace or entry.marketplaces_used in {"first", "one"}
    return [(each,) for each in ids] if apart else [ids]


def whole_region(entry: ReportType, what: str) -> str:
    """Warn of requests of which each brings the same rows."""
    return (
        f"{entry.alias or entry.report_type} is known to hold the whole region, "
        f"whichever marketplaces are named: {what} brings its rows as often"
    )


def option_texts(options: Mapping[str, str] | None) -> dict[str, str]:
    """Check that options are text, as Amazon wants them; none where none are given."""
    return check_options("options", options) or {}


def windows_of(
    entry: ReportType,
    options: Mapping[str, str],
    said: tuple[Moment | None, Moment | None],
    now: datetime,
    *,
    strict: bool,
) -> Sequence[Window | None]:
    """Read a window by what the type makes of dates, and cut it for single reports.

    Parameters
    ----------
    entry : ReportType
    options : mapping of str to str
    said : tuple of two
        Start and end, as the user gives them.
    now : datetime, aware
    strict : bool

    Raises
    ------
    ValueError
        No point in time, no window, or no whole day in it where the type has no parts;
        where it is strict, what the catalogue knows to be a mistake.
    TypeError
        `strict` is neither True nor False.
    """
    check_flag("strict", strict)
    if counts_last_day(entry, options):
        # A time within a day that is not rounded is for the catalogue to refuse
        rounded = not (strict and entry.known)
        period = period_of(entry, options)
        span = day_window(*said, now, rounded=rounded, period=period)
    else:
        span = window(*said, now)
    if strict and span:
        check_first("start", span.start, UNCHECKED)
    windows = report_windows(entry, span, options) if span else (None,)
    if strict:
        try:
            check_by_catalogue(entry, windows, options, now)
        except ValueError as exc:
            raise ValueError(f"{exc}{UNCHECKED}") from None
    return windows


def check_first(name: str, first: datetime, more: str = "") -> None:
    """Refuse to cut windows from a day on that no report is of, such as of the year 26.

    Raises
    ------
    ValueError
        Names the argument; `more` is what else can be done.
    """
    if first.year < FIRST_YEAR:
        raise ValueError(
            f"{name}={first.date()} is before {FIRST_YEAR}, when Amazon opened: give a "
            f"later day{more}"
        )


def since_of(since: Moment, now: datetime) -> datetime | None:
    """Read from when on reports are listed; None for all that Amazon lists.

    Raises
    ------
    ValueError
        No point in time, or a future one.
    """
    first = moment(since, now, "since")
    if first > now:
        raise ValueError(
            f"since={since} lies in the future: no report was made after now, "
            f"{now:%Y-%m-%dT%H:%M:%SZ}"
        )
    return listed_since(first, now)


def check_by_catalogue(
    entry: ReportType,
    windows: Sequence[Window | None],
    options: Mapping[str, str],
    now: datetime,
) -> None:
    """Raise for what the catalogue knows to be a mistake.

    Raises
    ------
    ValueError
        Every mistake, each with its fix.
    """
    wrong = dict.fromkeys(
        sentence
        for span in windows
        for sentence in check_request(
            entry,
            start=span.start if span else None,
            end=span.end if span else None,
            options=options,
            now=now,
        )
    )
    if wrong:
        raise ValueError("; ".join(wrong))

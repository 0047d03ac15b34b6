"""The reference's limits, checked before any call costs quota.

Every failure is a `ValueError` that names the parameter and says what to give instead.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from numbers import Integral
from typing import TypeVar

from spreports.api.enums import ProcessingStatus
from spreports.api.marketplaces import resolve

__all__ = [
    "CLOCK_SKEW",
    "LARGEST_PAGE",
    "LISTED_FOR",
    "MOST_FILTERS",
    "check_id",
    "check_listing",
    "check_marketplaces",
    "check_range",
    "check_text",
    "check_texts",
    "check_time",
    "check_value",
    "listed_since",
    "whole_number",
]

Choice = TypeVar("Choice", bound=StrEnum)

# A country code or a site: what is neither is an id, and Amazon knows its own.
CODE_LIKE = re.compile(r"[A-Za-z]{2}|.*\..*")
LARGEST_PAGE = 100
# Source: Reports API v2021-06-30, getReports and getReportSchedules, reportTypes and
# marketplaceIds.
MOST_FILTERS = 10
# Source: getReports, createdSince.
LISTED_FOR = timedelta(days=90)
# Our clock and Amazon's may differ by this much before "now" counts as the future.
# Wide, since to refuse a sound moment costs a call; `reports.listing` has its own.
CLOCK_SKEW = timedelta(minutes=5)


def listed_since(since: datetime, now: datetime) -> datetime | None:
    """Return what to ask getReports for, to have all from a moment on that it lists.

    Parameters
    ----------
    since : datetime, aware
    now : datetime, aware

    Returns
    -------
    datetime or None
        None at the 90-day edge and beyond: Amazon then lists 90 days by its own clock,
        which ours, a little behind, cannot ask for.

    Source: getReports, createdSince (default and limit).
    """
    return since if since > now - LISTED_FOR + CLOCK_SKEW else None


def check_text(name: str, value: object) -> str:
    """Return a text of one line, without commas: arrays in queries are joined by them.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    value : object

    Returns
    -------
    str
    """
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is required: give a non-empty string")
    if not value.isprintable() or "," in value or value != value.strip():
        raise ValueError(
            f"{name} has a comma, control character or space at its ends: give each "
            "value by itself"
        )
    return str(value)


def check_id(name: str, value: object) -> str:
    """Return an id that can stand in a path.

    Parameters
    ----------
    name : str
    value : object

    Returns
    -------
    str
    """
    text = check_text(name, value)
    if text in {".", ".."}:
        raise ValueError(f"{name} is {text!r}, which is a folder and no id")
    return text


def check_texts(name: str, values: object, most: int | None) -> tuple[str, ...]:
    """Return the texts of a list.

    Parameters
    ----------
    name : str
    values : object
        A list or other collection, of 1 to `most` strings.
    most : int or None

    Returns
    -------
    tuple of str
        In the order given, repeated ones once.
    """
    if isinstance(values, str):
        raise ValueError(f"{name} is one string: give a list, {name}=[{values!r}]")
    if not isinstance(values, Collection) or isinstance(values, (bytes, Mapping)):
        raise ValueError(f"{name} must be a list of strings")
    found = tuple(dict.fromkeys(check_text(name, value) for value in values))
    if not found or (most is not None and len(found) > most):
        allowed = "at least 1 value" if most is None else f"1 to {most} values"
        raise ValueError(
            f"{name} takes {allowed}, {len(found)} given"
            + ("" if not found else ": spread them over several calls")
        )
    return found


def check_marketplaces(name: str, values: object, most: int) -> tuple[str, ...]:
    """Return marketplace ids, country codes and sites translated.

    Parameters
    ----------
    name : str
    values : object
        A list of 1 to `most` ids such as ``"A1PA6795UKMFR9"``, or of country codes.
    most : int

    Returns
    -------
    tuple of str
        Ids. What has neither the form of a code nor of a site is sent as it is.
    """
    texts = check_texts(name, values, most)
    named = (resolve(text).id if CODE_LIKE.fullmatch(text) else text for text in texts)
    return tuple(dict.fromkeys(named))


def check_value(name: str, value: object, kind: type[Choice]) -> Choice:
    """Return a member of one of the reference's enums.

    Parameters
    ----------
    name : str
    value : object
    kind : type

    Returns
    -------
    StrEnum
    """
    try:
        return kind(str(value))
    except ValueError:
        known = ", ".join(kind)
        raise ValueError(f"{name} {value!r} is none of {known}") from None


def check_time(name: str, value: object) -> datetime:
    """Return an aware datetime.

    Parameters
    ----------
    name : str
    value : object

    Returns
    -------
    datetime, aware
    """
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise ValueError(
            f"{name} must be an aware datetime: datetime(2026, 10, 1, tzinfo=UTC)"
        )
    try:
        value.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{name} is outside the years 1 to 9999 in UTC") from None
    return value


def check_range(start: datetime | None, end: datetime | None, now: datetime) -> None:
    """Check dataStartTime and dataEndTime.

    Parameters
    ----------
    start, end : datetime or None
    now : datetime, aware

    Source: Reports API v2021-06-30, Definitions, CreateReportSpecification.
    """
    for name, value in (("data_start_time", start), ("data_end_time", end)):
        if value is not None and check_time(name, value) > now + CLOCK_SKEW:
            raise ValueError(
                f"{name} lies in the future: Amazon takes times up to now only"
            )
    if start is not None and end is not None and end < start:
        raise ValueError("data_end_time lies before data_start_time: swap them")


def check_listing(filters: Mapping[str, object], now: datetime) -> dict[str, object]:
    """Check the filters of getReports.

    Parameters
    ----------
    filters : mapping of str to object
        By their names in Python; None for those left out.
    now : datetime, aware

    Returns
    -------
    dict of str to object
        By the reference's names, lists as tuples, without those left out.

    Source: Reports API v2021-06-30, getReports, Parameters.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    if "report_types" not in given:
        raise ValueError(
            f"report_types is required, 1 to {MOST_FILTERS} (or next_token alone)"
        )
    query: dict[str, object] = {
        "reportTypes": check_texts("report_types", given["report_types"], MOST_FILTERS)
    }
    if "processing_statuses" in given:
        texts = check_texts("processing_statuses", given["processing_statuses"], None)
        query["processingStatuses"] = tuple(
            check_value("processing_statuses", text, ProcessingStatus) for text in texts
        )
    if "marketplace_ids" in given:
        query["marketplaceIds"] = check_marketplaces(
            "marketplace_ids", given["marketplace_ids"], MOST_FILTERS
        )
    if "page_size" in given:
        query["pageSize"] = _page_size(given["page_size"])
    since = until = None
    if "created_since" in given:
        since = check_time("created_since", given["created_since"])
        # 90 days before a now of the caller's, a moment ago
        if since < now - LISTED_FOR - CLOCK_SKEW:
            raise ValueError(
                "created_since lies more than 90 days back: Amazon keeps reports for "
                "90 days at most, so ask from there"
            )
        if listed_since(since, now) is not None:
            query["createdSince"] = since
    if "created_until" in given:
        until = query["createdUntil"] = check_time(
            "created_until", given["created_until"]
        )
    if since is not None and until is not None and until < since:
        raise ValueError("created_until lies before created_since: swap them")
    return query


def _page_size(value: object) -> int:
    """Return the size of a page of getReports."""
    size = whole_number(value)
    if size is None or not 1 <= size <= LARGEST_PAGE:
        raise ValueError(f"page_size must be an integer from 1 to {LARGEST_PAGE}")
    return size


def whole_number(value: object) -> int | None:
    """Return a whole number of any type, such as numpy's; None for all else.

    A bool is none.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        return None
    return int(value)

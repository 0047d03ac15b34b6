"""Amazon's times: ISO 8601 in, aware UTC datetimes out, and back."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["read_time", "write_time"]


def read_time(text: str) -> datetime:
    """Read an ISO 8601 time as an aware UTC datetime.

    Parameters
    ----------
    text : str
        With ``Z`` or an offset, with or without seconds and fractions. Amazon states
        its times in UTC, so a time without a zone is read as UTC.

    Returns
    -------
    datetime
        Aware, UTC; digits below the microsecond are cut off.

    Raises
    ------
    ValueError
        `text` is not an ISO 8601 time, or lies outside the years 1 to 9999.

    Source: Reports API v2021-06-30, Definitions (``date-time``); RFC 3339, section 5.6.
    """
    moment = datetime.fromisoformat(text.strip().upper())
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("the time lies outside the years 1 to 9999") from None


def write_time(moment: datetime) -> str:
    """Write an aware datetime as ISO 8601 in UTC, ending in ``Z``.

    Parameters
    ----------
    moment : datetime
        Aware, in any zone.

    Returns
    -------
    str
        To the second, or to the microsecond where there is a fraction.

    Raises
    ------
    ValueError
        `moment` has no time zone.
    """
    if moment.utcoffset() is None:
        raise ValueError("a time needs its zone: datetime(..., tzinfo=UTC)")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"

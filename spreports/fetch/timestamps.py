"""Read Amazon's dates and times: ISO 8601, and local customs with zone names.

A timestamp is always an instant: aware, UTC. What has neither an offset nor a zone
that the catalogue's format gives is refused, not guessed.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Final

__all__ = [
    "ISO",
    "MONTHS",
    "ZONE_OFFSETS",
    "form_of",
    "formats_tried",
    "parse_date",
    "parse_timestamp",
    "pattern_fits",
    "unnamed_zone",
    "written_part",
    "zone_offset",
]

ISO: Final = "iso"
_DEFAULT: Final = (ISO, "%Y-%m-%d")

# Hours east of UTC. A name means its own fixed offset: "PST" in July is UTC-8 still,
# as Amazon writes "PDT" then. Of names that stand for several zones, the one of a
# country with an Amazon marketplace counts (IST India, CST and EST North America,
# BST the United Kingdom, GST the Gulf, AST Saudi Arabia: Canada's keeps Pacific time).
# Source: RFC 5322, section 4.3 (North America); IANA time zone database, files europe,
# asia, australasia, southamerica, africa (abbreviations in force); Java's short
# names, such as the MEST that documents have: AST is that of Asia/Riyadh.
_EAST: Final = {
    -10.0: ("HST",),
    -9.0: ("AKST",),
    -8.0: ("PST", "AKDT"),
    -7.0: ("MST", "PDT"),
    -6.0: ("CST", "MDT"),
    -5.0: ("EST", "CDT"),
    -4.0: ("EDT",),
    -3.0: ("BRT",),
    -2.0: ("BRST",),
    0.0: ("UTC", "GMT", "Z", "WET"),
    1.0: ("CET", "MET", "MEZ", "WEST", "BST"),
    2.0: ("EET", "CEST", "MEST", "MESZ", "SAST"),
    3.0: ("EEST", "TRT", "AST"),
    4.0: ("GST",),
    5.5: ("IST",),
    8.0: ("SGT", "AWST"),
    9.0: ("JST",),
    9.5: ("ACST",),
    10.0: ("AEST",),
    10.5: ("ACDT",),
    11.0: ("AEDT",),
}
ZONE_OFFSETS: Final = {name: east for east, names in _EAST.items() for name in names}
MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_MONTH_NUMBERS: Final = {name: number for number, name in enumerate(MONTHS, start=1)}

_ISO_DATE: Final = r"(?P<Y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})"
_OFFSET: Final = r"Z|[+-]\d{2}(?::?\d{2})?"
_OFFSET_FORM: Final = re.compile(_OFFSET, re.ASCII)
_ISO_CLOCK: Final = (
    r"[T ](?P<H>\d{2})(?::(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<f>\d{1,6})0*)?)?)?"
)
_ISO_TIMESTAMP: Final = re.compile(
    rf"{_ISO_DATE}{_ISO_CLOCK}(?P<Z>{_OFFSET})", re.ASCII
)
# The day is as written whatever the zone: one may be named here, or not given
_ISO_DAY: Final = re.compile(
    rf"{_ISO_DATE}(?:{_ISO_CLOCK}(?: ?(?P<Z>[A-Z]{{1,5}}|{_OFFSET}))?)?", re.ASCII
)
_TOKENS: Final = {
    "%Y": r"(?P<Y>\d{4})",
    "%y": r"(?P<y>\d{2})",
    "%m": r"(?P<m>\d{1,2})",
    "%d": r"(?P<d>\d{1,2})",
    # Says nothing that the day does not
    "%a": r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)",
    "%b": r"(?P<b>[A-Za-z]{3})",
    "%H": r"(?P<H>\d{1,2})",
    # of twelve hours, with its half of the day
    "%I": r"(?P<H>0?[1-9]|1[0-2])",
    "%p": r"(?P<p>[AP]M)",
    "%M": r"(?P<M>\d{2})",
    "%S": r"(?P<S>\d{2})",
    "%Z": rf"(?P<Z>[A-Z]{{1,5}}|{_OFFSET})",
}
# Behind a pattern, and not in the cells: the zone whose time they are
_UNNAMED_ZONE: Final = re.compile(r" \[([A-Z]{1,5})\]$")


def formats_tried(formats: tuple[str, ...]) -> tuple[str, ...]:
    """Return a column's formats in the order in which they are tried.

    ISO 8601 is always one of them, the last where it is not named: it means the same
    day and instant in every custom, and Amazon turns from others to it.

    Parameters
    ----------
    formats : tuple of str
        As the catalogue has them; empty means ISO 8601, then ``%Y-%m-%d``.

    Returns
    -------
    tuple of str
    """
    formats = formats or _DEFAULT
    return formats if ISO in formats else (*formats, ISO)


def parse_timestamp(text: str, formats: tuple[str, ...]) -> datetime:
    """Return the instant that a cell names.

    Parameters
    ----------
    text : str
        Without surrounding blanks.
    formats : tuple of str
        Tried as `formats_tried` says: ``"iso"`` or patterns of ``%Y %y %m %d %a %b
        %H %I %p %M %S %Z``. A pattern without ``%Z`` means UTC, or the zone that stands
        behind it, as in ``%Y/%m/%d [JST]``; a day alone is its midnight.

    Returns
    -------
    datetime
        Aware, UTC, to the microsecond.

    Raises
    ------
    ValueError
        None of them fits, the date does not exist, or the zone is not known.
    """
    for pattern in formats_tried(formats):
        found = form_of(pattern).fullmatch(text)
        if found:
            part = found.groupdict()
            day = _day(part)
            naive = datetime(  # noqa: DTZ001 - the offset follows in the next line
                day.year,
                day.month,
                day.day,
                *_clock(part),
                int((part.get("f") or "0").ljust(6, "0")),
            )
            zone = timezone(zone_offset(part.get("Z") or unnamed_zone(pattern)))
            try:
                return naive.replace(tzinfo=zone).astimezone(UTC)
            except OverflowError:
                break
    raise ValueError("no timestamp")


def parse_date(text: str, formats: tuple[str, ...]) -> date:
    """Return the day that a cell names, as written, whatever its zone.

    Parameters
    ----------
    text : str
        Without surrounding blanks.
    formats : tuple of str
        As for `parse_timestamp`; a month alone (``%m/%Y``) is its first day.

    Returns
    -------
    date

    Raises
    ------
    ValueError
        None of them fits, or there is no such day; or no such time or zone, where they
        stand behind it.
    """
    for pattern in formats_tried(formats):
        found = form_of(pattern, day=True).fullmatch(text)
        if found:
            part = found.groupdict()
            time(*_clock(part))
            if zone := part.get("Z"):
                zone_offset(zone)
            return _day(part)
    raise ValueError("no date")


def form_of(pattern: str, *, day: bool = False) -> re.Pattern[str]:
    """Return the expression of a pattern, which is one of RE2 as well.

    Parameters
    ----------
    pattern : str
        ``"iso"`` or one of our patterns.
    day : bool
        Of a day, with whatever time behind it.

    Returns
    -------
    re.Pattern
        Its groups have the letters of the tokens; ``f`` is a fraction of a second.
    """
    if pattern == ISO:
        return _ISO_DAY if day else _ISO_TIMESTAMP
    return _compiled(pattern)


def pattern_fits(pattern: str, text: str, *, day: bool = False) -> bool:
    """Say whether a timestamp of a text's form would be read by a pattern.

    Parameters
    ----------
    pattern : str
        ``"iso"`` or one of our patterns.
    text : str
    day : bool
        Whether a day would be.

    Returns
    -------
    bool
        Of its form alone: the day need not exist.
    """
    return form_of(pattern, day=day).fullmatch(text) is not None


def unnamed_zone(pattern: str) -> str:
    """Return the zone of a pattern that names none.

    Parameters
    ----------
    pattern : str

    Returns
    -------
    str
        The one behind it in brackets, else ``"UTC"``.
    """
    found = _UNNAMED_ZONE.search(pattern)
    return found[1] if found else "UTC"


def written_part(pattern: str) -> str:
    """Return a pattern without the zone that cells do not name.

    Parameters
    ----------
    pattern : str

    Returns
    -------
    str
    """
    return _UNNAMED_ZONE.sub("", pattern)


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the expression of a date pattern."""
    parts = re.split(r"(%[a-zA-Z])", written_part(pattern))
    text = "".join(_TOKENS.get(part) or re.escape(part) for part in parts)
    return re.compile(text, re.ASCII)


def _day(part: dict[str, str | None]) -> date:
    """Return the day of a match."""
    year = part.get("Y") or f"20{part.get('y')}"
    if name := part.get("b"):
        month = _MONTH_NUMBERS.get(name.lower(), 0)
    else:
        month = int(part.get("m") or 0)
    return date(int(year), month, int(part.get("d") or 1))


def _clock(part: dict[str, str | None]) -> tuple[int, int, int]:
    """Return the hour, minute and second of a match."""
    hour, minute, second = (int(part.get(each) or 0) for each in "HMS")
    if half := part.get("p"):
        hour = hour % 12 + 12 * (half == "PM")
    return hour, minute, second


def zone_offset(zone: str) -> timedelta:
    """Return the offset of a zone.

    Parameters
    ----------
    zone : str
        A name, ``Z``, or ``+hh:mm``.

    Returns
    -------
    timedelta
        East of UTC.

    Raises
    ------
    ValueError
        The name is not known.
    """
    if _OFFSET_FORM.fullmatch(zone) and zone != "Z":
        digits = zone[1:].replace(":", "").ljust(4, "0")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        if minutes >= 24 * 60:
            raise ValueError("an offset of a day or more")
        return timedelta(minutes=-minutes if zone[0] == "-" else minutes)
    hours = ZONE_OFFSETS.get(zone)
    if hours is None:
        raise ValueError("unknown zone")
    return timedelta(hours=hours)

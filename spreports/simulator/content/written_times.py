"""Days and moments in every form that the catalogue names.

The value beside the text is what a reader has to make of it; it is worked out here
from the form alone, not by a parser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from random import Random

from spreports.catalog.words import BY_MARKETPLACE
from spreports.simulator.marketplaces import Marketplace

ISO = "iso"
DEFAULT = (ISO, "%Y-%m-%d")
MONTHS = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Hours east of UTC of the zones that Amazon's documents name.
# Source: reference, "Listings open-date: zone names".
ZONES = {
    "na": (("PST", -8), ("PDT", -7), ("UTC", 0)),
    "eu": (("MEST", 2), ("MET", 1), ("BST", 1), ("CEST", 2), ("UTC", 0)),
    "fe": (("JST", 9), ("UTC", 0)),
}
# Of the zones that stand behind a pattern, not in its cells
UNNAMED = {"": 0.0, "JST": 9.0, "IST": 5.5}
ISO_FORMS = ("offset", "zulu", "minutes", "fraction", "east")

Written = tuple[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeForm:
    """How one column writes its times.

    Attributes
    ----------
    pattern : str
        ``"iso"`` or a pattern of the catalogue.
    iso : str
        One of `ISO_FORMS`, for ``"iso"``.
    zone : str
    east : timedelta
        Of the zone.
    padded : bool
        Days and months have their zero.
    """

    pattern: str
    iso: str
    zone: str
    east: timedelta
    padded: bool

    @classmethod
    def choose(
        cls, formats: tuple[str, ...], place: Marketplace, source: Random
    ) -> TimeForm:
        """Choose a form for one column of one document: the site's, where it has one.

        Parameters
        ----------
        formats : tuple of str
            The column's, as the catalogue has them.
        place : Marketplace
        source : random.Random
        """
        # What is left of it depends on the site in a way that is not known
        known = tuple(each for each in formats if each != BY_MARKETPLACE)
        usable = known or formats or DEFAULT
        start = "%Y/" if place.country == "JP" else "%d" if place.region == "eu" else ""
        own = tuple(each for each in usable if start and each.startswith(start))
        zone, hours = source.choice(ZONES[place.region])
        return cls(
            pattern=source.choice(own or usable),
            iso=source.choice(ISO_FORMS),
            zone=zone,
            east=timedelta(hours=hours),
            padded=source.random() < 0.7,
        )

    def writer(self, dtype: str) -> Callable[[datetime, Random], Written]:
        """Return what writes a UTC moment, and says the value of the text.

        Parameters
        ----------
        dtype : str
            ``"date"`` or ``"timestamp"``.
        """
        if self.pattern == ISO:
            return self._iso_day if dtype == "date" else self._iso_moment
        return self._day if dtype == "date" else self._moment

    @property
    def _has_clock(self) -> bool:
        return "%H" in self.pattern or "%I" in self.pattern

    def _iso_moment(self, moment: datetime, source: Random) -> Written:
        match self.iso:
            case "zulu":
                return f"{moment:%Y-%m-%dT%H:%M:%S}Z", moment
            case "minutes":
                return f"{moment:%Y-%m-%dT%H:%M}Z", moment.replace(second=0)
            case "fraction":
                milli = source.randrange(1000)
                shown = f"{moment:%Y-%m-%dT%H:%M:%S}.{milli:03d}Z"
                return shown, moment.replace(microsecond=milli * 1000)
            case "east":
                there = moment.astimezone(timezone(self.east))
                return there.isoformat(), moment
        return moment.isoformat(), moment

    def _iso_day(self, moment: datetime, source: Random) -> Written:
        if self.iso == "offset":
            return self._iso_moment(moment, source)[0], moment.date()
        return moment.date().isoformat(), moment.date()

    def _moment(self, moment: datetime, _: Random) -> Written:
        unnamed = self.pattern.partition(" [")[2].removesuffix("]")
        east = self.east if "%Z" in self.pattern else timedelta(hours=UNNAMED[unnamed])
        zone = timezone(east)
        there = moment.astimezone(zone)
        if not self._has_clock:
            there = there.replace(hour=0, minute=0, second=0)
        if "%d" not in self.pattern:
            there = there.replace(day=1)
        return self._filled(there), there.astimezone(UTC)

    def _day(self, moment: datetime, _: Random) -> Written:
        day = moment.date()
        if "%d" not in self.pattern:
            day = day.replace(day=1)
        return self._filled(moment), date(day.year, day.month, day.day)

    def _filled(self, moment: datetime) -> str:
        """Put a moment into the pattern; months by their English names."""
        bare = not (self.padded or self._has_clock or "-%m-" in self.pattern)
        width = "d" if bare else "02d"
        parts = {
            "%Y": f"{moment.year:04d}",
            "%y": f"{moment.year % 100:02d}",
            "%m": format(moment.month, width),
            "%d": format(moment.day, width),
            "%a": WEEKDAYS[moment.weekday()],
            "%b": MONTHS[moment.month - 1],
            "%H": f"{moment.hour:02d}",
            "%I": f"{moment.hour % 12 or 12:02d}",
            "%p": "PM" if moment.hour >= 12 else "AM",
            "%M": f"{moment.minute:02d}",
            "%S": f"{moment.second:02d}",
            "%Z": self.zone,
        }
        text = self.pattern.partition(" [")[0]
        for token, part in parts.items():
            text = text.replace(token, part)
        return text

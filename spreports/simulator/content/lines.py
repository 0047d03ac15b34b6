"""What the families share: an order for a document, its table, times, ids."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from spreports.simulator.marketplaces import Marketplace

POOL = 2048
SECONDS = tuple(f"{second:02d}" for second in range(60))
MINUTES = tuple(
    f"{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60)
)
# Odd and coprime to 10**7, so that the low digits of order ids do not repeat early
STRIDE = 7_368_787


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a document is to hold.

    Attributes
    ----------
    seed : int
    rows : int
    marketplaces : tuple of Marketplace
        At least one.
    start, end : datetime
        The window ``[start, end)``, aware.
    options : mapping of str to str
        Report options of the request.
    asked_start, asked_end : datetime or None
        Those of the request, where `start` and `end` are others: a day of data behind
        an empty window, or whole days and periods.
    period : str or None
        A row's day is the first of such a period.
    """

    seed: int
    rows: int
    marketplaces: tuple[Marketplace, ...]
    start: datetime
    end: datetime
    options: Mapping[str, str] = field(default_factory=dict)
    asked_start: datetime | None = None
    asked_end: datetime | None = None
    period: str | None = None

    def random(self, report_type: str, *, windowed: bool = True) -> random.Random:
        """Return randomness that depends on this order and nothing else."""
        places = ",".join(place.country for place in self.marketplaces)
        window = f"{self.start.isoformat()}/{self.end.isoformat()}" if windowed else ""
        return random.Random(f"{self.seed}|{report_type}|{places}|{window}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A flat file before it becomes bytes.

    Attributes
    ----------
    header : tuple of str
    lines : callable, () -> iterator of str
        Data lines without their ends; a fresh pass each time.
    charset : str
        Java's name, as Content-Type has it.
    charset_sent : bool
        Whether Content-Type names the charset.
    line_end : str
    """

    header: tuple[str, ...]
    lines: Callable[[], Iterator[str]]
    charset: str
    charset_sent: bool = True
    line_end: str = "\n"


class Days:
    """Formats moments fast: the text of a day is made once."""

    def __init__(self, pattern: str, joint: str, tail: str) -> None:
        self._pattern = pattern
        self._joint = joint
        self._tail = tail
        self._days: dict[int, str] = {}

    def text(self, moment: int) -> str:
        """Return the text of a moment.

        Parameters
        ----------
        moment : int, seconds since 1970
        """
        day, second = divmod(moment, 86_400)
        date = self._days.get(day)
        if date is None:
            noon = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
            date = self._days[day] = noon.strftime(self._pattern) + self._joint
        return f"{date}{MINUTES[second // 60]}{SECONDS[second % 60]}{self._tail}"

    def date(self, moment: int) -> str:
        """Return the text of a moment's day."""
        return self.text(moment).partition(self._joint)[0]


def iso_days() -> Days:
    """Return the format of order reports: ISO 8601 with an offset."""
    return Days("%Y-%m-%d", "T", "+00:00")


def moments(order: Order, count: int) -> Callable[[int], int]:
    """Return the moment of row n of `count`, evenly within the window.

    Whole seconds since 1970; never before the start and always before the end.
    """
    first = math.ceil(order.start.timestamp())
    width = max(0, math.ceil(order.end.timestamp()) - 1 - first)
    parts = max(1, count)
    return lambda number: first + width * number // parts


def order_id(prefix: int, salt: int, number: int) -> str:
    """Return an order id in Amazon's form, different for each number."""
    high, low = divmod(number, 10_000_000)
    spun = (low * STRIDE + salt) % 10_000_000
    return f"{prefix + high % 7:03d}-{(salt // 3 + high) % 10_000_000:07d}-{spun:07d}"


def money(cents: int, mark: str = ".") -> str:
    """Return an amount with two decimals and a sign only where it is negative."""
    sign = "-" if cents < 0 else ""
    whole, part = divmod(abs(cents), 100)
    return f"{sign}{whole}{mark}{part:02d}"

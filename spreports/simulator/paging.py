"""The tokens of getReports: opaque, awkward to encode, and not for ever."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass

from spreports.clock import Clock
from spreports.simulator.lifecycle import Report
from spreports.simulator.refusal import invalid
from spreports.simulator.reports import position

# Each of these means something else in a query that is not encoded (docs#2789)
AWKWARD = "+/=&"


@dataclass(frozen=True, slots=True)
class _Bookmark:
    """The rest of an answer and when it is forgotten."""

    rest: tuple[Report, ...]
    page_size: int
    ends: float


class Pager:
    """Cuts answers into pages.

    Parameters
    ----------
    clock : Clock
    lifetime : float, seconds
        Of a token.
    """

    def __init__(self, clock: Clock, lifetime: float) -> None:
        self._clock = clock
        self._lifetime = lifetime
        self._lock = threading.Lock()
        self._bookmarks: dict[str, _Bookmark] = {}

    def first(
        self, reports: list[Report], page_size: int
    ) -> tuple[list[Report], str | None]:
        """Return the first page and the token of the next."""
        return self._cut(tuple(sorted(reports, key=position, reverse=True)), page_size)

    def next(self, token: str) -> tuple[list[Report], str | None]:
        """Return the page of a token and the token after it.

        Raises
        ------
        Refusal
            400 where the token is unknown or has expired.
        """
        with self._lock:
            bookmark = self._bookmarks.get(token)
        if bookmark is None or self._clock.monotonic() >= bookmark.ends:
            raise invalid("nextToken is invalid or has expired.")
        return self._cut(bookmark.rest, bookmark.page_size)

    def _cut(
        self, reports: tuple[Report, ...], page_size: int
    ) -> tuple[list[Report], str | None]:
        page, rest = list(reports[:page_size]), reports[page_size:]
        if not rest:
            return page, None
        token = f"{secrets.token_urlsafe(24)}{AWKWARD}{secrets.token_urlsafe(8)}=="
        ends = self._clock.monotonic() + self._lifetime
        with self._lock:
            self._bookmarks[token] = _Bookmark(rest, page_size, ends)
        return page, token

"""Which spans of time share a moment: rows of both may be there twice."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

__all__ = ["TOLERANCE", "first_overlaps", "overlapping"]

T = TypeVar("T")

# Amazon's own steps may come some seconds late; what is off by less is the same moment.
TOLERANCE = timedelta(minutes=1)


def overlapping(
    spans: Iterable[tuple[datetime, datetime, T]],
) -> Iterator[tuple[T, list[T]]]:
    """Yield what begins while others go on, by its start, and with it those others.

    As many as there are pairs; where they need not be seen, `first_overlaps` is enough.

    Parameters
    ----------
    spans : iterable of (start, end, anything)
        Half-open, in any order. Ends that touch, or miss each other by less than
        `TOLERANCE`, are no overlap.
    """
    going_on: list[tuple[datetime, T]] = []
    for start, end, it in sorted(spans, key=lambda span: span[0]):
        going_on = [each for each in going_on if each[0] - start > TOLERANCE]
        if going_on:
            yield it, [other for _, other in going_on]
        going_on.append((end, it))


def first_overlaps(
    spans: Iterable[tuple[datetime, datetime, T]],
) -> Iterator[tuple[T, T, int]]:
    """Yield what begins while others go on, one of those, and how many they are.

    The one is that which ends first. Whatever overlaps anything is yielded in one of
    the two places: it begins within another, or it is alone as the next one begins.

    Parameters
    ----------
    spans : iterable of (start, end, anything)
        As for `overlapping`.
    """
    # By their ends; the number keeps what is equal there from being compared
    going_on: list[tuple[datetime, int, T]] = []
    by_start = sorted(spans, key=lambda span: span[0])
    for number, (start, end, it) in enumerate(by_start):
        while going_on and going_on[0][0] - start <= TOLERANCE:
            heapq.heappop(going_on)
        if going_on:
            yield it, going_on[0][2], len(going_on)
        heapq.heappush(going_on, (end, number, it))

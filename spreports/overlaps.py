"""Which spans of time share a moment: rows of both may be there twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

__all__ = ["TOLERANCE", "overlapping"]

T = TypeVar("T")

# Amazon's own steps may come some seconds late; what is off by less is the same moment.
TOLERANCE = timedelta(minutes=1)


def overlapping(
    spans: Iterable[tuple[datetime, datetime, T]],
) -> Iterator[tuple[T, list[T]]]:
    """Yield what begins while others go on, by its start, and with it those others.

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

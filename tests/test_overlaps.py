"""What overlaps is found whole, and in no more steps than sorting takes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from spreports.overlaps import first_overlaps, overlapping

START = datetime(2026, 10, 1, tzinfo=UTC)
STEP = timedelta(seconds=30)  # half of what counts as the same moment

SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=12)


def spans_of(steps: Iterable[tuple[int, int]]) -> list[tuple[datetime, datetime, int]]:
    """Make spans of their starts and lengths, each with its number."""
    return [
        (START + start * STEP, START + (start + length) * STEP, number)
        for number, (start, length) in enumerate(steps)
    ]


@given(SPANS)
def test_first_overlaps_are_those_of_all_pairs(
    steps: list[tuple[int, int]],
) -> None:
    spans = spans_of(steps)
    pairs = list(overlapping(spans))

    firsts = list(first_overlaps(spans))

    assert [(it, count) for it, _, count in firsts] == [
        (it, len(others)) for it, others in pairs
    ]
    ends = [end for _, end, _ in spans]
    for (_, first, _), (_, others) in zip(firsts, pairs, strict=True):
        assert first in others
        assert ends[first] == min(ends[other] for other in others)


@given(SPANS)
def test_whatever_overlaps_anything_is_told(steps: list[tuple[int, int]]) -> None:
    spans = spans_of(steps)

    told = {each for it, first, _ in first_overlaps(spans) for each in (it, first)}

    assert told == {each for it, others in overlapping(spans) for each in (it, *others)}


class Counted(datetime):
    """A time that counts how often it is held against another."""

    looks = 0

    def __lt__(self, other: Any) -> bool:
        Counted.looks += 1
        return super().__lt__(other)

    def __sub__(self, other: Any) -> Any:
        Counted.looks += 1
        return super().__sub__(other)


def counted(hours: int) -> Counted:
    return Counted.fromtimestamp(START.timestamp() + hours * 3600, UTC)


def test_thousands_that_begin_together_are_not_held_against_each_other() -> None:
    """As an hourly sink with a fixed start leaves them."""
    Counted.looks = 0
    ends = [number * 1999 % 4001 for number in range(1, 4001)]  # each once, shuffled
    spans = [(counted(0), counted(hours), hours) for hours in ends]

    firsts = list(first_overlaps(spans))

    assert firsts[-1] == (ends[-1], 1, 3999)
    assert 4000 < Counted.looks < 40 * 4000  # pairs are 8 million

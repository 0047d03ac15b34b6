"""Work on a thread of its own comes out in order, and none is left behind."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from spreports.load.ahead import ahead


def numbers(
    seen: list[int], *, fail_at: int | None = None
) -> Generator[int, None, None]:
    try:
        for number in range(10):
            if number == fail_at:
                raise LookupError
            seen.append(number)
            yield number
    finally:
        seen.append(-1)


def test_results_come_in_order_and_items_are_read_two_ahead() -> None:
    seen: list[int] = []
    results = ahead(lambda n: (n, threading.current_thread().name), numbers(seen))

    first = next(results)

    assert first[0] == 0
    assert first[1].startswith("spreports-order")
    assert seen == [0, 1]
    assert [n for n, _ in results] == list(range(1, 10))
    assert seen == [*range(10), -1]


def test_an_error_of_an_item_or_of_its_work_comes_after_all_before_it() -> None:
    def work(number: int) -> int:
        if number == 7:
            raise ArithmeticError
        return number

    done: list[int] = []
    with pytest.raises(LookupError):
        done.extend(ahead(work, numbers([], fail_at=4)))
    assert done == [0, 1, 2, 3]

    done.clear()
    with pytest.raises(ArithmeticError):
        done.extend(ahead(work, numbers([])))
    assert done == list(range(7))


def test_who_stops_early_leaves_no_work_behind_and_the_items_closed() -> None:
    seen: list[int] = []
    results = ahead(lambda n: n, numbers(seen))
    next(results)

    results.close()

    assert seen[-1] == -1
    names = [thread.name for thread in threading.enumerate()]
    assert not any(name.startswith("spreports-order") for name in names)

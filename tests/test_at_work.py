"""Several items at work at a time look like one after the other."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from spreports.at_work import at_work, threads_of

SECONDS = 20  # after which something hangs


class Items:
    """Numbers, how many of them were taken, and whether they were closed."""

    def __init__(self, count: int, failure: BaseException | None = None) -> None:
        self.count, self.failure = count, failure
        self.taken, self.closed = 0, False

    def __call__(self) -> Generator[int, None, None]:
        try:
            for number in range(self.count):
                self.taken += 1
                yield number
            if self.failure is not None:
                raise self.failure
        finally:
            self.closed = True


def threads() -> list[str]:
    return [t.name for t in threading.enumerate() if "at-work" in t.name]


def test_results_come_in_order_even_if_a_later_one_is_done_first() -> None:
    later = threading.Event()

    def work(number: int) -> int:
        if number == 1:
            later.set()
        if number == 0:
            assert later.wait(SECONDS)  # both are at work at the same time
        return number * 10

    items = Items(20)
    assert list(at_work(work, items())) == [n * 10 for n in range(20)]
    assert items.closed
    assert threads() == []


def test_items_may_be_a_list() -> None:
    assert list(at_work(lambda number: number * 10, [1, 2, 3])) == [10, 20, 30]


def test_no_more_than_three_items_are_ahead_of_the_consumer() -> None:
    items = Items(20)
    for number in at_work(lambda number: number, items()):
        assert items.taken <= number + 3


def test_nothing_begins_before_it_is_asked_for() -> None:
    items = Items(20)
    results = at_work(lambda number: number, items())
    assert (items.taken, threads()) == (0, [])
    results.close()


def test_an_error_comes_after_what_is_before_it_and_drops_what_is_after() -> None:
    later = threading.Event()

    def work(number: int) -> int:
        if number == 4:
            later.set()
        if number == 3:
            assert later.wait(SECONDS)
            raise ValueError("the fourth")
        return number

    items = Items(20)
    seen: list[int] = []
    with pytest.raises(ValueError, match="the fourth"):
        seen.extend(at_work(work, items()))
    assert seen == [0, 1, 2]
    assert items.closed
    assert threads() == []


def test_an_error_of_the_items_themselves_comes_after_the_last_result() -> None:
    items = Items(3, OSError("no more"))
    seen: list[int] = []
    with pytest.raises(OSError, match="no more"):
        seen.extend(at_work(lambda number: number, items()))
    assert seen == [0, 1, 2]
    assert items.closed
    assert threads() == []


@pytest.mark.parametrize("stopped_by", ["close", "interrupt"])
def test_a_consumer_that_stops_early_leaves_no_thread_and_open_items(
    stopped_by: str,
) -> None:
    items = Items(1000)
    results = at_work(lambda number: number, items())
    assert next(results) == 0

    if stopped_by == "close":
        results.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            results.throw(KeyboardInterrupt())

    assert items.closed
    assert items.taken < 10
    assert threads() == []


def test_an_interrupt_while_items_are_read_is_raised_at_once() -> None:
    items = Items(2, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        next(at_work(lambda number: number, items()))
    assert items.closed
    assert threads() == []


def test_a_thread_of_its_own_may_close_it() -> None:
    # as the collector does, wherever it happens to run
    closed = threading.Event()
    results: list[Generator[int, None, None]] = []
    asked = threading.Event()

    def work(number: int) -> int:
        if number == 2:
            assert asked.wait(SECONDS)
            results[0].close()
            closed.set()
        return number

    results.append(at_work(work, Items(20)()))
    assert next(results[0]) == 0
    asked.set()
    assert closed.wait(SECONDS)
    assert list(results[0]) == []


def test_one_thread_works_in_order_and_items_are_read_two_ahead() -> None:
    read: list[int] = []

    def items() -> Generator[int, None, None]:
        for number in range(10):
            read.append(number)
            yield number

    done: list[int] = []
    results = at_work(done.append, items(), threads=1)

    next(results)
    assert read == [0, 1]
    assert list(results) == [None] * 9
    assert done == list(range(10))


def test_threads_may_be_ended_by_one_of_their_own() -> None:
    held = ExitStack()
    pool = held.enter_context(threads_of("spreports-own", 1))

    pool.submit(held.close).result(SECONDS)

    with pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(print)

"""Run a few things at once, and let go of them when the command is interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from queue import SimpleQueue
from typing import TypeVar

from spreports.errors import SPReportsError

__all__ = ["side_by_side"]

Name = TypeVar("Name")
Result = TypeVar("Result")


def side_by_side(
    runs: Mapping[Name, Callable[[], Result]],
) -> Iterator[tuple[Name, Result | SPReportsError]]:
    """Yield what each run gives, or its error, as they end.

    The threads are daemons: an interrupted command does not wait for what they are in
    the middle of, which has to be safe to leave at any instant.

    Parameters
    ----------
    runs : mapping of callables

    Yields
    ------
    (name, result or SPReportsError)

    Raises
    ------
    Exception
        What a run raised that is no error of ours.
    """
    ended: SimpleQueue[tuple[Name, Result | BaseException]] = SimpleQueue()

    def work(name: Name, run: Callable[[], Result]) -> None:
        try:
            ended.put((name, run()))
        except BaseException as exc:  # noqa: BLE001 - raised again in the thread that iterates
            ended.put((name, exc))

    for name, run in runs.items():
        threading.Thread(target=work, args=(name, run), daemon=True).start()
    for _ in runs:
        name, result = ended.get()
        if not isinstance(result, BaseException) or isinstance(result, SPReportsError):
            yield name, result
        else:
            raise result

"""What a sink writes down of a document beside its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cached_property

from spreports.load.marker import PREFIX
from spreports.reports.metadata import Constant

__all__ = ["Note"]


class Note(Mapping[str, str]):
    """What files and markers say of a document, known when it is first looked at.

    Parameters
    ----------
    facts : callable
        Gives them; waits for what is not known yet.
    """

    def __init__(self, facts: Callable[[], Mapping[str, Constant]]) -> None:
        self._facts = facts

    @cached_property
    def _texts(self) -> dict[str, str]:
        return {
            PREFIX + name: value.isoformat() if isinstance(value, date) else value
            for name, value in self._facts().items()
            if value is not None
        }

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __bool__(self) -> bool:
        return True  # without a look: there always is a table to name

"""How far a request is, as it is told to whoever wants to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["OnProgress", "Progress", "check_progress"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a request is, told to ``on_progress``.

    Attributes
    ----------
    total, finished : int
        Reports in all, and those that are DONE, CANCELLED or FATAL.
    adopted : int
        Reports that existed already.
    statuses : mapping of str to int
        Reports by processing status, as last seen; before there is one, by ``"to be
        asked"`` and ``"asked"``, and ``"WAITING FOR THE COOL-DOWN"`` of their type.
    """

    total: int
    finished: int
    adopted: int
    statuses: Mapping[str, int]

    def __str__(self) -> str:
        parts = ", ".join(f"{n} {status}" for status, n in self.statuses.items())
        return f"{self.finished} of {self.total} reports finished ({parts})"


OnProgress = Callable[[Progress], object]


def check_progress(on_progress: object) -> None:
    """Refuse what cannot be told how far a request is.

    Raises
    ------
    TypeError
    """
    if on_progress is not None and not callable(on_progress):
        raise TypeError(
            f"on_progress={on_progress!r} is nothing to call: give a function that "
            "takes a spreports.Progress"
        )

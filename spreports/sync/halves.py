"""Reports of several tables of which a run that was killed landed but some.

Readers count what such a report has. So its days are held by it, and asked for under
the very same window, whichever host plans next: cut otherwise, they would be there
twice in the tables that landed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from spreports.ledger import LakeWindow, WindowState

__all__ = ["halves_of"]


def halves_of(
    found: Iterable[LakeWindow], held: Iterable[LakeWindow]
) -> Iterator[LakeWindow]:
    """Yield windows that are to be completed, as asked for by somebody.

    Parameters
    ----------
    found : iterable of LakeWindow
        Of which the lake has some tables; those without dates are left out.
    held : iterable of LakeWindow
        What is known of whole reports: none of their days is asked for once more.

    Yields
    ------
    LakeWindow
        None of them shares a day with another, or with what is held.
    """
    kept = list(held)
    for window in sorted(found, key=lambda w: w.name):
        if window.start is None or any(window.overlaps(other) for other in kept):
            continue
        kept.append(window)
        yield LakeWindow(
            name=window.name,
            start=window.start,
            end=window.end,
            state=WindowState.ASKED,
        )

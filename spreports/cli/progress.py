"""Show on stderr how far a request is: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spreports.cli.output import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from spreports import Progress

_BAR = "{n_fmt}/{total_fmt} reports |{bar:30}| {elapsed}{postfix}"


@contextmanager
def shown(whose: str = "") -> Iterator[Callable[[Progress], None]]:
    """Give an ``on_progress`` that shows itself.

    The bar is tqdm's, of the extra ``cli``; without it, and where stderr is no
    terminal, each change is a line.

    Parameters
    ----------
    whose : str
        Of several requests at once: each has lines of its own, which begin so.
    """
    if sys.stderr.isatty() and not whose:
        try:
            from tqdm import tqdm  # noqa: PLC0415 - an extra
        except ImportError:
            yield _lines("")
            return
        with tqdm(unit="report", file=sys.stderr, bar_format=_BAR) as bar:

            def on_progress(progress: Progress) -> None:
                bar.total = progress.total
                bar.n = progress.finished
                parts = (f"{n} {status}" for status, n in progress.statuses.items())
                bar.set_postfix_str(", ".join(parts))

            yield on_progress
        return
    yield _lines(whose)


def _lines(whose: str) -> Callable[[Progress], None]:
    """Return an ``on_progress`` that writes a line when something changed."""
    last = ""

    def on_progress(progress: Progress) -> None:
        nonlocal last
        if str(progress) != last:
            last = str(progress)
            say(f"{whose}{last}")

    return on_progress

"""Name the nearest known words in an error about an unknown one."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["suggestion"]


def suggestion(word: str, known: Sequence[str], *, at_most: int = 12) -> str:
    """Return how an error about an unknown word goes on.

    Parameters
    ----------
    word : str
        What was given.
    known : sequence of str
        What could have been given.
    at_most : int
        Lists up to this long are named in full.

    Returns
    -------
    str
        ``": did you mean 'orders'?"``, the whole list where nothing is near and it
        is short, or ``""``.
    """
    import difflib  # noqa: PLC0415 - only on the way to an error

    folded = {name.casefold(): name for name in reversed(known)}
    near = difflib.get_close_matches(word.casefold(), list(folded), n=3, cutoff=0.6)
    if near:
        return f": did you mean {' or '.join(repr(folded[name]) for name in near)}?"
    if not known:
        return ": it has none"
    if len(known) <= at_most:
        return f": it is one of {', '.join(known)}"
    return ""

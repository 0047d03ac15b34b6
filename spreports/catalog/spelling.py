"""Headers that differ in spelling alone."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["bare_spelling"]

_MARKS: Final = re.compile(r"[\s_\-/]+")


def bare_spelling(header: str) -> str:
    """Return a header without case and without marks between its words.

    Parameters
    ----------
    header : str
        Such as ``"Starting Warehouse Balance"`` or ``"starting-warehouse-balance"``.

    Returns
    -------
    str
        ``"startingwarehousebalance"`` for both: equal for headers that differ in
        spelling alone.

    Source: reference, conflict "ledger headers" (``StartingWarehouseBalance`` in the
    docs, ``Starting Warehouse Balance`` as served).
    """
    return _MARKS.sub("", header.casefold()).strip("\ufeff")

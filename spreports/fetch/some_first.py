"""Try some cells of a column before all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["some_first"]

_SOME: Final = 16


def some_first(
    texts: pa.Array, read: Callable[[pa.Array], pa.Array], *, beyond: int = 2 * _SOME
) -> pa.Array:
    """Read a column, unless some of its cells cannot be read.

    Arrow's cast visits every cell of a column that does not fit, and words an error for
    each misfit: of an all too different column that takes longer than to read one that
    fits, many times.

    Parameters
    ----------
    texts : pyarrow.Array of string, n cells
    read : callable
        Reads each cell by itself.
    beyond : int
        Of so many cells and fewer, all are read at once.

    Returns
    -------
    pyarrow.Array, n cells

    Raises
    ------
    pyarrow.ArrowInvalid
        `read` did.
    """
    if len(texts) > beyond:
        some = texts.slice(0, _SOME)
        if some.null_count:  # the first ones may all be
            some = texts.take(pc.indices_nonzero(texts.is_valid()).slice(0, _SOME))
        read(some)
    return read(texts)

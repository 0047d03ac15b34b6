"""Try some cells of a column before all of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["cast_some_first", "some_first"]

_SOME: Final = 16


def some_first(texts: pa.Array, read: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Read a column, unless some of its cells cannot be read.

    Arrow's cast visits every cell of a column that does not fit, and words an error for
    each misfit: of an all too different column that takes longer than to read one that
    fits, many times.

    Parameters
    ----------
    texts : pyarrow.Array of string, n cells
    read : callable
        Reads each cell by itself.

    Returns
    -------
    pyarrow.Array, n cells

    Raises
    ------
    pyarrow.ArrowInvalid
        `read` did.
    """
    if len(texts) > 2 * _SOME:
        some = texts.slice(0, _SOME)
        if some.null_count:  # the first ones may all be
            some = texts.take(pc.indices_nonzero(texts.is_valid()).slice(0, _SOME))
        read(some)
    return read(texts)


def cast_some_first(texts: pa.Array, dtype: pa.DataType) -> pa.Array:
    """Cast a column as Arrow does, as `some_first` reads it."""
    return some_first(texts, partial(pc.cast, target_type=dtype))

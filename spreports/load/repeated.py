"""Columns that are one value over and over, from the same memory each time.

Fees are zero and gift wraps are nothing for row group after row group. To have the
system give new pages for each takes longer than to write into them, and so many more
are in use.
"""

from __future__ import annotations

import pyarrow as pa

from spreports.load.rowgroups import STEP_ROWS

__all__ = ["Repeated"]


class Repeated:
    """One array for each column, cut to length; several threads may ask."""

    def __init__(self) -> None:
        self._arrays: dict[str, pa.Array] = {}

    def column(self, name: str, value: pa.Array, count: int) -> pa.Array:
        """Return a value as often as is wanted.

        Parameters
        ----------
        name : str
            Of the column: it may have another value the next time.
        value : pyarrow.Array, 1 value or null
        count : int

        Returns
        -------
        pyarrow.Array, `count` values
        """
        array = self._arrays.get(name)
        if array is None or len(array) < count or not array[:1].equals(value):
            # most documents are small, and have one row group
            many = count if array is None else max(count, STEP_ROWS)
            array = pa.repeat(value[0], many)
            self._arrays[name] = array
        return array[:count]

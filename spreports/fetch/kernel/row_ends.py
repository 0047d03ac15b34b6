"""Where the last whole row of a text with quoted cells ends, by the kernel."""

from __future__ import annotations

import pyarrow as pa

from spreports.fetch.kernel.sandbox import (
    MOST_BYTES,
    NoRoomError,
    Sandboxes,
    kernel_pays,
)

__all__ = ["RowEnds"]


class RowEnds:
    """Finds row ends, in one text after the other.

    Parameters
    ----------
    delimiter : str
        One byte in UTF-8.
    """

    def __init__(self, delimiter: str) -> None:
        self._delimiter = ord(delimiter)
        self._boxes = Sandboxes(b"")
        self._seen_bytes = 0

    def last(self, text: bytes, stop: int) -> int | None:
        """Return the end of the last whole row before a place.

        Parameters
        ----------
        text : bytes
            UTF-8, from the beginning of a row. Lines end with a line feed.
        stop : int

        Returns
        -------
        int or None
            0 where no row ends; None where a quote is not around a cell, for a text of
            some MiB, and for the first ones, until the kernel pays.
        """
        self._seen_bytes += stop
        if stop > MOST_BYTES or not kernel_pays(self._seen_bytes):
            return None
        try:
            with self._boxes.one() as (sandbox, _):
                buffer = pa.py_buffer(text).slice(0, stop)
                found = sandbox.run("row_end", buffer, delimiter=self._delimiter)
        except NoRoomError:
            return None
        return None if found < 0 else found

"""What the C library keeps of memory that is free again."""

from __future__ import annotations

import ctypes
import sys

__all__ = ["trim_heaps"]


def trim_heaps() -> bool:
    """Give the system back what lies unused in the heaps of all threads.

    What one thread makes and another one frees, arrays of Arrow's and texts of
    Python's, leaves holes in the heap of the first: TRIED.md has how much.

    Returns
    -------
    bool
        Whether the C library was asked; musl's, macOS' and Windows' keep no such heaps
        or cannot be.

    Source: malloc_trim(3), GNU C Library.
    """
    if sys.platform != "linux":
        return False
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is None:
        return False
    trim(0)
    return True

"""The pages of Arrow's own allocator: small ones, of which less lies idle."""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from pathlib import Path
from typing import Final

import pyarrow as pa

__all__ = ["use_small_pages"]

# Source: madvise(2), Linux: MADV_NOHUGEPAGE, which is not in `mmap` of Python 3.11
_NO_HUGE_PAGE: Final = 15
_ASKED: Final = 1 << 16


@cache
def use_small_pages() -> bool:
    """Have Arrow's allocator keep its memory in the system's smallest pages.

    mimalloc asks for huge ones where it has most of its memory, 2 MiB that are there
    whole as soon as one byte of them is used. Of what a sink takes a tenth lay idle in
    them; without, it takes no longer (TRIED.md). Asked once a process.

    Returns
    -------
    bool
        Whether the system was asked; only Linux has such pages, and another allocator
        than mimalloc may have been chosen.

    Source: transparent huge pages, Linux admin guide; mimalloc's ``allow_thp``
    """
    pool = pa.default_memory_pool()
    if sys.platform != "linux" or pool.backend_name != "mimalloc":
        return False
    place = pa.allocate_buffer(_ASKED, memory_pool=pool).address
    for line in Path("/proc/self/maps").read_text().splitlines():
        start, stop = (int(end, 16) for end in line.split(maxsplit=1)[0].split("-"))
        if start <= place < stop:
            advise = ctypes.CDLL(None).madvise
            size = ctypes.c_size_t(stop - start)
            return bool(advise(ctypes.c_void_p(start), size, _NO_HUGE_PAGE) == 0)
    return False

"""The memory of arrays that come and go with each block.

Arrow's own pool gives pages back to the system within milliseconds, and to have them
anew for each block took 6 to 20 % of the CPU time; it also keeps a third more where
threads make what others free. The C library keeps pages, once it has seen how large
arrays are that come and go.

Source: mallopt(3), M_MMAP_THRESHOLD: the threshold is dynamic, 32 MiB at most
"""

from __future__ import annotations

from functools import cache
from typing import Final

import pyarrow as pa

__all__ = ["POOL", "keep_pages"]

POOL: Final = pa.system_memory_pool()
_LARGE: Final = 31 << 20


@cache
def keep_pages() -> None:
    """Let the C library see a large array come and go; none of its pages is touched."""
    pa.allocate_buffer(_LARGE, memory_pool=POOL)

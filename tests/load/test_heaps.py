"""What the C library keeps, in a process of its own: this one's heaps tell nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest

MANY_SMALL = """
import gc
from pathlib import Path
from spreports.load.heaps import trim_heaps

def resident():
    fields = Path("/proc/self/status").read_text().split("VmRSS:")[1].split()
    return int(fields[0]) // 1024

held = [bytes(1_000) for _ in range(100_000)]
last = bytes(1_000)  # on top of all that is free again
del held
gc.collect()
before = resident()
if trim_heaps():
    print(before - resident())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_what_lies_unused_below_something_in_use_is_given_back() -> None:
    ended = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-c", MANY_SMALL],
        capture_output=True,
        text=True,
        check=True,
    )
    if not ended.stdout:
        pytest.skip("no malloc_trim here")
    # Of some 100 MiB; half of it may be held by other objects between
    assert int(ended.stdout) > 48

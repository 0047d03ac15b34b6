"""Run one command and say what the kernel counted, as JSON on stdout.

A process of its own, and a small one: on Linux a command's peak memory starts at what
the process that forked it had (getrusage(2), ru_maxrss is kept over execve).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

if __name__ == "__main__":
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    figures = {
        "wall": wall,
        "cpu": usage.ru_utime + usage.ru_stime,
        # Linux counts in KiB
        "peak": usage.ru_maxrss / 1024,
    }
    print(json.dumps(figures))
    sys.exit(process.returncode)

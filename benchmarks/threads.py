"""``python -m benchmarks.threads [MiB] [by_day]``: CPU time of each thread of a sink.

Printed second by second: where fewer than all cores are busy, somebody waits. What it
has taught stands in PROFILES.md. Linux only.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.documents import emptied, orders
from benchmarks.orders import DATA
from benchmarks.orders_ours import write
from benchmarks.served import served

TASKS = Path("/proc/self/task")
# Source: proc_pid_stat(5): utime and stime, counted from behind the name
USER, SYSTEM = 11, 12


def cpu_seconds() -> dict[str, float]:
    """Return what each thread of this process has taken, by name and number."""
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    tick = os.sysconf("SC_CLK_TCK")
    taken = {}
    for task in TASKS.iterdir():
        try:
            said = (task / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        name = names.get(int(task.name), "of a library").removeprefix("spreports-")
        taken[f"{name} {task.name}"] = (int(said[USER]) + int(said[SYSTEM])) / tick
    return taken


@contextmanager
def watched(seconds: float = 1.0) -> Iterator[None]:
    """Print each second what every thread has taken since the last one."""
    ended = threading.Event()
    start = time.monotonic()

    def watch() -> None:
        before = cpu_seconds()
        going_on = True
        while going_on:
            going_on = not ended.wait(seconds)
            now = cpu_seconds()
            own = {name: taken - before.get(name, 0.0) for name, taken in now.items()}
            busy = [f"{k.rpartition(' ')[0]} {v:.2f}" for k, v in own.items() if v > 0]
            passed = time.monotonic() - start
            print(f"{passed:6.1f} s {sum(own.values()):5.2f}  {', '.join(busy)}")
            before = now

    watcher = threading.Thread(target=watch, name="watcher")
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


if __name__ == "__main__":
    words = sys.argv[1:]
    size = int(words[0]) if words and words[0].isdecimal() else 256
    target = emptied(DATA / "threads") / "orders"
    keys = ("purchase-date:day",) if "by_day" in words else ()
    with served(orders(DATA, size)) as url, watched():
        write(url, str(target), keys)

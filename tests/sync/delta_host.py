"""Several hosts that keep one Delta lake, each a process with a store of its own.

Started once: it imports everything, then forks a host for each job of a line of JSON,
all at once, and answers with their exit codes. A job names the step at whose n-th
reaching its host kills itself (0: never).
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

# Imported once, before the hosts: the second brings pandas, where that is installed
import deltalake  # noqa: F401
import pyarrow.dataset  # noqa: F401

from tests.sync.killed import Place, night
from tests.sync.night_clock import NightClock


def keep(place: Place, step: str, nth: int) -> int:
    """One night of one host; 0 where all that is due is there."""
    reached = 0

    def at(name: str) -> None:
        nonlocal reached
        reached += name == step
        if name == step and reached == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    result = night(place, NightClock(**place.clock), at)  # type: ignore[arg-type] # JSON has but one kind of number
    return 3 if result.failed or result.gaps else 0


def begun(job: dict[str, Any]) -> int:
    """Fork a host; return its process id."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            code = keep(Place(**job["place"]), job["step"], job["nth"])
        finally:
            os._exit(code)
    return child


def main() -> None:
    for line in sys.stdin:
        hosts = [begun(job) for job in json.loads(line)]
        codes = [os.waitstatus_to_exitcode(os.waitpid(host, 0)[1]) for host in hosts]
        sys.stdout.write(json.dumps(codes) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

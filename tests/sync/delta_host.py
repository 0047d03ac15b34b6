"""One of several hosts that keep one Delta lake; a program of its own.

Run with its place as JSON, and the step at whose n-th reaching it kills itself (0:
never).
"""

from __future__ import annotations

import json
import os
import signal
import sys

from tests.sync.killed import Place, night
from tests.sync.night_clock import NightClock


def main(place: Place, step: str, nth: int) -> None:
    reached = 0

    def at(name: str) -> None:
        nonlocal reached
        reached += name == step
        if name == step and reached == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    result = night(place, NightClock(**place.clock), at)  # type: ignore[arg-type] # JSON has but one kind of number
    sys.stdout.write(json.dumps(result.to_dict()))


if __name__ == "__main__":
    main(Place(**json.loads(sys.argv[1])), sys.argv[2], int(sys.argv[3]))

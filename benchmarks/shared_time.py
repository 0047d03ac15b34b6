"""One clock for several processes: it jumps when all of them sleep.

The process with the simulator owns the time. Each other process says when its next
sleeper wakes, once none of its threads works, and is told the time to which everybody
jumps. A process that is killed is not waited for.
"""

from __future__ import annotations

import random
import threading
from multiprocessing.connection import Connection

from spreports.simulator.jumping_clock import SERVING, JumpingClock

# Seconds between a slot and the request's arrival at Amazon, at the most
JITTER = 0.5


class OwnedTime(JumpingClock):
    """The clock of the process that owns the time."""

    def __init__(self) -> None:
        super().__init__()
        self._others: dict[Connection, float | None] = {}
        self._said: list[tuple[int, int, float]] = []
        self._listeners: list[threading.Thread] = []

    def add(self, connection: Connection) -> None:
        """Wait for another process from now on."""
        connection.send(self.monotonic())
        with self._look:
            self._others[connection] = None
        listener = threading.Thread(
            target=self._listen, args=(connection,), name=f"{SERVING}-time", daemon=True
        )
        self._listeners.append(listener)
        listener.start()

    def heard(self) -> list[tuple[int, int, float]]:
        """Return what the processes said at their end, once all have ended."""
        for listener in self._listeners:
            listener.join()
        return self._said

    def step(self, until: float) -> None:
        """Jump when the other processes are idle, too."""
        with self._look:
            wakes = [until, *(w for w in self._others.values() if w is not None)]
            if len(wakes) <= len(self._others) or min(wakes) == float("inf"):
                return
            others = list(self._others)
            self._others = dict.fromkeys(others)
        self.jump(min(wakes))
        for connection in others:
            try:
                connection.send(min(wakes))
            except OSError:
                continue  # killed; whoever listens to it has noticed

    def _listen(self, connection: Connection) -> None:
        """Take in what a process says, until it has ended."""
        while True:
            try:
                said = connection.recv()
            except (EOFError, OSError):
                said = None
            with self._look:
                if said is None:
                    self._others.pop(connection, None)
                elif isinstance(said, float):
                    self._others[connection] = said
                else:
                    self._said.append(said)
                self._looks += 1
                self._look.notify_all()
            if said is None:
                return


class SharedTime(JumpingClock):
    """The clock of a process that is told the time; sleepers oversleep a little."""

    def __init__(self, connection: Connection, seed: int) -> None:
        rng = random.Random(seed)
        super().__init__(jitter=lambda: rng.uniform(0.0, JITTER))
        self._connection = connection
        self.jump(connection.recv())

    def step(self, until: float) -> None:
        """Say when we go on, and wait to be told the time."""
        self._connection.send(until)
        try:
            self.jump(self._connection.recv())
        except EOFError:
            return

"""The simulator in a process of its own, which answers at once and without quotas."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import spreports as spr
from spreports import Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """Where the simulator is, and who may ask it."""

    endpoint: str
    token_url: str
    refresh_token: str
    client_id: str
    client_secret: str
    _pipe: Connection

    def connect(self, home: str) -> spr.Client:
        """Return a client on the machine's own time."""
        own = Credentials(self.refresh_token, self.client_id, self.client_secret)
        return spr.connect(
            endpoint=self.endpoint,
            token_url=self.token_url,
            credentials=own,
            home=home,
        )

    def operations(self) -> list[str]:
        """Return what was asked since the last call of this, in order."""
        self._pipe.send("operations")
        asked: list[str] = self._pipe.recv()
        return asked


def _simulate(rows: int, pipe: Connection) -> None:
    """Serve until the other end of the pipe is closed."""
    from spreports.simulator import Simulator  # noqa: PLC0415 - in this process alone

    with Simulator(
        rows=rows, delays=(0.0, 0.0), speed=1.0, usage_plans=False, settlements=False
    ) as simulator:
        own = simulator.credentials
        pipe.send(
            {
                "endpoint": simulator.endpoint,
                "token_url": simulator.token_url,
                "refresh_token": own.refresh_token,
                "client_id": own.client_id,
                "client_secret": own.client_secret,
            }
        )
        told = 0
        while pipe.recv() == "operations":
            asked = [request.operation for request in simulator.requests]
            pipe.send(asked[told:])
            told = len(asked)


@contextmanager
def simulated(rows: int) -> Iterator[Simulated]:
    """Run a simulator whose reports are done at once.

    Parameters
    ----------
    rows : int
        Of each document.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_simulate, args=(rows, theirs), daemon=True)
    process.start()
    try:
        yield Simulated(**ours.recv(), _pipe=ours)
        ours.send("end")
    finally:
        process.terminate()
        process.join()

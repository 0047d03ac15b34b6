"""Asks for a report in a process of its own, which kills itself on its way.

Run as ``python -m tests.reports.killed_asking`` with the place as JSON on stdin.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import spreports as spr
from spreports.api.report_operations import ReportOperations
from spreports.client.client import Client
from spreports.client.settings import Settings


def die() -> None:
    """End as by ``kill -9``: no clean-up runs."""
    os.kill(os.getpid(), signal.SIGKILL)


class LastSleep:
    """A clock that stands still, on which nobody wakes from a sleep."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def monotonic(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            die()


def die_when_created() -> None:
    """Have the report made, and not live to see its answer."""
    create = ReportOperations.create_report

    def created(self: ReportOperations, **asked: Any) -> str:
        create(self, **asked)
        die()
        raise AssertionError("killed")

    ReportOperations.create_report = created  # type: ignore[assignment,method-assign] # to be killed


def main(place: dict[str, Any]) -> None:
    """Ask for an inventory, to be killed while quota is waited for or after that.

    Or for a document with personal data, to be killed when its rows are there.
    """
    if place["created"]:
        die_when_created()
    settings = Settings(
        credentials=spr.Credentials(*place["credentials"]),
        endpoint=place["endpoint"],
        token_url=place["token_url"],
        home=Path(place["home"]),
    )
    clock = LastSleep(datetime.fromisoformat(place["now"]))
    with Client(settings, clock=clock) as client:
        if place["document"]:
            client.document(place["document"], report_type="orders_shipping").read()
            die()
        client.reports("GET_AFN_INVENTORY_DATA", marketplaces=["DE"]).read()


if __name__ == "__main__":
    main(json.load(sys.stdin))

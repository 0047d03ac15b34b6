"""What was asked of the simulator, without secrets."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRecord:
    """One request and the status it got.

    Attributes
    ----------
    operation : str
        The reference's name, or ``"token"``, ``"document"``, ``"unknown"``.
    method, path : str
        The path is without its query, which may hold tokens and signatures.
    status : int
        HTTP status; 0 where the connection was closed without an answer.
    parameters : tuple of str
        The names in the query, in the order sent.
    time : datetime
        On the simulator's clock.
    """

    operation: str
    method: str
    path: str
    status: int
    parameters: tuple[str, ...]
    time: datetime


class Journal:
    """Requests, ignored names and breaches, from all threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.requests: list[RequestRecord] = []
        self.ignored: Counter[str] = Counter()
        self.breaches: list[str] = []

    def note(self, record: RequestRecord) -> None:
        """Keep one request."""
        with self._lock:
            self.requests.append(record)

    def ignore(self, operation: str, name: str) -> None:
        """Count a body key or query parameter that Amazon does not know."""
        with self._lock:
            self.ignored[f"{operation} {name}"] += 1

    def breach(self, sentence: str) -> None:
        """Keep a sentence about what a client should not have done."""
        with self._lock:
            self.breaches.append(sentence)

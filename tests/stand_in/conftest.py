"""A stand-in for Amazon, a client that talks to it, and time that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

import spreports as spr
from spreports.clock import SystemClock
from tests.stand_in.amazon import CLIENT_ID, CLIENT_SECRET, Amazon
from tests.stand_in.timepiece import Timepiece

Connect = Callable[..., spr.Client]


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Timepiece:
    """Let every sleep of the library move time instead of waiting."""
    piece = Timepiece(stands_still=True)
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: piece.seconds())
    monkeypatch.setattr(SystemClock, "now", lambda _: piece.now())
    monkeypatch.setattr(SystemClock, "sleep", lambda _, seconds: piece.skip(seconds))
    return piece


@pytest.fixture
def amazon(time: Timepiece) -> Iterator[Amazon]:
    """Whoever breaks the reference in a test of this folder, fails it."""
    with Amazon(time) as running:
        yield running
        assert running.breaches == []


@pytest.fixture
def connect(amazon: Amazon, tmp_path: Path) -> Iterator[Connect]:
    """Make clients of the stand-in, by the public door."""
    with ExitStack() as stack:

        def make(seller: str = "Atzr|made+up/=&", home: str = "home") -> spr.Client:
            client = spr.connect(
                endpoint=amazon.endpoint,
                token_url=amazon.token_url,
                credentials=spr.Credentials(seller, CLIENT_ID, CLIENT_SECRET),
                home=tmp_path / home,
            )
            return stack.enter_context(client)

        yield make


@pytest.fixture
def client(connect: Connect) -> spr.Client:
    return connect()

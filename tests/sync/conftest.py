"""An Amazon with a business that goes on, and a client of it, on a clock of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import fsspec
import pytest

import spreports as spr
from spreports.simulator import Simulator, World
from tests.clocks import ManualClock

NIGHT = datetime(2026, 11, 10, 3, tzinfo=UTC)
# One thread that sits out a cool-down puts forward the clock of one that downloads
LASTING = 1e6


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NIGHT)


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(
        clock=clock,
        usage_plans=False,
        url_lifetime=LASTING,
        token_lifetime=LASTING,
        delays=(0.3, 0.5),
        settlements=False,
        rows=20,
        world=World(seed=1),
    ) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def client(simulator: Simulator, home: Path) -> Iterator[spr.Client]:
    with simulator.client(home=home) as connected:
        yield connected


@pytest.fixture
def other_host(simulator: Simulator, home: Path) -> Iterator[spr.Client]:
    """A client of the same account that has a store of its own."""
    with simulator.client(home=home.with_name("other host")) as connected:
        yield connected


@pytest.fixture
def lake(tmp_path: Path) -> str:
    return str(tmp_path / "lake")


@pytest.fixture
def on_s3(s3_server: str, tmp_path: Path) -> tuple[str, dict[str, Any]]:
    """A lake in a bucket of its own, and the options that it takes."""
    options = {
        "key": "test-key",
        "secret": "test-secret",
        "client_kwargs": {"endpoint_url": s3_server, "region_name": "eu-west-1"},
    }
    bucket = f"sync-{abs(hash(tmp_path)):x}"
    fsspec.filesystem("s3", **options).mkdir(bucket)
    return f"s3://{bucket}/lake", options


def calls(simulator: Simulator) -> dict[str, int]:
    """How often Amazon was asked for what is scarce."""
    names = ("createReport", "getReportDocument", "document", "getReports")
    return {
        name: sum(1 for request in simulator.requests if request.operation == name)
        for name in names
    }

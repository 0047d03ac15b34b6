"""One scripted Amazon and an API on a manual clock, for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spreports.api.auth import Credentials
from spreports.api.connection import connect_api
from spreports.api.operations import ReportsAPI
from tests.api.scripted_amazon import ScriptedAmazon
from tests.clocks import ManualClock


@pytest.fixture
def amazon() -> Iterator[ScriptedAmazon]:
    with ScriptedAmazon() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def credentials() -> Credentials:
    return Credentials("Atzr|canary-refresh", "canary-client-id", "canary-secret")


@pytest.fixture
def api(
    amazon: ScriptedAmazon, clock: ManualClock, credentials: Credentials
) -> Iterator[ReportsAPI]:
    with connect_api(
        credentials,
        endpoint=amazon.endpoint,
        token_url=amazon.token_url,
        clock=clock,
    ) as connected:
        yield connected

"""A queue for each test, in one SQS server process for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import spreports as spr
from tests.notifications.queues import REGION, Queue, SQSServer


@pytest.fixture(scope="session")
def sqs_server() -> Iterator[SQSServer]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCESS_KEY_ID", "test-key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret-canary")
        server = SQSServer()
        yield server
        server.kill()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, as AWS tools find them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test-secret-canary")


@pytest.fixture
def queue(sqs_server: SQSServer, request: pytest.FixtureRequest) -> Queue:
    return Queue(sqs_server, f"reports-{abs(hash(request.node.nodeid)):x}")


@pytest.fixture
def reader(queue: Queue, aws: None) -> Iterator[spr.SQSQueue]:
    """A reader that hides what it leaves for a second."""
    made = spr.SQSQueue(queue.url, region=REGION, hidden_for=1)
    yield made
    made.close()

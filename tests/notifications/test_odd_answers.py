"""SQSQueue where something answers that is no SQS, or not as SQS does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import spreports as spr
from spreports.reports.notices import Watch
from tests.clocks import ManualClock
from tests.notifications.queues import REGION, notification

NOTHING = 200, b"{}"
DELETED = 200, b'{"Successful": [{"Id": "0"}]}'


def message(report_id: str) -> dict[str, object]:
    body = notification(report_id)
    return {"MessageId": "m", "ReceiptHandle": "r", "Body": body}


def messages(*given: dict[str, object]) -> tuple[int, bytes]:
    return 200, json.dumps({"Messages": given}).encode()


class Host:
    """Gives its answers to ReceiveMessage in turn, and the last one for ever."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = [NOTHING]
        self.asked = 0
        self.deleting = DELETED
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers["X-Amz-Target"].endswith("ReceiveMessage"):
                    status, body = host.answers[0]
                    host.answers = host.answers[1:] or host.answers
                    host.asked += 1
                else:
                    status, body = host.deleting
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.0")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/1/reports"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture(scope="module")
def server() -> Iterator[Host]:
    made = Host()
    yield made
    made.close()


@pytest.fixture
def host(server: Host) -> Host:
    server.answers, server.asked, server.deleting = [NOTHING], 0, DELETED
    return server


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def reader(host: Host, clock: ManualClock, aws: None) -> Iterator[spr.SQSQueue]:
    made = spr.SQSQueue(host.url, region=REGION, clock=clock)
    yield made
    made.close()


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"[1]"),
        (200, b"null"),
        (200, b'"buyer@example.com"'),
        (200, b'{"Messages": "abc"}'),
        (200, b'{"Messages": 5}'),
        (200, b'{"Messages": [1]}'),
        (400, b"[1]"),
        (200, b"[" * 100_000),
        (200, b'\xff\xfe{"Messages": []}'),
    ],
    ids=lambda answer: f"{answer[0]} {answer[1][:20]!r}",
)
def test_what_is_no_answer_of_sqs_is_a_transport_error_that_does_not_quote_it(
    host: Host, reader: spr.SQSQueue, clock: ManualClock, answer: tuple[int, bytes]
) -> None:
    host.answers = [answer]

    with pytest.raises(spr.TransportError, match="no SQS; check its URL") as caught:
        reader.finished({"1"}, timeout=0)

    assert "buyer@example.com" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert Watch(reader, clock).listen({"1"}) == set()


@pytest.mark.parametrize("part", ["Body", "ReceiptHandle"])
@pytest.mark.parametrize("there", [None, 7])
def test_a_message_that_lacks_a_part_is_left_and_the_others_are_taken(
    host: Host,
    reader: spr.SQSQueue,
    part: str,
    there: object,
) -> None:
    host.answers = [messages({**message("2"), part: there}, message("1"))]

    assert reader.finished({"1", "2"}, timeout=0) == {"1"}

    assert reader.counts == {"malformed": 1, "ours": 1, "deleted": 1}


@pytest.mark.slow
def test_what_answers_nothing_at_once_is_asked_less_and_less(
    host: Host, reader: spr.SQSQueue, clock: ManualClock
) -> None:
    assert reader.finished({"1"}, timeout=100) == set()

    assert clock.slept == [1, 2, 4, 8, 16, 20, 20, 20, 9]
    assert host.asked == len(clock.slept) + 1


@pytest.mark.slow
def test_after_foreign_messages_it_goes_on_at_once(
    host: Host, reader: spr.SQSQueue, clock: ManualClock
) -> None:
    host.answers = [messages(message("foreign"))] * 3 + [messages(message("1"))]

    assert reader.finished({"1"}, timeout=100) == {"1"}

    assert (host.asked, clock.slept) == (4, [])


def test_a_message_that_cannot_be_deleted_is_a_hint_all_the_same(
    host: Host,
    reader: spr.SQSQueue,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    host.answers = [messages(message("1"))]
    host.deleting = 400, b'{"__type": "AccessDenied"}'
    watch = Watch(reader, clock)

    assert watch.listen({"1"}) == {"1"}
    assert watch.listen({"1"}) == {"1"}

    (warned,) = caplog.messages
    assert "delete_message_batch of SQSQueue('reports') failed: AccessDenied" in warned
    assert reader.counts == {"ours": 2}

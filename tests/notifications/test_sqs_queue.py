"""SQSQueue against an SQS API server: what is ours, and what is left alone."""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from typing import Any

import pytest

import spreports as spr
from spreports.notifications.sqs import _remember
from tests.forking import held, in_child
from tests.notifications.queues import REGION, Queue, SQSServer, notification

# The server's time grows with the square of it.
FLOOD = 200 if os.environ.get("SPREPORTS_SLOW") == "short" else 1_000


def test_a_report_that_is_told_of_is_a_hint_once_and_its_message_is_deleted(
    queue: Queue, reader: spr.SQSQueue
) -> None:
    queue.tell("1")

    assert reader.finished({"1", "2"}, timeout=5) == {"1"}

    assert reader.finished({"1", "2"}, timeout=0) == set()
    assert queue.left() == 0


def test_a_message_that_comes_while_it_waits_ends_the_wait(
    queue: Queue, reader: spr.SQSQueue
) -> None:
    assert reader.finished({"1"}, timeout=0) == set()
    queue.tell("1")

    assert reader.finished({"1"}, timeout=20) == {"1"}


@pytest.mark.slow
def test_foreign_messages_are_left_for_whoever_waits_for_them(
    queue: Queue, reader: spr.SQSQueue
) -> None:
    queue.tell("foreign", "1")

    assert reader.finished({"1"}, timeout=5) == {"1"}

    assert queue.left() == 1
    assert queue.received(seconds=5) == [notification("foreign")]
    assert reader.counts == {"foreign": 1, "ours": 1, "deleted": 1}


def test_a_queue_of_its_own_is_cleared_of_foreign_ones(queue: Queue, aws: None) -> None:
    reader = spr.SQSQueue(queue.url, region=REGION, delete_foreign=True)
    other = '{"notificationType": "ANY_OFFER_CHANGED"}'
    queue.tell("foreign", "1")
    queue.put(["no notification", other])

    assert reader.finished({"1"}, timeout=5) == {"1"}
    reader.close()

    assert queue.left() == 2
    assert reader.counts["deleted"] == 2


@pytest.mark.slow
def test_a_queue_is_closed_at_the_end_of_its_block(queue: Queue, aws: None) -> None:
    queue.tell("1")
    with spr.SQSQueue(queue.url, region=REGION) as reader:
        assert reader.finished({"1"}, timeout=5) == {"1"}
        assert reader._connection._open().client is not None

    assert reader._connection._open().client is None


def test_what_is_no_notification_is_counted_left_and_not_quoted(
    queue: Queue, reader: spr.SQSQueue, caplog: pytest.LogCaptureFixture
) -> None:
    queue.put(["buyer@example.com", '{"notificationType": 7}', '{"payload": {}}'])
    queue.tell("1")

    with caplog.at_level(logging.DEBUG, "spreports"):
        assert reader.finished({"1"}, timeout=5) == {"1"}

    assert reader.counts["malformed"] == 3
    assert queue.left() == 3
    assert "buyer@example.com" not in caplog.text


@pytest.mark.slow
def test_a_report_told_of_before_anybody_asked_is_remembered(
    queue: Queue, reader: spr.SQSQueue
) -> None:
    queue.tell("2", "1")

    assert reader.finished({"1"}, timeout=5) == {"1"}
    assert reader.finished({"2"}, timeout=0) == {"2"}

    # The message of "2" was left; it comes again, is ours by now, and is deleted.
    assert reader.finished({"2"}, timeout=5) == {"2"}
    assert queue.left() == 0


def test_what_is_remembered_of_a_busy_queue_has_a_bound(
    queue: Queue, reader: spr.SQSQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spreports.notifications.sqs.MOST_REMEMBERED", 2)
    queue.tell("1", "2", "3")
    assert reader.finished({"none of them"}, timeout=0) == set()

    assert len(reader.finished({"1", "2", "3"}, timeout=0)) == 2
    assert len(reader._here().asked) == 2


def test_what_was_named_last_is_remembered_longest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spreports.notifications.sqs.MOST_REMEMBERED", 2)
    known = OrderedDict.fromkeys(["1", "2"])

    _remember(known, ["1", "3"])

    assert [*known] == ["1", "3"]


@pytest.mark.slow
def test_duplicates_are_hints_again_and_are_deleted(
    queue: Queue, reader: spr.SQSQueue
) -> None:
    queue.tell("1", "1", "1")

    hints = [reader.finished({"1"}, timeout=1) for _ in range(4)]

    assert hints[0] == {"1"}
    assert hints[-1] == set()
    assert queue.left() == 0


@pytest.mark.slow
def test_two_readers_of_one_queue_both_get_their_own(
    queue: Queue, reader: spr.SQSQueue, aws: None
) -> None:
    second = spr.SQSQueue(queue.url, region=REGION, hidden_for=1)
    queue.tell("of the second", "of the first")

    assert reader.finished({"of the first"}, timeout=5) == {"of the first"}
    assert second.finished({"of the second"}, timeout=10) == {"of the second"}
    second.close()

    assert queue.left() == 0


@pytest.mark.slow
@pytest.mark.parametrize("delete_foreign", [True, False])
def test_a_flood_of_foreign_messages_is_read_through_to_ours(
    queue: Queue, aws: None, *, delete_foreign: bool
) -> None:
    foreign = FLOOD if not delete_foreign else FLOOD // 5
    queue.tell(*map(str, range(foreign)), "ours")
    reader = spr.SQSQueue(
        queue.url, region=REGION, delete_foreign=delete_foreign, hidden_for=3600
    )

    assert reader.finished({"ours"}, timeout=3600) == {"ours"}
    reader.close()

    assert reader.counts["foreign"] == foreign
    assert queue.left() == (0 if delete_foreign else foreign)


@pytest.mark.slow
def test_a_queue_that_is_not_there_is_a_transport_error_with_awss_code(
    sqs_server: SQSServer, aws: None
) -> None:
    reader = spr.SQSQueue(f"{sqs_server.url}/123456789012/none", region=REGION)

    with pytest.raises(spr.TransportError, match="NonExistentQueue") as caught:
        reader.finished({"1"}, timeout=0)
    reader.close()

    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_is_down_is_a_transport_error(aws: None) -> None:
    reader = spr.SQSQueue("http://127.0.0.1:9/123456789012/reports", region=REGION)

    with pytest.raises(spr.TransportError, match="EndpointConnectionError"):
        reader.finished({"1"}, timeout=20)


def test_missing_credentials_and_region_are_told_by_name(
    queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    with pytest.raises(spr.TransportError, match="NoCredentialsError"):
        spr.SQSQueue(queue.url, region=REGION).finished({"1"}, timeout=0)
    with pytest.raises(spr.TransportError, match="NoRegionError"):
        spr.SQSQueue(queue.url).finished({"1"}, timeout=0)


@pytest.mark.parametrize(
    ("url", "region"),
    [
        ("https://sqs.eu-west-1.amazonaws.com/123456789012/reports", "eu-west-1"),
        ("https://queue.amazonaws.com/123456789012/reports", None),
        ("http://127.0.0.1:9324/000000000000/reports", None),
    ],
)
def test_the_region_is_that_of_the_url(url: str, region: str | None) -> None:
    assert spr.SQSQueue(url)._connection._region == region


@pytest.mark.parametrize(
    ("url", "hidden_for"),
    [("reports", 30), ("https://sqs.eu-west-1.amazonaws.com/", 30), ("http://a/b", 0)],
)
def test_what_cannot_be_a_queue_is_a_config_error(url: str, hidden_for: int) -> None:
    with pytest.raises(spr.ConfigError):
        spr.SQSQueue(url, hidden_for=hidden_for)


@pytest.mark.parametrize(("url", "hidden_for"), [(5, 30), ("https://q/1/r", "3")])
def test_an_argument_of_the_wrong_kind_is_a_type_error(
    url: Any, hidden_for: Any
) -> None:
    with pytest.raises(TypeError, match="URL as text"):
        spr.SQSQueue(url, hidden_for=hidden_for)


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("spreports.notifications.sqs.find_spec", lambda name: None)

    with pytest.raises(spr.ConfigError, match=r"spreports\[sqs\]"):
        spr.SQSQueue("https://sqs.eu-west-1.amazonaws.com/1/reports")


@pytest.mark.slow
def test_a_forked_child_reads_by_itself_whatever_its_parent_is_at(
    queue: Queue, reader: spr.SQSQueue
) -> None:
    assert reader.finished({"of the parent"}, timeout=0) == set()
    queue.tell("of the parent", "of the child")

    def in_the_child() -> object:
        with reader:
            return reader.finished({"of the child"}, timeout=5), reader.counts

    with held(reader._here().lock), held(reader._connection._open().idle):
        told = in_child(in_the_child, seconds=60)

    assert told.startswith("({'of the child'}, ")
    # What the parent had asked for is left to the parent
    assert reader.finished({"of the parent"}, timeout=20) == {"of the parent"}
    assert reader.counts == {"ours": 1, "deleted": 1}

"""Notifications out of an SQS queue."""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any, Self
from urllib.parse import urlsplit

from spreports.clock import Clock, SystemClock
from spreports.errors import ConfigError, TransportError
from spreports.flags import check_flag
from spreports.notifications.message import finished_report

__all__ = ["SQSQueue"]

logger = logging.getLogger("spreports.notifications")

# Source: Amazon SQS API reference, ReceiveMessage: MaxNumberOfMessages 1 to 10,
# WaitTimeSeconds 0 to 20, VisibilityTimeout 0 to 43,200.
MOST_MESSAGES = 10
LONGEST_WAIT = 20
LONGEST_HIDING = 43_200
CONNECT_SECONDS = 5
# Seconds: an empty answer that comes sooner is none that was waited for.
AT_ONCE = 1.0
# Report ids remembered: those asked for, and those told of before anybody asked.
MOST_REMEMBERED = 50_000


class SQSQueue:
    """An SQS queue into which Amazon puts REPORT_PROCESSING_FINISHED.

    A context manager. ``spreports.connect(..., notifications=queue)`` asks after a
    report when its notification has come, instead of every few seconds. Where the queue
    is silent or cannot be reached it polls as it does without one.

    To be set up once, outside spreports: an SQS queue whose policy lets Amazon's
    account send to it (``sqs:SendMessage`` and ``sqs:GetQueueAttributes``), a
    destination for it (createDestination, a grantless operation) and, for each seller,
    a subscription to REPORT_PROCESSING_FINISHED (createSubscription). The reader's own
    AWS credentials, found as AWS tools find them, need ``sqs:ReceiveMessage`` and
    ``sqs:DeleteMessage``. Needs the extra ``sqs``.

    Amazon tells of every report of the seller, whoever asked for it. Messages of
    reports that this object was asked for are deleted. All others are left: somebody
    else may wait for them, another process of ours too. They come back after
    `hidden_for` and are read again, so a busy seller's queue had better be this
    reader's own, with ``delete_foreign=True``. What is no notification, or one of
    another type, is always left, for the queue's own dead-letter rule.

    Parameters
    ----------
    url : str
        As AWS shows it: ``https://sqs.eu-west-1.amazonaws.com/123456789012/reports``.
    region : str, optional
        Left out, that of the URL, or of the AWS configuration.
    delete_foreign : bool
        Delete notifications of reports that nobody asked this object for, too: only
        where no other consumer and no other process reads this queue.
    hidden_for : int, seconds
        How long a message that was read and left stays hidden from all readers (its
        visibility timeout), 1 to 43,200. Longer means fewer readings; shorter, that
        other consumers wait less.
    clock : Clock, optional
        Measures how long a call may take, and pauses where an empty queue does not
        wait; SQS itself waits in real time.

    Raises
    ------
    TypeError
        `url` is no text, `hidden_for` no whole number, `delete_foreign` no flag.
    ConfigError
        The extra is not installed, or the URL is none.

    Source: SP-API guide, set up notifications with Amazon SQS.
    """

    def __init__(
        self,
        url: str,
        *,
        region: str | None = None,
        delete_foreign: bool = False,
        hidden_for: int = 30,
        clock: Clock | None = None,
    ) -> None:
        if not isinstance(url, str) or not isinstance(hidden_for, int):  # type: ignore[redundant-expr, unused-ignore] # types may lie
            raise TypeError(
                "SQSQueue takes its URL as text, hidden_for as whole seconds"
            )
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.path.strip("/"):
            raise ConfigError(
                "SQSQueue takes the queue's URL, such as "
                "https://sqs.eu-west-1.amazonaws.com/123456789012/reports"
            )
        if not 1 <= hidden_for <= LONGEST_HIDING:
            raise ConfigError(f"hidden_for is 1 to {LONGEST_HIDING} seconds")
        if find_spec("botocore") is None:
            raise ConfigError("SQSQueue needs botocore: pip install 'spreports[sqs]'")
        self._url = url
        self._endpoint = f"{parts.scheme}://{parts.netloc}"
        self._region = region or _region_of(parts.hostname or "")
        self._delete_foreign = check_flag("delete_foreign", delete_foreign)
        self._hidden_for = hidden_for
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        self._calls = 0
        self._client: Any = None
        self._asked: OrderedDict[str, None] = OrderedDict()
        self._told: OrderedDict[str, None] = OrderedDict()
        self._counts: Counter[str] = Counter()

    def __repr__(self) -> str:
        return f"SQSQueue({self._url.rsplit('/', 1)[-1]!r})"

    @property
    def counts(self) -> Mapping[str, int]:
        """Messages so far: ``"ours"``, ``"foreign"``, ``"malformed"``, ``"deleted"``.

        A message that comes again is counted again.
        """
        with self._lock:
            return dict(self._counts)

    def finished(self, report_ids: Collection[str], timeout: float) -> set[str]:
        """Return which of these reports may have finished by now.

        Returns as soon as one has. Each notification is a hint, given once; it may
        come twice, late, or never. Safe among threads.

        Parameters
        ----------
        report_ids : collection of str
        timeout : float, seconds
            How long to wait for a first one; 0 looks once.

        Returns
        -------
        set of str
            Some of `report_ids`; empty where no notification came in time.

        Raises
        ------
        TransportError
            The queue cannot be reached, refuses to be read, or is no queue of SQS.
        """
        wanted = set(report_ids)
        hints = self._remembered(wanted)
        deadline = self._clock.monotonic() + timeout
        pause = AT_ONCE
        while not hints:
            asked = self._clock.monotonic()
            left = max(0.0, deadline - asked)
            messages = self._receive(int(min(left, LONGEST_WAIT)))
            self._take(messages)
            hints = self._remembered(wanted)
            if left < 1.0:
                break
            # What answers "nothing" without waiting would be asked without end
            if not messages and self._clock.monotonic() - asked < AT_ONCE:
                self._clock.sleep(min(pause, deadline - self._clock.monotonic()))
                pause = min(2 * pause, LONGEST_WAIT)
        return hints

    def close(self) -> None:
        """Close the connections, once the calls that go on have ended."""
        with self._lock:
            self._idle.wait_for(lambda: not self._calls, LONGEST_WAIT)
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _remembered(self, wanted: set[str]) -> set[str]:
        """Note who is asked for, and return of whom was told."""
        with self._lock:
            _remember(self._asked, wanted)
            hints = {report_id for report_id in wanted if report_id in self._told}
            for report_id in hints:
                del self._told[report_id]
        return hints

    def _take(self, messages: Sequence[Mapping[str, object]]) -> None:
        """Note what messages tell, and delete those that nobody else needs."""
        done = []
        for message in messages:
            try:
                report_id = finished_report(_text(message, "Body"))
                handle = _text(message, "ReceiptHandle")
            except ValueError as exc:
                # Its text stays out of the log: it could be anything.
                logger.warning("a message in %r is no notification: %s", self, exc)
                self._count("malformed")
                continue
            with self._lock:
                ours = report_id in self._asked
                if report_id is not None:
                    _remember(self._told, [report_id])
            self._count("ours" if ours else "foreign")
            if ours or (self._delete_foreign and report_id is not None):
                done.append(handle)
        if done:
            self._delete(done)

    def _count(self, kind: str, number: int = 1) -> None:
        with self._lock:
            self._counts[kind] += number

    def _receive(self, wait: int) -> Sequence[Mapping[str, object]]:
        """Receive up to ten messages."""
        answer = self._call(
            "receive_message",
            MaxNumberOfMessages=MOST_MESSAGES,
            WaitTimeSeconds=wait,
            VisibilityTimeout=self._hidden_for,
        )
        messages: Sequence[Mapping[str, object]] = answer.get("Messages", ())
        return messages

    def _delete(self, handles: Sequence[str]) -> None:
        """Delete messages; one that stays is only told of again."""
        entries = [{"Id": str(n), "ReceiptHandle": h} for n, h in enumerate(handles)]
        answer = self._call("delete_message_batch", Entries=entries)
        self._count("deleted", len(answer.get("Successful", ())))

    def _call(self, operation: str, **arguments: object) -> Mapping[str, Any]:
        """Call SQS; what goes wrong is one kind of error, without AWS's own words."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

        with self._lock:
            self._calls += 1
        try:
            called = getattr(self._connected(), operation)
            return _answer(called, QueueUrl=self._url, **arguments)
        except _NotSQSError:
            reason = "what answers there is no SQS"
        except ClientError as exc:
            reason = str(exc.response.get("Error", {}).get("Code", "refused"))
        except BotoCoreError as exc:
            reason = type(exc).__name__
        finally:
            with self._lock:
                self._calls -= 1
                self._idle.notify_all()
        raise TransportError(
            f"{self!r} cannot be read: {reason}; check its URL and region, and the "
            "permissions of the AWS credentials",
            operation=operation,
            sent=False,
        ) from None

    def _connected(self) -> Any:
        """Return the SQS client, made on first use: AWS looks for credentials then."""
        from botocore.config import Config  # noqa: PLC0415 - an extra
        from botocore.session import get_session  # noqa: PLC0415 - an extra

        with self._lock:
            if self._client is None:
                self._client = get_session().create_client(
                    "sqs",
                    region_name=self._region,
                    endpoint_url=self._endpoint,
                    config=Config(
                        connect_timeout=CONNECT_SECONDS,
                        read_timeout=LONGEST_WAIT + CONNECT_SECONDS,
                        # Whoever waits polls meanwhile; a retry here would only delay
                        retries={"total_max_attempts": 1},
                    ),
                )
            return self._client


class _NotSQSError(Exception):
    """An answer of another form than SQS's; it never leaves this file."""


def _answer(called: Callable[..., Any], **arguments: object) -> Mapping[str, Any]:
    """Call an operation of botocore's."""
    try:
        answer: Mapping[str, Any] = called(**arguments)
    # botocore's parser takes an answer's form for granted
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # The cause would show the answer: it could be anything.
        raise _NotSQSError from None
    return answer


def _text(message: Mapping[str, object], name: str) -> str:
    """Return a part of a message."""
    part = message.get(name)
    if not isinstance(part, str):
        raise ValueError(f"without {name}")
    return part


def _remember(known: OrderedDict[str, None], names: Iterable[str]) -> None:
    """Add names as the newest, and forget the oldest beyond the bound."""
    for name in names:
        known[name] = None
        known.move_to_end(name)
    while len(known) > MOST_REMEMBERED:
        known.popitem(last=False)


def _region_of(host: str) -> str | None:
    """Return the region that AWS writes into a queue's host."""
    labels = host.split(".")
    return labels[1] if labels[0] == "sqs" and host.endswith(".amazonaws.com") else None

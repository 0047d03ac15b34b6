"""Notifications out of an SQS queue."""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Self
from urllib.parse import urlsplit

from spreports.clock import Clock, SystemClock
from spreports.errors import ConfigError, TransportError
from spreports.flags import check_flag
from spreports.forks import PerProcess
from spreports.notifications.connection import LONGEST_WAIT, Connection
from spreports.notifications.message import finished_report

__all__ = ["SQSQueue"]

logger = logging.getLogger("spreports.notifications")

# Source: Amazon SQS API reference, ReceiveMessage: MaxNumberOfMessages 1 to 10,
# VisibilityTimeout 0 to 43,200.
MOST_MESSAGES = 10
LONGEST_HIDING = 43_200
# Seconds: an empty answer that comes sooner is none that was waited for.
AT_ONCE = 1.0
# Report ids remembered: those asked for, and those told of before anybody asked.
MOST_REMEMBERED = 50_000


@dataclass(slots=True)
class _Here:
    """What one process knows; a forked child is another reader of the queue.

    Attributes
    ----------
    lock : Lock
        Guards the rest.
    asked, told : OrderedDict
        Report ids, the newest last.
    keeps : bool
        Messages could not be deleted, and that has been said.
    """

    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: OrderedDict[str, None] = field(default_factory=OrderedDict)
    told: OrderedDict[str, None] = field(default_factory=OrderedDict)
    counts: Counter[str] = field(default_factory=Counter)
    keeps: bool = False


class SQSQueue:
    """An SQS queue into which Amazon puts REPORT_PROCESSING_FINISHED.

    A context manager. ``spreports.connect(..., notifications=queue)`` asks after a
    report that it has created when its notification has come, instead of every few
    seconds, and every two or three minutes besides, less often where hundreds wait.
    Where the queue is silent or cannot be reached it polls as it does without one, and
    so it does for a report that it adopts: the notification is for whoever has created
    it.

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

    Several hosts or processes may read one queue, each with an object of its own and
    without `delete_foreign`. A message that reaches another one first is hidden from
    the one that it is for: ``hidden_for=5`` keeps that short. What nobody waits for any
    more, as after a run that was killed, stays until the queue's retention ends.

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
        self._connection = Connection(url, region, repr(self))
        self._delete_foreign = check_flag("delete_foreign", delete_foreign)
        self._hidden_for = hidden_for
        self._clock = clock or SystemClock()
        self._here = PerProcess(_Here)

    def __repr__(self) -> str:
        return f"SQSQueue({self._url.rsplit('/', 1)[-1]!r})"

    @property
    def counts(self) -> Mapping[str, int]:
        """Messages so far: ``"ours"``, ``"foreign"``, ``"malformed"``, ``"deleted"``.

        A message that comes again is counted again. Each process counts its own.
        """
        here = self._here()
        with here.lock:
            return dict(here.counts)

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
            Where only deleting fails, a warning says so once: the messages come again.
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
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _remembered(self, wanted: set[str]) -> set[str]:
        """Note who is asked for, and return of whom was told."""
        here = self._here()
        with here.lock:
            _remember(here.asked, wanted)
            hints = {report_id for report_id in wanted if report_id in here.told}
            for report_id in hints:
                del here.told[report_id]
        return hints

    def _take(self, messages: Sequence[Mapping[str, object]]) -> None:
        """Note what messages tell, and delete those that nobody else needs."""
        here = self._here()
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
            with here.lock:
                ours = report_id in here.asked
                if report_id is not None:
                    _remember(here.told, [report_id])
            self._count("ours" if ours else "foreign")
            if ours or (self._delete_foreign and report_id is not None):
                done.append(handle)
        if done:
            self._delete(done)

    def _count(self, kind: str, number: int = 1) -> None:
        here = self._here()
        with here.lock:
            here.counts[kind] += number

    def _receive(self, wait: int) -> Sequence[Mapping[str, object]]:
        """Receive up to ten messages."""
        answer = self._connection.call(
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
        try:
            answer = self._connection.call("delete_message_batch", Entries=entries)
        except TransportError as exc:
            here = self._here()
            # Once: where the permission is lacking, it would be said every time
            if not here.keeps:
                here.keeps = True
                logger.warning("messages stay in the queue, to come again: %s", exc)
            return
        self._count("deleted", len(answer.get("Successful", ())))


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

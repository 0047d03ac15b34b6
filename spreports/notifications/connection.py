"""Calls to one SQS queue."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from spreports.errors import TransportError
from spreports.forks import PerProcess

__all__ = ["LONGEST_WAIT", "Connection"]

# Source: Amazon SQS API reference, ReceiveMessage: WaitTimeSeconds 0 to 20.
LONGEST_WAIT: Final = 20
_CONNECT_SECONDS: Final = 5


@dataclass(slots=True)
class _Open:
    """What goes on, and over what; a forked child connects by itself.

    Attributes
    ----------
    idle : Condition
        Guards the rest; told when a call has ended.
    calls : int
        That go on.
    client : object
        botocore's, once there was a call.
    """

    idle: threading.Condition = field(default_factory=threading.Condition)
    calls: int = 0
    client: Any = None


class Connection:
    """Calls SQS for one queue; safe among threads, and in a forked child.

    Parameters
    ----------
    url : str
        The queue's.
    region : str, optional
        Left out, that of the URL, or of the AWS configuration.
    name : str
        What errors call the queue.
    """

    def __init__(self, url: str, region: str | None, name: str) -> None:
        parts = urlsplit(url)
        self._url = url
        self._name = name
        self._endpoint = f"{parts.scheme}://{parts.netloc}"
        self._region = region or _region_of(parts.hostname or "")
        self._open = PerProcess(_Open)

    def call(self, operation: str, **arguments: object) -> Mapping[str, Any]:
        """Call SQS; what goes wrong is one kind of error, without AWS's own words.

        Parameters
        ----------
        operation : str
            As botocore names it.
        **arguments
            Of the operation, but the queue's URL.

        Raises
        ------
        TransportError
        """
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

        here = self._open()
        with here.idle:
            here.calls += 1
        try:
            called = getattr(self._connected(here), operation)
            return _answer(called, QueueUrl=self._url, **arguments)
        except _NotSQSError:
            reason = "what answers there is no SQS"
        except ClientError as exc:
            reason = str(exc.response.get("Error", {}).get("Code", "refused"))
        except BotoCoreError as exc:
            reason = type(exc).__name__
        finally:
            with here.idle:
                here.calls -= 1
                here.idle.notify_all()
        raise TransportError(
            f"{operation} of {self._name} failed: {reason}; check its URL and region, "
            "and the permissions of the AWS credentials",
            operation=operation,
            sent=False,
        ) from None

    def close(self) -> None:
        """Close the connections, once the calls that go on have ended."""
        here = self._open()
        with here.idle:
            here.idle.wait_for(lambda: not here.calls, LONGEST_WAIT)
            client, here.client = here.client, None
        if client is not None:
            client.close()

    def _connected(self, here: _Open) -> Any:
        """Return the SQS client, made on first use: AWS looks for credentials then."""
        from botocore.config import Config  # noqa: PLC0415 - an extra
        from botocore.session import get_session  # noqa: PLC0415 - an extra

        with here.idle:
            if here.client is None:
                here.client = get_session().create_client(
                    "sqs",
                    region_name=self._region,
                    endpoint_url=self._endpoint,
                    config=Config(
                        connect_timeout=_CONNECT_SECONDS,
                        read_timeout=LONGEST_WAIT + _CONNECT_SECONDS,
                        # Whoever waits polls meanwhile; a retry here would only delay
                        retries={"total_max_attempts": 1},
                    ),
                )
            return here.client


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


def _region_of(host: str) -> str | None:
    """Return the region that AWS writes into a queue's host."""
    labels = host.split(".")
    return labels[1] if labels[0] == "sqs" and host.endswith(".amazonaws.com") else None

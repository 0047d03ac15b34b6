"""The policy of a call: quota first, then a token, then the request; again or not.

What is safe to repeat is repeated; a request that may have made something at Amazon is
handed back to the caller, who can look before asking again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NoReturn, Protocol, TypeVar

from spreports.api.answers import (
    blames_token,
    clock_skew,
    error_of,
    read_json,
    request_id_of,
    retry_after,
)
from spreports.api.exchange import Answer, Exchange, Fault
from spreports.api.origin import Origin
from spreports.api.retry import Retries
from spreports.api.secret import Secret
from spreports.api.throttle import Throttle
from spreports.clock import Clock, SystemClock
from spreports.errors import APIError, ServerError, ThrottledError, TransportError

__all__ = ["Bearer", "Call", "Transport"]

T = TypeVar("T")

MOST_BYTES = 16 * 1024 * 1024
DEADLINE_SECONDS = 900.0
SHAPE_TRIES = 3

logger = logging.getLogger("spreports.api")


class Bearer(Protocol):
    """Who gives the token that a call carries."""

    def token(self, deadline: float) -> Secret:
        """Return a token that is good now."""
        ...

    def invalidate(self, token: Secret) -> None:
        """Forget a token that Amazon has called expired."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of an operation, ready to be sent.

    Attributes
    ----------
    operation : str
        As the reference names it; decides the bucket.
    method : str
    path : str
        With its ids, percent-encoded.
    template : str
        The same with ``{reportId}`` and the like in place of ids: what logs show.
    query : str
        Percent-encoded, without the question mark.
    body : object or None
        Sent as JSON.
    repeatable : bool
        Whether a second request does no harm if the first was carried out after all.
    """

    operation: str
    method: str
    path: str
    template: str
    query: str = field(default="", repr=False)
    body: object | None = field(default=None, repr=False)
    repeatable: bool = True


class Transport:
    """Carries calls to Amazon; safe among threads.

    Parameters
    ----------
    origin : Origin
        Where the API lies, or how to find out.
    tokens : Bearer
        Gives access tokens.
    throttle : Throttle, optional
        The account's buckets.
    clock : Clock, optional
    deadline_seconds : float, seconds
        How long one call may wait for quota and for Amazon to recover.

    Attributes
    ----------
    clock_skew : float or None, seconds
        How far `clock` is ahead of Amazon's, by the last answer that told.
    """

    def __init__(
        self,
        origin: Origin,
        tokens: Bearer,
        *,
        throttle: Throttle | None = None,
        clock: Clock | None = None,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self.clock = clock or SystemClock()
        self.origin = origin
        self._tokens = tokens
        self._throttle = throttle or Throttle(self.clock)
        self._deadline_seconds = deadline_seconds
        self._exchanges: dict[str, Exchange] = {}
        self.clock_skew: float | None = None

    def call(
        self,
        call: Call,
        read: Callable[[object], T],
        *,
        marketplaces: Sequence[str] = (),
        bearer: Bearer | None = None,
        deadline: float | None = None,
    ) -> T:
        """Carry one call and read its answer.

        Parameters
        ----------
        call : Call
        read : callable
            From the JSON to the result; raises `TransportError` for a wrong shape. It
            gets None where the operation promises no content (DELETE).
        marketplaces : sequence of str
            Of this call: they may decide or contradict the region.
        bearer : Bearer, optional
            In place of the access token.
        deadline : float, optional, seconds of ``clock.monotonic()``

        Returns
        -------
        object
            What `read` made of the answer.

        Raises
        ------
        ConfigError
            The region is not known, or not that of the marketplaces.
        ThrottledError
            The quota does not come back before the deadline.
        TransportError
            No usable answer. ``.sent`` says whether Amazon may have acted.
        APIError
            Amazon's refusal; the class by status.
        """
        exchange = self._exchange(self.origin.url(call.operation, marketplaces))
        if deadline is None:
            deadline = self.clock.monotonic() + self._deadline_seconds
        attempt = _Attempts(self.clock, self._throttle, call, deadline)
        tokens = bearer or self._tokens
        while True:
            attempt.take_slot()
            token = tokens.token(deadline)
            attempt.hide = token.hide_in
            answer = self._send(exchange, call, token)
            if isinstance(answer, Fault):
                attempt.after_fault(answer)
                continue
            skew = clock_skew(answer, self.clock.now())
            self.clock_skew = self.clock_skew if skew is None else skew
            self._throttle.learn(
                call.operation, answer.headers.get("x-amzn-RateLimit-Limit")
            )
            if 200 <= answer.status < 300:
                result = attempt.read(answer, read)
                if not isinstance(result, _Again):
                    return result
                continue
            error = error_of(call.operation, answer, attempt.hide)
            if blames_token(error) and attempt.may_renew():
                tokens.invalidate(token)
                continue
            attempt.after_error(error, retry_after(answer, self.clock.now()))

    def close(self) -> None:
        """Close all connections."""
        for exchange in list(self._exchanges.values()):
            exchange.close()
        close = getattr(self._tokens, "close", None)
        if callable(close):
            close()

    def _exchange(self, url: str) -> Exchange:
        """Return the exchange with the API's origin; there is only ever one."""
        exchange = self._exchanges.get(url)
        if exchange is None:
            made = Exchange(url, max_bytes=MOST_BYTES)
            exchange = self._exchanges.setdefault(url, made)
        return exchange

    def _send(self, exchange: Exchange, call: Call, token: Secret) -> Answer | Fault:
        """Send once and leave a line in the log."""
        body = None if call.body is None else json.dumps(call.body).encode()
        started = self.clock.monotonic()
        answer = exchange.send(
            call.method,
            call.path + (f"?{call.query}" if call.query else ""),
            headers={} if body is None else {"Content-Type": "application/json"},
            body=body,
            token=token,
        )
        logger.debug(
            "%s %s %s -> %s in %.3f s, request %s",
            call.operation,
            call.method,
            call.template,
            answer.reason if isinstance(answer, Fault) else answer.status,
            self.clock.monotonic() - started,
            None if isinstance(answer, Fault) else request_id_of(answer, token.hide_in),
        )
        return answer


class _Again:
    """The answer was no good, and another request is allowed."""


class _Attempts:
    """What has been tried for one call, and whether more may be."""

    def __init__(
        self, clock: Clock, throttle: Throttle, call: Call, deadline: float
    ) -> None:
        self._throttle = throttle
        self._call = call
        self._deadline = deadline
        self._retries = Retries(clock, deadline)
        self._renewed = False
        self._shapes = 0
        self._refusal: APIError | None = None
        self.hide: Callable[[str], str] = str

    def take_slot(self) -> None:
        """Wait for quota; after a 429 the error still says what Amazon said."""
        try:
            self._throttle.acquire(self._call.operation, self._deadline)
        except ThrottledError as exc:
            if self._refusal is None:
                raise
            text, wait = str(exc), exc.retry_after
        else:
            return
        refusal = self._refusal
        raise ThrottledError(
            f"{text}; Amazon's last answer: {refusal}",
            operation=refusal.operation,
            status=refusal.status,
            request_id=refusal.request_id,
            details=refusal.details,
            retry_after=wait,
        )

    def may_renew(self) -> bool:
        """Whether the token has not been renewed for this call yet."""
        renewed, self._renewed = self._renewed, True
        return not renewed

    def after_fault(self, fault: Fault) -> None:
        """Wait before another request, or raise."""
        harmless = self._call.repeatable or not fault.sent
        if fault.retryable and harmless and self._retries.pause():
            return
        advice = (
            "" if harmless else "; Amazon may have acted on it, so look before asking"
        )
        raise TransportError(
            f"{self._call.operation}: {fault.reason}{advice}",
            operation=self._call.operation,
            sent=fault.sent,
        )

    def after_error(self, error: APIError, at_least: float | None) -> None:
        """Wait before another request, or raise."""
        if isinstance(error, ThrottledError):
            self._throttle.exhausted(self._call.operation, at_least)
            self._refusal = error
            return
        unclear = isinstance(error, ServerError) and self._call.repeatable
        if not (unclear and self._retries.pause(at_least or 0.0)):
            error.retry_after = at_least
            raise error

    def read(self, answer: Answer, read: Callable[[object], T]) -> T | _Again:
        """Read an answer of success; what Amazon never promised may come again."""
        try:
            # DELETE promises no content: what a proxy puts there does not matter
            return read(None if self._call.method == "DELETE" else read_json(answer))
        except TransportError as exc:
            text = str(exc)
        self._shapes += 1
        again = self._call.method == "GET" and self._shapes < SHAPE_TRIES
        if again and self._retries.pause():
            return _Again()
        return self._misshapen(answer, text)

    def _misshapen(self, answer: Answer, text: str) -> NoReturn:
        """Raise for an answer that cannot be read."""
        raise TransportError(
            f"{self._call.operation}: {text}",
            operation=self._call.operation,
            status=answer.status,
            request_id=request_id_of(answer, self.hide),
            sent=True,
        )

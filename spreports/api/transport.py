"""The policy of a call: a token, quota, then the request; again or not.

What is safe to repeat is repeated; a request that may have made something at Amazon is
handed back to the caller, who can look before asking again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from spreports.api.answers import (
    blames_token,
    clock_skew,
    error_of,
    request_id_of,
    retry_after,
)
from spreports.api.attempts import Again, Attempts, Call
from spreports.api.auth import TokenSource
from spreports.api.exchange import Answer, Exchange, Fault
from spreports.api.origin import Origin
from spreports.api.secret import Secret
from spreports.api.throttle import Throttle
from spreports.clock import CLOSED, Clock, StoppedError
from spreports.errors import APIError

__all__ = ["Bearer", "Transport"]

T = TypeVar("T")

MOST_BYTES = 16 * 1024 * 1024

logger = logging.getLogger("spreports.api")


class Bearer(Protocol):
    """Who gives the token that a call carries."""

    def token(self, deadline: float) -> Secret:
        """Return a token that is good now."""
        ...

    def invalidate(self, token: Secret) -> None:
        """Forget a token that Amazon has called expired."""
        ...


class Transport:
    """Carries calls to Amazon; safe among threads.

    Parameters
    ----------
    origin : Origin
        Where the API lies, or how to find out.
    tokens : TokenSource
        Gives access tokens; closed with this.
    throttle : Throttle
        The account's buckets.
    clock : Clock
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
        tokens: TokenSource,
        *,
        throttle: Throttle,
        clock: Clock,
        deadline_seconds: float,
    ) -> None:
        self.clock = clock
        self.origin = origin
        self._tokens = tokens
        self._throttle = throttle
        self._deadline_seconds = deadline_seconds
        self._exchanges: dict[str, Exchange] = {}
        self._closed = False
        self.clock_skew: float | None = None

    def call(
        self,
        call: Call,
        read: Callable[[object], T],
        *,
        marketplaces: Sequence[str] = (),
        bearer: Bearer | None = None,
        deadline: float | None = None,
        was_done: Callable[[APIError], bool] | None = None,
    ) -> T:
        """Carry one call and read its answer.

        Parameters
        ----------
        call : Call
        read : callable
            From the JSON to the result; raises `TransportError` for a wrong shape. It
            gets None for the empty answer of an operation without content (DELETE).
        marketplaces : sequence of str
            Of this call: they may decide or contradict the region.
        bearer : Bearer, optional
            In place of the access token.
        deadline : float, optional, seconds of ``clock.monotonic()``
        was_done : callable, optional
            Of an operation without content: whether a refusal means that the call is
            done. Asked only where an earlier try of it may have been carried out.

        Returns
        -------
        object
            What `read` made of the answer.

        Raises
        ------
        ValueError
            The marketplaces lie in different regions.
        ConfigError
            The region is not known, or not that of the marketplaces.
        StoppedError
            The client was closed, or nobody waits for the answer any more.
        ThrottledError
            The quota does not come back before the deadline.
        TransportError
            No usable answer. ``.sent`` says whether Amazon may have acted.
        APIError
            Amazon's refusal; the class by status.
        """
        if self._closed:  # no matter what else would be wrong with the call
            raise StoppedError(CLOSED)
        exchange = self._exchange(self.origin.url(call.operation, marketplaces))
        if deadline is None:
            deadline = self.clock.monotonic() + self._deadline_seconds
        attempt = Attempts(self.clock, self._throttle, call, deadline)
        tokens: Bearer = bearer or self._tokens
        while True:
            attempt.came_to_nothing()
            # A login that fails costs no slot; while one is waited for, it may grow old
            tokens.token(deadline)
            attempt.take_slot()
            token = tokens.token(deadline)
            attempt.hide = token.hide_in
            attempt.goes_out()
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
                if not isinstance(result, Again):
                    return result
                continue
            error = error_of(call.operation, answer, attempt.hide)
            if blames_token(error) and attempt.may_renew():
                tokens.invalidate(token)
                continue
            if attempt.unclear and was_done is not None and was_done(error):
                return read(None)
            attempt.after_error(error, retry_after(answer, self.clock.now()))

    def close(self) -> None:
        """Close all connections; every call from now on is an error."""
        self._closed = True
        for exchange in list(self._exchanges.values()):
            exchange.close()
        self._tokens.close()

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

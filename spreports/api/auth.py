"""Login with Amazon: access tokens, fetched once for all who need one.

Fifty threads that need a token at the same moment make one request; if it fails, all of
them learn why, each by an error of its own.
"""

from __future__ import annotations

import copy
import logging
import math
import os
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, wait
from typing import TypeVar

from spreports.api.answers import (
    PASSING,
    kind_of,
    read_json,
    request_id_of,
    retry_after,
)
from spreports.api.credentials import Credentials
from spreports.api.exchange import Answer, Exchange, Fault
from spreports.api.login import LOGIN
from spreports.api.retry import Retries
from spreports.api.secret import Secret
from spreports.api.texts import fits_header
from spreports.clock import Clock, SystemClock, wait_for
from spreports.errors import (
    APIError,
    ErrorDetail,
    SPReportsError,
    TransportError,
    UnauthorizedError,
)
from spreports.forks import PerProcess

__all__ = ["Credentials", "TokenSource"]

# Seconds before its end, or half its life where that is short
RENEW_BEFORE = 60.0
# Nobody asks again for so long what LWA has refused: the other calls of a run would
REFUSED_FOR = 60.0
# Real seconds that every login has: LWA is no faster where a simulator's clock hurries
AT_LEAST = 2.0
SHORTEST, LONGEST = 60.0, 3600.0
LONGEST_WAIT = 20.0
MOST_BYTES = 64 * 1024
# What LWA answers where it issues no token. Source: RFC 6749, section 5.2.
REFUSED = frozenset({400, 401})
FORM = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}

# Only these words of LWA's answer are repeated: anything else could be an echo.
# Source: RFC 6749, section 5.2, and Login with Amazon.
ADVICE = {
    "invalid_grant": "the refresh token was revoked, has expired or belongs to another "
    "application: authorise the application again for this seller",
    "invalid_client": "client id or client secret is wrong, or the secret was rotated",
    "unauthorized_client": "the application may not use refresh tokens: check its "
    "registration",
    "invalid_scope": "the application has no such permission: check its registration",
    "invalid_request": "check the three credential values for cut or swapped text",
    "unsupported_grant_type": "token_url= is not a Login with Amazon address",
    "access_denied": "authorise the application again for this seller",
}

Raised = TypeVar("Raised", bound=BaseException)

logger = logging.getLogger("spreports.api")


class TokenSource:
    """Access tokens by refresh token: one at a time, renewed before they expire.

    Parameters
    ----------
    credentials : Credentials
    token_url : str
        https, or loopback.
    clock : Clock, optional

    Raises
    ------
    ConfigError
        `token_url` cannot be used.
    """

    def __init__(
        self, credentials: Credentials, token_url: str, clock: Clock | None = None
    ) -> None:
        self._credentials = credentials
        self._clock = clock or SystemClock()
        self._exchange = Exchange(token_url, max_bytes=MOST_BYTES)
        self._lock = PerProcess(threading.Lock)
        self._current: tuple[Secret, float] | None = None
        self._refused: tuple[UnauthorizedError, float] | None = None
        self._flight: tuple[int, Future[Secret]] | None = None

    def token(self, deadline: float) -> Secret:
        """Return an access token that lives for another minute at least.

        Or for half its life, where LWA gives it less than two minutes.

        Parameters
        ----------
        deadline : float, seconds of ``clock.monotonic()``
            Until when to try.

        Returns
        -------
        Secret

        Raises
        ------
        UnauthorizedError
            LWA refused the credentials, now or within the last minute; the message says
            what to do.
        APIError
            LWA could not be reached, or answered nonsense, until the tries were used;
            or another thread's login was still under way at the deadline.
        StoppedError
            The client was closed meanwhile.
        """
        while True:
            with self._lock():
                fresh = self._fresh()
                if fresh is not None:
                    return fresh
                self._insist_on_no_refusal()
                mine, flight = self._board()
            if mine:
                return self._fly(flight, deadline)
            self._await(flight, deadline)
            try:
                error = flight.exception()
            except CancelledError:
                continue  # whoever asked was interrupted: ask ourselves
            if error is not None:
                raise _own(error)
            return flight.result()

    def invalidate(self, token: Secret) -> None:
        """Forget `token`, which Amazon has called expired; a newer one is kept."""
        with self._lock():
            if self._current is not None and self._current[0] == token:
                self._current = None

    def close(self) -> None:
        """Close the connections to LWA."""
        self._exchange.close()

    def _fresh(self) -> Secret | None:
        """Return the token at hand if it lives long enough."""
        if self._current is None:
            return None
        token, until = self._current
        return token if self._clock.monotonic() <= until else None

    def _insist_on_no_refusal(self) -> None:
        """Raise what LWA said a moment ago."""
        if self._refused is not None and self._clock.monotonic() < self._refused[1]:
            raise _own(self._refused[0])

    def _board(self) -> tuple[bool, Future[Secret]]:
        """Join the request under way, or start one; a forked child starts its own."""
        if self._flight is None or self._flight[0] != os.getpid():
            self._flight = (os.getpid(), Future())
            return True, self._flight[1]
        return False, self._flight[1]

    def _await(self, flight: Future[Secret], deadline: float) -> None:
        """Wait for another thread's request, until one's own deadline."""
        landed = threading.Condition()

        def tell(_: Future[Secret]) -> None:
            with landed:
                landed.notify_all()

        flight.add_done_callback(tell)
        with landed:
            left = deadline - self._clock.monotonic()
            over = wait_for(self._clock, landed, flight.done, left)
        if not over and not wait([flight], AT_LEAST).done:
            raise TransportError(
                f"{LOGIN}: still under way by another thread when the time was up",
                operation=LOGIN,
            )

    def _fly(self, flight: Future[Secret], deadline: float) -> Secret:
        """Make the request and tell all who wait how it went."""
        try:
            token, seconds = self._fetch(deadline)
        except BaseException as exc:
            told = _own(exc)
            if isinstance(told, UnauthorizedError):
                self._refused = told, self._clock.monotonic() + REFUSED_FOR
            self._land(None)
            if isinstance(told, Exception):
                flight.set_exception(told)
            else:  # Ctrl-C is for this thread only
                flight.cancel()
            raise
        used_for = max(seconds - RENEW_BEFORE, seconds / 2)
        self._land((token, self._clock.monotonic() + used_for))
        flight.set_result(token)
        return token

    def _land(self, current: tuple[Secret, float] | None) -> None:
        """Keep what came of the request, and let the next one start."""
        with self._lock():
            self._current = current
            self._flight = None

    def _fetch(self, deadline: float) -> tuple[Secret, float]:
        """Ask LWA, again after answers that may get better."""
        retries = Retries(self._clock, deadline, longest=LONGEST_WAIT)
        while True:
            answer = self._exchange.send(
                "POST", "", headers=FORM, body=self._credentials.token_request()
            )
            error: APIError
            wait = 0.0
            if isinstance(answer, Fault):
                error = answer.kind(f"{LOGIN}: {answer.reason}", operation=LOGIN)
                again = answer.retryable
            elif answer.status == 200:
                found = _read_token(answer, self._warn_if_rotated)
                if not isinstance(found, str):
                    return found
                error = TransportError(f"{LOGIN}: {found}", operation=LOGIN, status=200)
                again = True
            else:
                error = _refusal(answer, self._credentials.hide_in)
                page = answer.status in REFUSED and isinstance(error, TransportError)
                again = page or answer.status in PASSING | {429} or answer.status >= 500
                wait = retry_after(answer, self._clock.now()) or 0.0
            if not (again and retries.pause(wait)):
                raise error

    def _warn_if_rotated(self, refresh_token: object) -> None:
        """Tell that LWA has sent another refresh token, without showing it."""
        if isinstance(refresh_token, str) and not self._credentials.is_refresh_token(
            refresh_token
        ):
            logger.warning("LWA sent a new refresh token; the one in use may end soon")


def _own(error: Raised) -> Raised:
    """Return an error for one caller: what it notes on it is not for the others."""
    return copy.copy(error) if isinstance(error, SPReportsError) else error


def _read_token(
    answer: Answer, tell: Callable[[object], None]
) -> tuple[Secret, float] | str:
    """Read token and lifetime in seconds, or say what is wrong with the answer."""
    try:
        data = read_json(answer)
    except TransportError as exc:
        return str(exc)
    if not isinstance(data, dict):
        return "the answer is not an object"
    token = data.get("access_token")
    if not isinstance(token, str) or not fits_header(token):
        return "the answer has no usable access_token"
    tell(data.get("refresh_token", None) or None)
    return Secret(token), _lifetime(data.get("expires_in"))


def _lifetime(value: object) -> float:
    """Return seconds within a minute and an hour, whatever was sent."""
    try:
        seconds = float(value) if isinstance(value, (int, float, str)) else LONGEST
    except (ValueError, OverflowError):
        return LONGEST
    if not math.isfinite(seconds):
        return LONGEST
    return min(max(seconds, SHORTEST), LONGEST)


def _refusal(answer: Answer, hide: Callable[[str], str]) -> APIError:
    """Make the error of an answer other than 200; its body is never repeated."""
    if answer.status not in REFUSED:
        passing = answer.status == 429 or answer.status >= 500
        # Not the API's classes for the others: they would speak of a report
        return (kind_of(answer.status) if passing else TransportError)(
            f"{LOGIN}: HTTP {answer.status} and no token; look at token_url=, or "
            "try again later where the status is 429 or above 499",
            operation=LOGIN,
            status=answer.status,
            request_id=request_id_of(answer, hide),
        )
    try:
        data = read_json(answer)
    except TransportError as exc:
        return TransportError(f"{LOGIN}: {exc}", operation=LOGIN, status=answer.status)
    code = data.get("error") if isinstance(data, dict) else None
    known = code if isinstance(code, str) and code in ADVICE else "no known reason"
    advice = ADVICE.get(known, "check the three credential values")
    return UnauthorizedError(
        f"{LOGIN}: HTTP {answer.status}: {known}: {advice}",
        operation=LOGIN,
        status=answer.status,
        request_id=request_id_of(answer, hide),
        details=(ErrorDetail(known, advice),),
    )

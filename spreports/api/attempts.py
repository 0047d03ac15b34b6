"""One call, and how often it is tried: again where that does no harm, or an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from spreports.api.answers import read_json, request_id_of
from spreports.api.exchange import Answer, Fault
from spreports.api.retry import Retries, may_have_acted
from spreports.api.throttle import Throttle
from spreports.clock import Clock
from spreports.errors import APIError, ServerError, ThrottledError, TransportError

__all__ = ["Again", "Attempts", "Call", "Sending"]

T = TypeVar("T")

SHAPE_TRIES = 3
_LOOK = "Amazon may have acted on it, so look before asking again"


class Sending(Protocol):
    """Who wants to know when a request goes out that may make something at Amazon."""

    def goes_out(self) -> None:
        """Take note: it is sent next. What this raises ends the call, nothing sent."""
        ...

    def came_to_nothing(self) -> None:
        """Take note: none is on its way, and those before have made nothing."""
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
    sending : Sending or None
        Of a call that is not repeatable: told of each request.
    """

    operation: str
    method: str
    path: str
    template: str
    query: str = field(default="", repr=False)
    body: object | None = field(default=None, repr=False)
    repeatable: bool = True
    sending: Sending | None = field(default=None, repr=False)


class Again:
    """The answer was no good, and another request is allowed."""


class Attempts:
    """What has been tried for one call, and whether more may be.

    Attributes
    ----------
    hide : callable
        Blots out the secrets of the request, should an answer repeat them.
    unclear : bool
        Whether Amazon may have carried out a try that came to no good answer.
    """

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
        self.unclear = False

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

    def goes_out(self) -> None:
        """Tell whoever wants to know, before anything is sent."""
        if self._call.sending is not None:
            self._call.sending.goes_out()

    def came_to_nothing(self) -> None:
        """Tell them, before a token, quota or a recovery is waited for."""
        if self._call.sending is not None:
            self._call.sending.came_to_nothing()

    def may_renew(self) -> bool:
        """Whether the token has not been renewed for this call yet."""
        renewed, self._renewed = self._renewed, True
        return not renewed

    def after_fault(self, fault: Fault) -> None:
        """Wait before another request, or raise."""
        self.unclear |= fault.sent
        harmless = self._call.repeatable or not fault.sent
        if not fault.sent:
            self.came_to_nothing()
        if fault.retryable and harmless and self._retries.pause():
            return
        raise self._advised(
            fault.kind(
                f"{self._call.operation}: {fault.reason}",
                operation=self._call.operation,
                sent=fault.sent,
            )
        )

    def after_error(self, error: APIError, at_least: float | None) -> None:
        """Wait before another request, or raise."""
        if isinstance(error, ThrottledError):
            self._throttle.exhausted(self._call.operation, at_least)
            self._refusal = error
            return
        # A page with a refusal comes from in between, as one with a 5xx may
        page = isinstance(error, TransportError) and error.sent
        passing = page or isinstance(error, ServerError)
        self.unclear |= passing
        harmless = passing and self._call.repeatable
        if not (harmless and self._retries.pause(at_least or 0.0)):
            error.retry_after = at_least
            raise self._advised(error)

    def read(self, answer: Answer, read: Callable[[object], T]) -> T | Again:
        """Read an answer of success; what Amazon never promised may come again."""
        try:
            # DELETE promises no content, but a portal's page is no answer of Amazon's
            empty = self._call.method == "DELETE" and not answer.body.strip()
            return read(None if empty else read_json(answer))
        except TransportError as exc:
            text = str(exc)
        self.unclear = True
        self._shapes += 1
        again = self._call.repeatable and self._shapes < SHAPE_TRIES
        if again and self._retries.pause():
            return Again()
        raise self._advised(
            TransportError(
                f"{self._call.operation}: {text}",
                operation=self._call.operation,
                status=answer.status,
                request_id=request_id_of(answer, self.hide),
                sent=True,
            )
        )

    def _advised(self, error: APIError) -> APIError:
        """Say what to do where the call may have made something all the same."""
        if may_have_acted(error) and not self._call.repeatable:
            error.hint = _LOOK
        return error

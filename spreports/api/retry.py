"""When to try again: waits that grow, with jitter, up to a count and a deadline.

The only module that touches ``backoff``, and only its wait generator and its jitter.
Its decorators are left alone: they sleep on the real clock, measure elapsed time by the
wall clock, log the exception's text, and their default jitter undercuts a Retry-After.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import backoff

from spreports.api.login import LOGIN
from spreports.clock import Clock
from spreports.errors import ServerError, SPReportsError, TransportError

__all__ = ["Retries", "growing", "may_have_acted"]

ATTEMPTS = 5
FIRST_WAIT = 1.0
LONGEST_WAIT = 60.0


def growing(longest: float = LONGEST_WAIT) -> Iterator[float]:
    """Yield 1, 2, 4 ... seconds, then `longest` for ever.

    Parameters
    ----------
    longest : float, seconds

    Yields
    ------
    float, seconds
    """
    waits = backoff.expo(base=2, factor=FIRST_WAIT, max_value=longest)
    next(waits)  # backoff's generators yield nothing useful before their first send
    for wait in waits:
        yield float(wait)


def may_have_acted(error: SPReportsError) -> bool:
    """Whether Amazon may have done all the same what it was asked for.

    Parameters
    ----------
    error : SPReportsError
        Of an operation that is not to be done twice.
    """
    if isinstance(error, TransportError):
        return error.sent
    # without a token nothing was asked for
    return isinstance(error, ServerError) and error.operation != LOGIN


class Retries:
    """How often one call may be tried: a count, and never beyond a deadline.

    Parameters
    ----------
    clock : Clock
    deadline : float, seconds of ``clock.monotonic()``
    attempts : int
        Tries in all, the first one included.
    longest : float, seconds
        Upper end of the longest wait.
    jitter : callable
        From the upper end of a wait to the wait; full jitter, 0 to the upper end.
    """

    def __init__(
        self,
        clock: Clock,
        deadline: float,
        *,
        attempts: int = ATTEMPTS,
        longest: float = LONGEST_WAIT,
        jitter: Callable[[float], float] = backoff.full_jitter,
    ) -> None:
        self._clock = clock
        self._deadline = deadline
        self._left = attempts - 1
        self._waits = growing(longest)
        self._jitter = jitter

    def pause(self, at_least: float = 0.0) -> bool:
        """Wait before another try.

        Parameters
        ----------
        at_least : float, seconds
            A Retry-After: jitter only adds to it.

        Returns
        -------
        bool
            False, at once, when no try is left or it would come after the deadline.
        """
        if self._left <= 0:
            return False
        wait = at_least + self._jitter(next(self._waits))
        if self._clock.monotonic() + wait > self._deadline:
            return False
        self._left -= 1
        self._clock.sleep(wait)
        return True

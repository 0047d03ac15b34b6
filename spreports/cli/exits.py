"""Which error ends with which exit code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from spreports import errors

if TYPE_CHECKING:
    from spreports import Outcome

DONE = 0
FAILED = 1
USAGE = 2
NO_DATA = 3
CREDENTIALS = 4
NETWORK = 5
INTERRUPTED = 130
TERMINATED = 143


class Terminated(KeyboardInterrupt):
    """SIGTERM: whoever ends us, a scheduler or a shutdown, means the same as Ctrl-C."""


_CODES: tuple[tuple[type[BaseException], int], ...] = (
    (errors.ConfigError, CREDENTIALS),
    (errors.UnauthorizedError, CREDENTIALS),
    (errors.ForbiddenError, CREDENTIALS),
    (errors.ThrottledError, NETWORK),
    (errors.TransportError, NETWORK),
    (errors.ServerError, NETWORK),
    (errors.DownloadError, NETWORK),
    (errors.SinkOutageError, NETWORK),
    (errors.WaitTimeoutError, NETWORK),
    (errors.ReportEmptyError, NO_DATA),
    (errors.SPReportsError, FAILED),
    (OSError, FAILED),
)
# By kind of outcome. What was cancelled or asked for too soon is not "no data": a job
# that takes 3 for a quiet day would lose it.
_OUTCOMES = {
    "done": DONE,
    "empty": NO_DATA,
    "not_ready": NO_DATA,
    "too_soon": NETWORK,
    "waiting": NETWORK,
    "stuck": NETWORK,
}


def outcome_code(outcomes: Sequence[Outcome]) -> int:
    """Return the exit code of reports together: the worst; 3 only where all are it."""
    codes = [_OUTCOMES.get(str(outcome.kind), FAILED) for outcome in outcomes]
    for code in (FAILED, NETWORK):
        if code in codes:
            return code
    return NO_DATA if codes and DONE not in codes else DONE


def exit_code(error: BaseException) -> int:
    """Return the exit code of an error; 0 for one that is a bug of ours."""
    outcome = getattr(error, "outcome", None)
    if outcome is not None and not isinstance(error, errors.ReportEmptyError):
        return outcome_code([outcome]) or FAILED
    if isinstance(error, errors.SPReportsError) and error.hopeless:
        return FAILED
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return 0


def is_passing(kind: str) -> bool:
    """Whether an error of that name is the network's or the quota's, and may pass."""
    return any(kind in _kinds(each) for each, code in _CODES if code == NETWORK)


def _kinds(error: type[BaseException]) -> set[str]:
    """Return the names of an error's class and of all that are made of it."""
    # Not only those in `errors`: a room may have a narrower one of its own
    its = set() if getattr(error, "hopeless", False) else {error.__name__}
    return its.union(*map(_kinds, error.__subclasses__()))


def several(codes: Iterable[int]) -> int:
    """Return one exit code for several: what they agree on, else that some failed."""
    failed = {code for code in codes if code != DONE}
    return DONE if not failed else failed.pop() if len(failed) == 1 else FAILED


def words(error: BaseException) -> str:
    """Say an error in one or a few lines, with Amazon's request id for support."""
    lines = [f"{type(error).__name__}: {error}"]
    lines += [f"  {note}" for note in getattr(error, "__notes__", ())]
    if isinstance(error, errors.APIError) and error.request_id:
        lines.append(f"  request id {error.request_id}")
    return "\n".join(lines)

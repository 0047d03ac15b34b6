"""Which error ends with which exit code."""

from __future__ import annotations

from spreports import errors

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
    (errors.WaitTimeoutError, NETWORK),
    (errors.ReportCancelledError, NO_DATA),
    (errors.SPReportsError, FAILED),
    (OSError, FAILED),
)


def exit_code(error: BaseException) -> int:
    """Return the exit code of an error; 0 for one that is a bug of ours."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return 0


def words(error: BaseException) -> str:
    """Say an error in one or a few lines, with Amazon's request id for support."""
    lines = [f"{type(error).__name__}: {error}"]
    lines += [f"  {note}" for note in getattr(error, "__notes__", ())]
    if isinstance(error, errors.APIError) and error.request_id:
        lines.append(f"  request id {error.request_id}")
    return "\n".join(lines)

"""What the library does next after each kind of outcome, and what the person should."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from spreports.api.times import write_time
from spreports.plan.windows import Window
from spreports.reports.outcome import OutcomeKind

__all__ = ["ADVICE", "NEXT_STEPS", "how_to_resume"]

NEXT_STEPS: Mapping[OutcomeKind, str] = MappingProxyType(
    {
        OutcomeKind.DONE: "its document is fetched when one of the ways out is used",
        OutcomeKind.EMPTY: "it gives no rows; the frame has its columns all the same",
        OutcomeKind.TOO_SOON: "it is asked for once more after the cool-down, where "
        "the time allowed is long enough",
        OutcomeKind.NOT_READY: "nothing more in this call; the same request later asks "
        "Amazon anew",
        OutcomeKind.WRONG_OPTIONS: "nothing: the same request would fail again",
        OutcomeKind.CANCELLED: "nothing more in this call; the same request later asks "
        "Amazon anew",
        OutcomeKind.FATAL: "nothing more in this call; the same request later asks "
        "Amazon anew",
        OutcomeKind.STUCK: "a request with the same dates takes it up again until it "
        "is a day old, and asks for a new one then",
        OutcomeKind.WAITING: "it goes on at Amazon; a request with the same dates "
        "takes it up again",
    }
)
ADVICE: Mapping[OutcomeKind, str] = MappingProxyType(
    {
        OutcomeKind.DONE: "nothing",
        OutcomeKind.EMPTY: "nothing, if there was no business; else check dates and "
        "marketplaces",
        OutcomeKind.TOO_SOON: "ask for this type less often; other applications and "
        "Seller Central spend the same cool-down",
        OutcomeKind.NOT_READY: "ask again when Amazon has published the data, or for "
        "an earlier period",
        OutcomeKind.WRONG_OPTIONS: "correct options, dates or marketplaces; "
        "report_type(...) shows what the type takes",
        OutcomeKind.CANCELLED: "find out who cancelled it, then ask again",
        OutcomeKind.FATAL: "check dates, options and how often the type is asked "
        "for, then ask again",
        OutcomeKind.STUCK: "cancel it if it is IN_QUEUE (a stuck report may hold up "
        "others), or ask Amazon's support with its id",
        OutcomeKind.WAITING: "wait longer (timeout=), or call again later",
    }
)


GOES_ON = "the report goes on at Amazon"


def how_to_resume(
    windows: Sequence[Window | None], *, reuse: bool, what: str = GOES_ON
) -> str:
    """Say which call takes up the reports that were not finished in time.

    A duration, or an end left out, means other dates with every second: what they meant
    is spelled out.

    Parameters
    ----------
    windows : sequence of Window or None
        Of all reports of the call, in order; None where the type has none.
    reuse : bool
        Whether the call adopts what is there.
    what : str
        What there is to take up.

    Returns
    -------
    str
        In place of `WaitTimeoutError.hint`.
    """
    spans = [each for each in windows if each is not None]
    changes = []
    if spans:
        start, end = write_time(spans[0].start), write_time(spans[-1].end)
        changes.append(f'with start="{start}", end="{end}"')
    if not reuse:
        changes.append("without reuse=False")
    if not changes:
        return f"{what}: the same call later takes it up again"
    return (
        f"{what}: the same call {' and '.join(changes)} takes it up again later"
        f"{', and so does the same object' if reuse else ''}"
    )

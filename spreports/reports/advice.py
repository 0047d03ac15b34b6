"""What the library does next after each kind of outcome, and what the person should."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from spreports.reports.outcome import OutcomeKind

__all__ = ["ADVICE", "NEXT_STEPS"]

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
        OutcomeKind.STUCK: "the same request takes it up again until it is a day old, "
        "and asks for a new one then",
        OutcomeKind.WAITING: "it goes on at Amazon; the same request takes it up again",
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

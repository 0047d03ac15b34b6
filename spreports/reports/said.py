"""What the text of a FATAL document means, as far as words tell.

Amazon's wording is not stable, so the patterns are few and broad, and whoever uses them
says that the result is inferred.

Source: models#2952, models#5130, docs#2745, docs#2746 (selling-partner-api-models and
-docs): texts that users were given.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from spreports.reports.outcome import OutcomeKind

__all__ = ["meaning_of"]

_TOO_SOON = re.compile(
    r"too (?:soon|often|frequent|many (?:requests|reports))"
    r"|\bonce (?:every|per|in|an?)\b|\bwait (?:at least )?\d+|throttl|cool-?down"
    r"|(?:already|recently) (?:been )?requested",
    re.IGNORECASE,
)
_NOT_READY = re.compile(
    r"\byet\b|not ready|still being (?:processed|generated|prepared)|too early"
    r"|(?:not |un)available\b[^.]*(?:until|\bfrom\b|\.?\s*[^.]*\blater\b)"
    r"|(?:not |un)published",
    re.IGNORECASE,
)
_EMPTY = re.compile(
    r"\bno (?:matching |such |report )?(?:data|records?|results?|rows?)\b"
    r"|(?:did|does) not (?:return|contain|have) any (?:data|records?|results?|rows?)"
    r"|without (?:any )?data\b",
    re.IGNORECASE,
)
_FAULT = re.compile(
    r"invalid|illegal|missing|required?\b|\bmust\b|unsupported|not (?:a )?(?:support"
    r"|valid|allow|permit|recogni|match)|should be|exceed"
    r"|cannot be (?:before|after|more|longer|empty)|out of range|malformed"
    r"|incorrect|unknown|\bspecify|\bspan\b",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"options?\b|parameters?\b|\bdates?\b|date ?range|start ?date|end ?date|period"
    r"|\bweek\b|\bmonth\b|\bquarter\b|sunday|saturday|marketplaces?\b|\basins?\b"
    r"|granularity|distributor|selling ?program|locale",
    re.IGNORECASE,
)
_NAMES = ("reportOptions", "reportPeriod", "dataStartTime", "dataEndTime")


def meaning_of(text: str, options: Iterable[str] = ()) -> OutcomeKind | None:
    """Say which kind of outcome a FATAL document speaks of.

    Parameters
    ----------
    text : str
        What the document says.
    options : iterable of str
        Names of the type's report options: a text that names one speaks of options.

    Returns
    -------
    OutcomeKind or None
        TOO_SOON, NOT_READY, WRONG_OPTIONS or EMPTY; None where the words tell nothing.
    """
    if _TOO_SOON.search(text):
        return OutcomeKind.TOO_SOON
    named = any(
        re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE)
        for name in (*_NAMES, *options)
    )
    # "the requested date range is not yet available": a date, but no fault of it
    if _NOT_READY.search(text):
        return OutcomeKind.NOT_READY
    if named or (_FAULT.search(text) and _SUBJECT.search(text)):
        return OutcomeKind.WRONG_OPTIONS
    if _EMPTY.search(text):
        return OutcomeKind.EMPTY
    return None

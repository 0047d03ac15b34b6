"""What an answer means: JSON out of bytes, and the tree's error for a status."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from spreports.api.exchange import Answer
from spreports.errors import (
    APIError,
    BadRequestError,
    ErrorDetail,
    ForbiddenError,
    NotFoundError,
    ServerError,
    ThrottledError,
    TransportError,
    UnauthorizedError,
)

__all__ = [
    "PASSING",
    "blames_token",
    "clock_skew",
    "error_of",
    "kind_of",
    "read_json",
    "readable",
    "request_id_of",
    "retry_after",
]

DETAILS_BYTES = 2048
MOST_DETAILS = 10
REQUEST_ID_LENGTH = 128

ADVICE = {
    401: "check that the application is authorised for this seller",
    403: "the application lacks the role for this report type, the seller belongs to "
    "another region than this client's, or the document is restricted: "
    "client.document(...) then needs report_type=, client.api restricted=True",
    404: "an id is known only to the seller and region it was made in, and {}",
    415: "the request's Content-Type was changed on the way; look for a proxy",
}
# For how long, by what an operation is about.
KEPT = {
    "Report": "reports are kept for 90 days at most",
    "Schedule": "a schedule is gone once it is cancelled or another takes its place",
}
# The request came too slowly, or too early. Source: RFC 9110, section 15.5.9, RFC 8470.
# Load balancers close an idle connection so, and the next request finds it there.
PASSING = frozenset({408, 425})
# What a refusal may say of a token.
TOKEN_FAULTS = ("revoked", "invalid", "not valid")
# What Amazon's tokens look like, should an error message ever repeat one.
TOKEN_LIKE = re.compile(r"\bAtz[A-Za-z.]*\|[^\s\"']+")
SIGNED_QUERY = re.compile(r"\?[^\s\"']*X-Amz-[^\s\"']*", re.IGNORECASE)


def read_json(answer: Answer) -> object:
    """Parse an answer's body.

    Parameters
    ----------
    answer : Answer

    Returns
    -------
    object
        What the JSON stands for.

    Raises
    ------
    TransportError
        Not JSON: HTML of a proxy, cut short, nested thousands deep, or a number of
        thousands of digits. The body is not quoted.
    """
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        pass  # the parser's exception would keep the body alive
    raise TransportError(
        f"HTTP {answer.status} with {len(answer.body)} bytes that are not JSON: "
        "cut short, or from a proxy in between"
    )


def error_of(
    operation: str, answer: Answer, hide: Callable[[str], str] = str
) -> APIError:
    """Make the error that an answer without success stands for.

    Parameters
    ----------
    operation : str
        As the reference names it.
    answer : Answer
        With a status other than 2xx.
    hide : callable
        Blots out the secrets of the request, should the answer repeat them.

    Returns
    -------
    APIError
        The class by status, with Amazon's details up to 2 KiB in all, free of control
        characters. A redirect is a `TransportError`, and so is a refusal that passes,
        or one in anything but JSON and without Amazon's request id: it is of a portal
        or a proxy, and says nothing of what Amazon has.

    Source: Reports API v2021-06-30, Error Responses and Schemas.
    """
    status = answer.status
    request_id = request_id_of(answer, hide)
    details = _details(answer, hide)
    if (why := _from_between(answer)) is not None:
        return TransportError(
            f"{operation}: {why}",
            operation=operation,
            status=status,
            request_id=request_id,
            details=details,
            sent=True,
        )
    if status < 400:
        text = (
            f"{operation}: HTTP {status}: redirects are refused; the endpoint is "
            "wrong, or a portal wants a sign-in first"
        )
    else:
        said = "; ".join(map(str, details)) or "no details given"
        text = f"{operation}: HTTP {status}: {said}"
    if status in ADVICE:
        kept = KEPT["Schedule" if "Schedule" in operation else "Report"]
        text += f" ({ADVICE[status].format(kept)})"
    if request_id:
        text += f" [request {request_id}]"
    return kind_of(status)(
        text,
        operation=operation,
        status=status,
        request_id=request_id,
        details=details,
    )


def _from_between(answer: Answer) -> str | None:
    """Say why a refusal is no word of Amazon's about what was asked; None if it is.

    Each of its refusals has an ErrorList, and a request id. Without either, only those
    are believed that are about who asks, or how often.

    Source: Reports API v2021-06-30, Responses of each operation, Error Responses and
    Schemas.
    """
    status = answer.status
    if status in PASSING:
        return f"HTTP {status}: the request did not come through in time; ask again"
    if not 400 <= status < 500 or status == 429:
        return None
    if not answer.body.strip() and status in {401, 403}:
        return None
    if (answer.headers.get("x-amzn-RequestId") or "").strip():
        return None
    try:
        read_json(answer)
    except TransportError as exc:
        return f"{exc} (Amazon refuses in JSON: check endpoint=)"
    return None


def kind_of(status: int) -> type[APIError]:
    """Return the tree's class for a status that is no success.

    Parameters
    ----------
    status : int

    Returns
    -------
    type
        `TransportError` for redirects and anything else below 400.
    """
    if status < 400:
        return TransportError
    if status >= 500:
        return ServerError
    return {
        401: UnauthorizedError,
        403: ForbiddenError,
        404: NotFoundError,
        429: ThrottledError,
    }.get(status, BadRequestError)


def blames_token(error: APIError) -> bool:
    """Whether a refusal is about the token itself, so that a new one may help.

    Amazon says so with 401, or with 403 and words in the code, message or details: the
    token has expired, was revoked, or is not valid. A page with 401 is a proxy's, and
    Amazon may have acted on the request before.
    """
    if error.status == 401:
        return not isinstance(error, TransportError)
    words = " ".join(map(str, error.details)).lower()
    return error.status == 403 and (
        "expired" in words
        or ("token" in words and any(each in words for each in TOKEN_FAULTS))
    )


def request_id_of(answer: Answer, hide: Callable[[str], str]) -> str | None:
    """Return ``x-amzn-RequestId``, fit to be printed; None where there is none.

    `hide` blots out the secrets of the request: whoever echoes them may do so here.
    """
    said = answer.headers.get("x-amzn-RequestId") or ""
    text = TOKEN_LIKE.sub("***", hide(said))
    return _printable(text)[:REQUEST_ID_LENGTH] or None


def clock_skew(answer: Answer, now: datetime) -> float | None:
    """Return how many seconds `now` is ahead of the answer's Date; None without one.

    Source: RFC 9110, section 6.6.1.
    """
    try:
        said = parsedate_to_datetime(answer.headers.get("Date") or "")
    except (ValueError, OverflowError, TypeError):
        return None
    said = said if said.tzinfo else said.replace(tzinfo=UTC)
    return (now - said).total_seconds()


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Read Retry-After.

    Parameters
    ----------
    answer : Answer
    now : datetime, aware UTC

    Returns
    -------
    float or None, seconds
        None where it is absent, in the past or unreadable.

    Source: RFC 9110, section 10.2.3.
    """
    text = answer.headers.get("Retry-After")
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    return seconds if math.isfinite(seconds) and seconds > 0 else None


def _details(answer: Answer, hide: Callable[[str], str]) -> tuple[ErrorDetail, ...]:
    """Read Amazon's ErrorList; nothing from what is none."""
    try:
        data = read_json(answer)
    except TransportError:
        return ()
    if not isinstance(data, dict):
        return ()
    entries = data.get("errors")
    if not isinstance(entries, list):
        # The gateway before the API answers {"message": ...} without a list
        entries = [data]
    room = DETAILS_BYTES
    details = []
    for entry in entries[:MOST_DETAILS]:
        if not isinstance(entry, dict) or room <= 0:
            continue
        texts = []
        for name in ("code", "message", "details"):
            value = entry.get(name)
            text = _clean(value, hide, room) if isinstance(value, str) else ""
            room -= len(text.encode())
            texts.append(text)
        if any(texts):
            details.append(ErrorDetail(texts[0], texts[1], texts[2] or None))
    return tuple(details)


def _clean(text: str, hide: Callable[[str], str], most: int) -> str:
    """Return foreign text fit for a message: no secrets, no control characters."""
    return readable(hide(text)).encode()[:most].decode(errors="ignore")


def readable(text: str) -> str:
    """Return foreign text without tokens, signatures and control characters."""
    return _printable(SIGNED_QUERY.sub("?***", TOKEN_LIKE.sub("***", text)))


def _printable(text: str) -> str:
    """Return the text with what would move a terminal's cursor left out."""
    return "".join(char for char in text if char.isprintable())

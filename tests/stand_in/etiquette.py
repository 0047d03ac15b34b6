"""What headers may and must come with a request, by whom it is sent to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message

# users.md, section 3: App/Version (Language=...; Platform=...)
USER_AGENT = re.compile(
    r"[^/\s()]+/[^/\s()]+ \(Language=[^;()=]+(; ?[^;()=\s]+=[^;()=]+)*\)"
)
PLAIN = {"host", "user-agent", "accept", "accept-encoding", "connection"}
TOKEN = "x-amz-access-token"
API = PLAIN | {TOKEN, "x-amz-date", "content-type", "content-length"}
LOGIN = PLAIN | {"content-type", "content-length"}
HOST = PLAIN | {"range", "if-match", "if-range"}


def header_breaches(
    headers: Message,
    allowed: set[str],
    *,
    required: Sequence[str] = (),
    media: str | None = None,
) -> list[str]:
    """Say what is wrong with a request's headers; `media` is that of its body."""
    names = [name.lower() for name in headers]
    wrong = [f"header {name} has no place here" for name in set(names) - allowed]
    wrong += [
        f"header {name} comes twice" for name in set(names) if names.count(name) > 1
    ]
    wrong += [f"header {name} is missing" for name in required if name not in names]
    if "user-agent" in required and not USER_AGENT.fullmatch(
        str(headers.get("User-Agent", ""))
    ):
        wrong.append(f"User-Agent has not Amazon's form: {headers.get('User-Agent')}")
    kind = str(headers.get("Content-Type", "")).partition(";")[0].strip().lower()
    if media is None and kind:
        wrong.append("Content-Type without a body")
    if media is not None and kind != media:
        wrong.append(f"Content-Type is {kind or 'missing'}, not {media}")
    if media is None and str(headers.get("Content-Length", "0")) != "0":
        wrong.append("a body where there is none")
    accept = str(headers.get("Accept", "*/*"))
    if allowed is API and not re.search(r"\*/\*|application/(json|\*)", accept):
        wrong.append(f"Accept leaves out application/json: {accept}")
    return sorted(wrong)

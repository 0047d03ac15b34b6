"""What a host says of the bytes behind a copy's end: that there are none, or more.

It proves an end that the transfer's own framing does not: chunks may be ended cleanly
by whoever passes them on, wherever he lost the rest.
"""

from __future__ import annotations

import http
from dataclasses import dataclass
from typing import Final

from spreports.fetch.answers import next_chunk
from spreports.fetch.document_host import DocumentHost, SignedURL
from spreports.fetch.resume import Continuity
from spreports.fetch.tries import Setback
from spreports.fetch.verify import page_in

__all__ = ["GOES_ON", "Behind", "look_behind"]

GOES_ON: Final = "the document goes on after its end"


@dataclass(frozen=True, slots=True)
class Behind:
    """What an answer says of a copy's end; nothing, unless one of these is set.

    Attributes
    ----------
    ends : bool
        The document is told to be as long as the copy.
    more : bool
        There are more bytes.
    ranged : bool
        The host knows ranges.
    """

    ends: bool = False
    more: bool = False
    ranged: bool = False


def look_behind(
    host: DocumentHost, url: SignedURL, version: Continuity, size: int
) -> Behind | Setback:
    """Ask for what would come next.

    Parameters
    ----------
    host : DocumentHost
    url : SignedURL
    version : Continuity
        Of the copy; keeps what the answer tells of the length.
    size : int, bytes
        Of the copy, at least 1.

    Returns
    -------
    Behind or Setback
        The latter where there is no answer.

    Raises
    ------
    DownloadError
        The URL leads elsewhere; nothing was sent.

    Source: RFC 9110, section 15.5.17: a range from the end on is unsatisfiable, and
    the answer tells the length.
    """
    answer = host.get(url, start=size, etag=version.etag)
    if isinstance(answer, Setback):
        return answer
    with answer:
        status, ours = answer.status_code, version.may_be_ours(answer.headers)
        if status == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            told = version.told_by_range(answer.headers)
            return Behind(ends=ours and told == size, more=told > size, ranged=True)
        if status == http.HTTPStatus.PARTIAL_CONTENT:
            told = version.told_by_range(answer.headers)
            # A part that breaks is there as well: only a proper end is none
            return Behind(more=told > size or next_chunk(answer) != b"", ranged=True)
        if status == http.HTTPStatus.OK:
            head = next_chunk(answer)
            kind = answer.headers.get("Content-Type")
            if isinstance(head, bytes) and not page_in(head, kind):
                told = version.told_by_whole(answer.headers)
                return Behind(ends=ours and told == size)
    return Behind()

"""Whether an answer continues what has arrived, begins anew, or is not to be used.

The rules are in one place and open no socket. A range counts only if it is of the same
version (strong ETag) and begins where we are. Another version of the document counts
only once it has been seen in two answers running: the first could be a fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from spreports.fetch.lengths import Lengths, may_be

__all__ = ["Continuity", "Verdict"]

_CONTENT_RANGE: Final = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})", re.ASCII)
_UNSATISFIED: Final = re.compile(r"bytes \*/(\d{1,18})", re.ASCII)
_LENGTH: Final = re.compile(r"\d{1,18}", re.ASCII)
_STRONG: Final = re.compile(r'"[^"]*"')
_MD5: Final = re.compile(r'"([0-9a-fA-F]{32})"', re.ASCII)


class Verdict(Enum):
    """What to do with an answer's body."""

    APPEND = "it goes on where we are"
    RESTART = "it is the document from its start"
    COMPLETE = "there is no more"
    AGAIN = "leave it and ask for the whole document"


@dataclass(slots=True)
class Continuity:
    """What is known of the version that is arriving.

    Attributes
    ----------
    etag : str or None
        Strong ETag; None where there is none, and then nothing is resumed.
    total : int or None, bytes
    framed : bool
        The transfer itself says where it ends: a length, or chunked coding. The latter
        is no proof: what passes chunks on may have lost some, and end them cleanly.
    lengths : Lengths
        What answers that were not taken have told of the length, and brought.
    """

    etag: str | None = None
    total: int | None = None
    framed: bool = False
    lengths: Lengths = field(default_factory=Lengths)
    _etag_is_md5: bool | None = None
    _begun: bool = False
    _whole: bool = False
    _rival_seen: bool = False
    _rival: str | None = None

    def start(self, size: int) -> int:
        """Return from which byte to ask, with `size` bytes at hand."""
        if self._whole or self.etag is None or size == self.total:
            return 0
        return size

    def ask_whole(self) -> None:
        """Ask for everything next time."""
        self._whole = True

    def not_taken(self, size: int, *, gzipped: bool) -> None:
        """Keep what an answer has told and brought that was not taken.

        Parameters
        ----------
        size : int, bytes
        gzipped : bool
            The form they came in.
        """
        self.lengths.tell(self.etag, self.total)
        self.lengths.bring(self.etag, size, gzipped=gzipped)

    def told_by_range(self, headers: Mapping[str, str]) -> int:
        """Keep and return how long an answer to a range says that the document is."""
        # A range was asked for with If-Match: what does not say whose it is, is ours
        etag = _strong(headers) or self.etag
        return self.lengths.tell_range(etag, headers.get("Content-Range", ""))

    def told_by_whole(self, headers: Mapping[str, str]) -> int:
        """Keep and return how long a document is that came where a range was asked."""
        length = _length(headers) or 0
        self.lengths.tell(_strong(headers), length)
        return length

    def may_be_ours(self, headers: Mapping[str, str]) -> bool:
        """Say whether an answer may be of this version."""
        return may_be(_strong(headers), self.etag)

    def judge(self, status: int, headers: Mapping[str, str], size: int) -> Verdict:
        """Judge an answer to a request from byte `start(size)`.

        Parameters
        ----------
        status : int
            200, 206, 412 or 416.
        headers : mapping of str to str, names in any case
        size : int, bytes
            At hand.

        Returns
        -------
        Verdict

        Source: RFC 9110, sections 8.8.3 (strong ETags), 14.4 (Content-Range),
        15.3.7 (206), 15.5.13 (412), 15.5.17 (416).
        """
        if status == 200:
            return self._judge_whole(headers)
        asked = self.start(size)
        if status == 206 and asked:
            total = self._total_of_rest(headers, asked)
            if total is not None:
                self._adopt(total)
                return Verdict.APPEND
        if status == 416 and asked:
            found = _UNSATISFIED.fullmatch(headers.get("Content-Range", ""))
            if found and int(found[1]) == size and self.total in {None, size}:
                self._adopt(size)
                return Verdict.COMPLETE
        self.told_by_range(headers)
        self._whole = True
        return Verdict.AGAIN

    def md5(self) -> str | None:
        """Return the MD5 that the ETag is, if it looks like one and may be one."""
        found = _MD5.fullmatch(self.etag or "")
        if not found or self._etag_is_md5 is False:
            return None
        return found[1].lower()

    @property
    def is_md5_sure(self) -> bool:
        """Whether the host has said how it encrypts, and so that the ETag is an MD5."""
        return self._etag_is_md5 is True

    def _judge_whole(self, headers: Mapping[str, str]) -> Verdict:
        """Judge a 200: the document, of the same version or of another."""
        etag = _strong(headers)
        pinned = self._begun and self.etag is not None
        if pinned and etag != self.etag and not self._seen_before(etag):
            self._rival_seen, self._rival = True, etag
            if etag is not None:  # else it may be a page, which nobody reads
                self.lengths.tell(etag, _length(headers))
            self._whole = True
            return Verdict.AGAIN
        chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
        self.etag = etag
        self._etag_is_md5 = _is_md5(headers)
        self.total = None if chunked else _length(headers)
        # What the framing does not go by is a word on the length all the same
        self.lengths.tell_range(etag, headers.get("Content-Range", ""))
        if chunked:
            self.lengths.tell(etag, _length(headers))
        self.framed = chunked or self.total is not None
        self._begun = True
        self._whole = False
        self._rival_seen, self._rival = False, None
        return Verdict.RESTART

    def _seen_before(self, etag: str | None) -> bool:
        """Say whether the answer before this one was of that version too."""
        return self._rival_seen and self._rival == etag

    def _total_of_rest(self, headers: Mapping[str, str], asked: int) -> int | None:
        """Return the total that a 206 tells, if it is the rest and all of the rest."""
        found = _CONTENT_RANGE.fullmatch(headers.get("Content-Range", "").strip())
        if not found or _strong(headers) != self.etag:
            return None
        first, last, total = map(int, found.groups())
        length = _length(headers)
        is_rest = (
            first == asked
            and last == total - 1
            and self.total in {None, total}
            and length in {None, total - asked}
        )
        return total if is_rest else None

    def _adopt(self, total: int) -> None:
        """Keep the total that a range has told."""
        self.total = total
        self.framed = True


def _is_md5(headers: Mapping[str, str]) -> bool | None:
    """Whether S3 makes its ETags of MD5, by how it encrypts; None where it is not said.

    Source: Amazon S3 API, Object, ETag: an MD5 with SSE-S3, none with SSE-C or SSE-KMS.
    """
    how = headers.get("x-amz-server-side-encryption", "").strip()
    own = "x-amz-server-side-encryption-customer-algorithm"
    if own in headers or how.startswith("aws:kms"):
        return False
    return True if how == "AES256" else None


def _strong(headers: Mapping[str, str]) -> str | None:
    """Return a strong ETag."""
    etag = headers.get("ETag", "").strip()
    return etag if _STRONG.fullmatch(etag) else None


def _length(headers: Mapping[str, str]) -> int | None:
    """Return a usable Content-Length."""
    text = headers.get("Content-Length", "").strip()
    return int(text) if _LENGTH.fullmatch(text) else None

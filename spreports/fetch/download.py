"""Bring a report document's stored bytes to a file, whole or not at all.

The connection may break, the URL may expire, the host may lie about lengths and
ranges: what is at `target` afterwards is the document, verified, or nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from spreports.clock import Clock, SystemClock
from spreports.errors import DownloadError
from spreports.fetch.answers import next_chunk, refusal
from spreports.fetch.arriving import Watched
from spreports.fetch.behind_end import GOES_ON, look_behind
from spreports.fetch.decompress import looks_gzipped
from spreports.fetch.document_host import DocumentHost, SignedURL
from spreports.fetch.limits import Limits
from spreports.fetch.resume import Continuity, Verdict
from spreports.fetch.spool import Spool
from spreports.fetch.tries import Setback, Tries
from spreports.fetch.verify import Doubt, Proofs, page_in

if TYPE_CHECKING:
    import requests

__all__ = ["StoredDocument", "download"]

# A presigned URL lives 300 s: Reports API v2021-06-30, ReportDocument.url
URL_SECONDS: Final = 240.0

_BODY_STATUS: Final = frozenset({200, 206, 412, 416})

logger = logging.getLogger("spreports.fetch")


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document's stored bytes in a file.

    Attributes
    ----------
    path : Path
    size : int, bytes
    content_type : str or None
        As the host said it; may name the charset.
    etag : str or None
    sha256 : str
        Hexadecimal, of the stored bytes.
    verified : str
        ``"md5"``: they match the ETag. ``"gzip"``: every member is whole, and the
        host has told the length. ``"length"``: plain, of the length that it has told,
        with the transfer or when asked for what follows its last chunk.
        ``"twice"``: without a length, or in doubt, equal in two transfers.
    """

    path: Path
    size: int
    content_type: str | None
    etag: str | None
    sha256: str
    verified: str


def download(
    fresh_url: Callable[[], str],
    target: Path,
    *,
    clock: Clock = SystemClock(),  # noqa: B008 - it has no state
    loopback: bool = False,
    max_bytes: int | None = None,
    rate_clock: Clock = SystemClock(),  # noqa: B008 - it has no state
    watched: Watched | None = None,
    lasting: bool = True,
    gzip_told: Callable[[], bool] = lambda: False,
) -> StoredDocument:
    """Download a document, resuming and renewing until it is whole.

    Parameters
    ----------
    fresh_url : callable
        Gives a presigned URL; called at the start, when the last one is older than
        240 s, and when it was refused. ``LookupError`` says that there is no other.
    target : Path
        In an existing folder; ``<target>.part`` beside it is used meanwhile.
    clock : Clock
        For the age of URLs and the waits between tries.
    loopback : bool
        Also allow URLs of this machine, for the simulator.
    max_bytes : int, optional
        A larger document is refused; 64 GiB unless said, far beyond the largest report.
    rate_clock : Clock
        For the minimum rate, and the 24 hours after which a document that is still
        coming is given up. The machine's own even where waits run on another clock:
        sockets know no other time.
    watched : Watched, optional
        Told of the bytes of the first answer as they come, if it says where it ends;
        and to give up, before the wait and all else that follow when it breaks.
    lasting : bool
        Have it on the disk before it gets its name. A file that is deleted in any case
        need not be, and most of it never gets there.
    gzip_told : callable
        Whether Amazon says, with the last URL, that the document is gzip.

    Returns
    -------
    StoredDocument

    Raises
    ------
    DownloadError
        Refused, gone, redirected, too large or without end, never whole, or the disk
        is full.
        ``.expired`` when the URL was refused and `fresh_url` had no other. Nothing is
        left behind, and an older file at `target` stays as it was.
    Exception
        Whatever `fresh_url` raises, as it is.

    Source: RFC 9110, sections 13 and 14; RFC 1952; Reports API v2021-06-30,
    getReportDocument.
    """
    with (
        DocumentHost(loopback=loopback) as host,
        Spool(target, lasting=lasting) as spool,
    ):
        spool.watched = watched
        limits = Limits(max_bytes, rate_clock)
        transfer = _Transfer(host, spool, limits)
        tries = Tries(clock)
        url: SignedURL | None = None
        while True:
            if url is None or clock.monotonic() - url.issued > URL_SECONDS:
                url = _renewed(fresh_url, clock, transfer.last)
            transfer.proofs.gzip_told = gzip_told()
            outcome = transfer.attempt(url)
            if isinstance(outcome, _Whole):
                break
            if watched is not None:
                watched.give_up()
            logger.info("document download: %s", outcome.reason)
            if outcome.refused:
                url = None
            tries.count(outcome, transfer.reached)
        spool.commit()
        return StoredDocument(
            path=target,
            size=spool.size,
            content_type=transfer.content_type,
            etag=transfer.version.etag,
            sha256=spool.sha256,
            verified=outcome.verified,
        )


@dataclass(frozen=True, slots=True)
class _Whole:
    """The document is there."""

    verified: str


def _renewed(fresh_url: Callable[[], str], clock: Clock, last: str) -> SignedURL:
    """Ask for a URL."""
    try:
        url = SignedURL(fresh_url(), clock.monotonic())
    except LookupError:
        url = None
    if url is None:
        why = f": {last}" if last else ""
        msg = f"the document URL has expired and cannot be renewed here{why}"
        raise DownloadError(msg, expired=True)
    return url


@dataclass(slots=True)
class _Transfer:
    """One document on its way into its spool, over as many answers as it takes."""

    host: DocumentHost
    spool: Spool
    limits: Limits
    version: Continuity = field(default_factory=Continuity)
    proofs: Proofs = field(default_factory=Proofs)
    content_type: str | None = None
    reached: int = 0
    last: str = ""

    def attempt(self, url: SignedURL) -> _Whole | Setback:
        """Send one request and take what it brings."""
        outcome = self._attempt(url)
        if isinstance(outcome, Setback):
            self.last = outcome.reason
        return outcome

    def _attempt(self, url: SignedURL) -> _Whole | Setback:
        start = self.version.start(self.spool.size)
        answer = self.host.get(url, start=start, etag=self.version.etag)
        if isinstance(answer, Setback):
            return answer
        with answer:
            if answer.status_code not in _BODY_STATUS:
                return refusal(answer)
            verdict = self.version.judge(
                answer.status_code, answer.headers, self.spool.size
            )
            if verdict is Verdict.AGAIN:
                what = f"HTTP {answer.status_code} does not continue the document"
                return Setback(what)
            if verdict is Verdict.RESTART:
                self.spool.restart()
                self.content_type = answer.headers.get("Content-Type")
                if self.version.framed:
                    self.spool.announce(self.content_type, self.version.total)
            if self.version.md5() is None:
                self.spool.walk_along()  # only the bytes themselves can be a proof
            if verdict is not Verdict.COMPLETE and (broken := self._read(answer)):
                self._note_length()
                return Setback(broken)
        self.spool.flush()
        proof = self.proofs.judge(self.spool, self.version, self.content_type)
        if isinstance(proof, Doubt):
            return self._doubted(url, proof)
        return self._probed(url) if proof == "twice" else _Whole(proof)

    def _probed(self, url: SignedURL) -> _Whole | Setback:
        """Look behind the end of a second copy, where nothing else says that it is one.

        Where the document was told to be longer, no answer to that is no proof.
        """
        size, whole = self.spool.size, _Whole("twice")
        if size == 0:
            return self._unless_longer(whole)
        behind = look_behind(self.host, url, self.version, size)
        if isinstance(behind, Setback):
            longer = self.version.lengths.told(self.version.etag) > size
            return behind if longer else whole
        if behind.more:
            self._note_length()
            return Setback(GOES_ON, copy=True)
        return whole if behind.ranged else self._unless_longer(whole)

    def _unless_longer(self, whole: _Whole) -> _Whole | Setback:
        """Return that the document is there, unless it was told to be longer."""
        size, told = self.spool.size, self.version.lengths.told(self.version.etag)
        if told <= size:
            return whole
        why = f"it ended after {size} bytes, of {told} announced"
        return Setback(why, copy=True)

    def _read(self, answer: requests.Response) -> str | None:
        """Spool a body to its end; return why it broke, if it did."""
        self.limits.begin(self.spool.size)
        self.limits.check_size(self.version.total or 0)
        while True:
            chunk = next_chunk(answer)
            if not isinstance(chunk, bytes):
                return chunk.reason
            if not chunk:
                break
            self.limits.check_size(self.spool.size + len(chunk))
            self.spool.append(chunk)
            self.reached = max(self.reached, self.spool.size)
            if self.limits.is_slow(self.spool.size):
                return "the document came at less than 1 KiB/s"
        total = self.version.total
        if total is not None and self.spool.size != total:
            return f"{self.spool.size} of {total} bytes came"
        return None

    def _note_length(self) -> None:
        """Keep how long a copy is that is not taken, and was to be; not of a page."""
        self.spool.flush()
        head = self.spool.head()
        if not page_in(head, self.content_type):
            self.version.not_taken(self.spool.size, gzipped=looks_gzipped(head))

    def _doubted(self, url: SignedURL, doubt: Doubt) -> _Whole | Setback:
        """Look behind a copy's end where that proves it; else ask for another one."""
        if doubt.at_end:
            behind = look_behind(self.host, url, self.version, self.spool.size)
            if not isinstance(behind, Setback) and behind.ends:
                return _Whole(doubt.at_end)
            if not isinstance(behind, Setback) and behind.more:
                self._note_length()
                return Setback(GOES_ON, copy=True)  # resumed, where it can be
        self._note_length()
        self.version.ask_whole()
        return Setback(doubt.reason, refused=doubt.page, final=doubt.final, copy=True)

"""Whether a spooled document is whole, by the strongest proof there is."""

from __future__ import annotations

import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from spreports.fetch.decompress import looks_gzipped
from spreports.fetch.gzip_walk import gzip_fault
from spreports.fetch.resume import Continuity
from spreports.fetch.sniff import error_page
from spreports.fetch.spool import Spool

__all__ = ["Doubt", "Proofs", "page_in"]

# The same broken bytes three times are what the host has
HOPELESS: Final = 2
_UNTOLD: Final = "it came empty or without a length, so that it has to come twice"


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a copy that has arrived to its end is not taken.

    Attributes
    ----------
    reason : str
    final : bool
        The same bytes came often enough: another copy would be no better.
    page : bool
        It is an error page, which a fresh URL may mend.
    at_end : str
        How it is known to be whole once the host says that nothing follows; empty
        where that would prove nothing.
    """

    reason: str
    final: bool = False
    page: bool = False
    at_end: str = ""


@dataclass(slots=True)
class Proofs:
    """Judges copies, and counts those it has seen before.

    Attributes
    ----------
    gzip_told : bool
        Amazon says that the document is gzip; one that is not has to come twice.
    """

    gzip_told: bool = False
    _seen: Counter[tuple[int, str, str | None]] = field(default_factory=Counter)

    def judge(
        self, spool: Spool, version: Continuity, content_type: str | None
    ) -> str | Doubt:
        """Say how a copy is known to be whole, or why it is not.

        An ETag of 32 hexadecimal digits is the content's MD5, unless the host's own
        words exclude that, or it has none and the same bytes come twice, each framed,
        with the same other ETag: then it is no MD5 (S3 with KMS keys). A gzip document
        is walked to the end of its last member; since a cut between two members would
        not show, one that came without any framing has to come twice, as a plain one
        has. So has one that came in chunks without a length, unless the host says that
        nothing follows. A copy that is shorter than what had come of the same version,
        in answers that broke or copies that were not taken, is never taken; one that is
        shorter than answers have told has to come twice.

        Parameters
        ----------
        spool : Spool
            Flushed.
        version : Continuity
        content_type : str or None
            As the host said it.

        Returns
        -------
        str
            ``"md5"``, ``"gzip"``, ``"length"`` or ``"twice"``.
        Doubt

        Source: Amazon S3 API, Object, ETag; RFC 1952, section 2.2.
        """
        head = spool.head()
        if page := page_in(head, content_type):
            return Doubt(f"{page} came in place of the document", page=True)
        copy = (spool.size, spool.sha256, version.etag)
        earlier = self._seen[copy]
        self._seen[copy] += 1
        md5 = version.md5()
        if md5 is not None and md5 == spool.md5:
            return "md5"
        no_md5 = md5 is None or (earlier and version.framed and not version.is_md5_sure)
        final = earlier >= HOPELESS
        if not no_md5:
            return Doubt("the bytes do not match their ETag", final=final)
        seen = version.lengths.seen(version.etag, gzipped=looks_gzipped(head))
        if spool.size < seen:
            more = f"it ended after {spool.size} bytes, of {seen} seen"
            return Doubt(more, final=final)
        proof = _by_its_form(spool, version, head, earlier)
        why = self._doubtful(spool.size, version, head)
        told = version.total is not None
        if isinstance(proof, Doubt) or (told and not (md5 or why)):
            return proof
        doubt = Doubt(why) if why else Doubt(_UNTOLD, at_end=proof)
        return "twice" if earlier else doubt

    def _doubtful(self, size: int, version: Continuity, head: bytes) -> str:
        """Say why a copy has to come twice, whatever its form; nothing else."""
        told = version.lengths.told(version.etag)
        if size < told:
            return f"it ended after {size} bytes, of {told} announced"
        if self.gzip_told and not looks_gzipped(head):
            return "it came as plain text, and Amazon says that it is gzip"
        return ""


def page_in(head: bytes, content_type: str | None) -> str | None:
    """Say what error page stands in a document's place, compressed or not."""
    if looks_gzipped(head):
        # Only gzip of the web's kind is told to be HTML; what is in it decides
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, len(head))
        except zlib.error:
            return None
    return error_page(head, content_type)


def _by_its_form(
    spool: Spool, version: Continuity, head: bytes, earlier: int
) -> str | Doubt:
    """Judge a copy that has no checksum beside it."""
    gzipped = looks_gzipped(head)
    if gzipped and (fault := _fault(spool)):
        reason = f"the stored bytes are not whole, sound gzip: {fault}"
        return Doubt(reason, final=earlier >= HOPELESS)
    # A length of 0 is more often a fault than a document
    if version.framed and spool.size:
        return "gzip" if gzipped else "length"
    if earlier:
        return "twice"
    return Doubt(_UNTOLD)


def _fault(spool: Spool) -> str | None:
    """Return what is wrong with a gzip document, walked on its way or now."""
    if spool.watched is not None and spool.watched.is_sound(spool.size):
        return None
    walk = spool.walk
    if walk is not None:
        spool.walk = None
        return walk.end()
    return gzip_fault(spool.chunks())

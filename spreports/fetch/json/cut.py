"""Cut a JSON array of objects at record boundaries, on bytes.

Two ways. The learned one takes what stands between two records, such as
``}, {"departmentName"``, and searches for it natively. It proves nothing by itself: the
block counts only if it is proven to be records from end to end. Where JSON text is
split at a place and both sides parse as lists of records, the whole parses as both
lists in a row, so such a cut is never wrong. The exact one decodes record by record; it
needs no luck and says where a document is at fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from spreports.errors import ParseError
from spreports.fetch.json.values import CutShort
from spreports.fetch.json.window import MAX_VALUE, Window, cut_short
from spreports.fetch.kernel.sandbox import MOST_BYTES

__all__ = ["Block", "RecordCutter"]

# A boundary is looked for so many times as far as a record is long
_FARTHER: Final = 4
_BLANK: Final = re.compile(r"[ \t\r\n]*+")
_FIRST_KEY: Final = re.compile(r'\{[ \t\r\n]*+"(?:[^"\\]|\\.){0,200}+"')


@dataclass(frozen=True, slots=True)
class Block:
    """Records as the learned boundary cuts them, still to be verified.

    Attributes
    ----------
    data : bytes
        Holds its text, which is not copied.
    start, stop : int
        Of the text: from the first record's brace through the first key's quote of the
        record that follows the last one.
    boundary : bytes
        From a record's closing brace through the next one's first key.
    opening : int, bytes
        From a record's opening brace through its first key's quote.
    """

    data: bytes
    start: int
    stop: int
    boundary: bytes
    opening: int

    @property
    def size(self) -> int:
        """Return how many bytes of the document it covers."""
        return self.stop - self.opening - self.start

    @property
    def records(self) -> bytes:
        """Return what it covers, as a copy."""
        return self.data[self.start : self.stop - self.opening]

    def first(self) -> tuple[bytes, bytes]:
        """Return the first record from behind its first key's quote, and a boundary.

        The boundary is what follows the record's closing brace, through the next
        quote.
        """
        at = self.start + self.opening
        end = self.data.find(self.boundary, at, self.stop) + 1
        record = self.data[at : end or self.stop - self.opening - len(self._blank())]
        return record, self.boundary[1 : self.boundary.index(b'"') + 1]

    def parts(self) -> list[bytes]:
        """Return what the boundary tells apart, objects but for braces and first keys.

        Where the boundary stood inside a string, these are no objects.
        """
        return self.records[: self.size - len(self._blank())].split(self.boundary)

    def lines(self, parts: Sequence[bytes]) -> bytes:
        """Return the parts as a parser of JSON lines takes them.

        A line end inside a string, where the boundary stood in one, makes it unsound.
        """
        head = self.boundary[1 + len(self._blank()) :]
        return (b"}\n" + head).join(parts) + b"\n"

    def _blank(self) -> bytes:
        """Return what stands between two records' braces."""
        return self.boundary[1 : self.boundary.index(b"{")]


class RecordCutter:
    """The records of one array, from behind its ``[`` to behind its ``]``.

    Parameters
    ----------
    window : Window
        At the first record, or at ``]``.

    Attributes
    ----------
    row : int
        Records taken so far, those of verified blocks counted by whoever verifies.
    taken_bytes : int, bytes
        Of the last call of `exact`.
    ended : bool
        The window stands behind the array.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._boundary = b""
        # On average, in that call of `exact` where they were largest
        self._record_bytes = 0
        self.row = 0
        self.taken_bytes = 0
        self.ended = window.peek() == b"]"
        if self.ended:
            window.at += 1

    def learned(self, size: int) -> Block | None:
        """Take about `size` bytes of records, to be given back where they are wrong.

        One record where all are larger, up to 8 MiB: more than that, or than is likely
        by the records so far, is not held for it.

        Parameters
        ----------
        size : int, bytes

        Returns
        -------
        Block or None
            None where no boundary is known, or none is there.
        """
        if not self._boundary:
            return None
        boundary = self._boundary
        window = self._window
        window.hold(size + len(boundary))
        end = window.data.rfind(boundary, window.at, window.at + size + len(boundary))
        most = min(_FARTHER * self._record_bytes, MOST_BYTES)
        if end < 0 and most > size:
            window.hold(most)
            end = window.data.find(boundary, window.at + size, window.at + most)
        if end < 0:
            return None
        brace = boundary.index(b"{")
        quote = boundary.index(b'"')
        start, window.at = window.at, end + brace
        opening = quote + 1 - brace
        return Block(window.data, start, window.at + opening, boundary, opening)

    def give_back(self, blocks: Iterable[Block]) -> None:
        """Move back in front of blocks, the last that were taken."""
        window = self._window
        texts = [block.records for block in blocks]
        window.data = b"".join([*texts, window.data[window.at :]])
        window.at = 0

    def exact(self, size: int) -> list[dict[str, object]]:
        """Take about `size` bytes of records, one or more unless the array is empty.

        Returns
        -------
        list of dict, n records
            Numbers are `Number`, keys as in the document.

        Raises
        ------
        ParseError
            A record is no JSON, no object, too large, or the array is cut short.
        """
        window = self._window
        while not self.ended:
            window.hold(size)
            text = window.text(size)
            whole = window.ended and size >= len(window.data) - window.at
            records, end = self._decoded(text)
            self.taken_bytes = len(text[:end].encode())
            window.at += self.taken_bytes
            self.row += len(records)
            if records:
                average = self.taken_bytes // len(records)
                self._record_bytes = max(self._record_bytes, average)
                return records
            if whole:
                raise cut_short()
            if size >= MAX_VALUE:
                msg = f"record {self.row + 1} is larger than {MAX_VALUE >> 20} MiB"
                raise ParseError(msg, row=self.row + 1)
            size = max(4 * size, 1 << 10)
        return []

    def _decoded(self, text: str) -> tuple[list[dict[str, object]], int]:
        """Return the records that `text` holds with what follows each of them."""
        records: list[dict[str, object]] = []
        at = 0
        boundary = (0, 0)
        blanks = _BLANK.match
        while at < len(text):
            row = self.row + len(records) + 1
            if text[at] != "{":
                raise ParseError(f"record {row} is no JSON object", row=row)
            try:
                record, end = self._window.values.decode(text, at)
            except CutShort:
                break
            except ParseError as exc:
                raise ParseError(f"record {row}: {exc}", row=row) from None
            behind = blanks(text, end).end()  # type: ignore[union-attr]  # it matches nothing too
            mark = text[behind : behind + 1]
            if mark == "]":
                self.ended = True
                records.append(record)  # type: ignore[arg-type]  # begins with a brace
                at = behind + 1
                break
            if mark not in {",", ""}:
                msg = f"no sound JSON behind record {row}: a comma or ] must follow"
                raise ParseError(msg, row=row)
            following = blanks(text, behind + 1).end() if mark else len(text)  # type: ignore[union-attr]  # it matches nothing too
            if following >= len(text):
                # the next record must be in sight: perhaps there is none
                break
            records.append(record)  # type: ignore[arg-type]  # begins with a brace
            boundary = (end, following)
            at = following
        self._learn(text, *boundary)
        return records, at

    def _learn(self, text: str, end: int, following: int) -> None:
        """Keep what stands between two records."""
        head = _FIRST_KEY.match(text, following) if end else None
        if head:
            blank = text[end:following].encode()
            self._boundary = b"}" + blank + head[0].encode()

"""The way through a JSON document, front to back, from one record array to the next.

Every byte is verified, also of what nobody asked for: keys and marks at the top, arrays
that are left out, and that nothing follows the document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from spreports.errors import ParseError
from spreports.fetch.json.alike import Alike
from spreports.fetch.json.cut import RecordCutter
from spreports.fetch.json.native import sound_records
from spreports.fetch.json.shape import Record, discover
from spreports.fetch.json.window import Window, cut_short

__all__ = ["ROWS", "JsonWalk"]

# The table of a document that is one array, without a name of its own
ROWS: Final = "rows"
_SKIPPED: Final = 1 << 20


class JsonWalk:
    """A document's record arrays, one after the other.

    Parameters
    ----------
    chunks : iterator of bytes
        UTF-8 without a byte order mark, cut anywhere.
    tables : collection of str, optional
        Keys whose arrays are tables even without a record; any key where left out.

    Attributes
    ----------
    window : Window
    fields : dict of str to object
        What else stands at the top, so far. Whole numbers are int, others Decimal.
    seen : list of str
        Keys of the record arrays so far.
    """

    def __init__(
        self, chunks: Iterator[bytes], tables: Collection[str] | None = None
    ) -> None:
        self.window = Window(chunks)
        self.fields: dict[str, object] = {}
        self.seen: list[str] = []
        self._tables = tables
        self._keys: set[str] = set()
        self._cutter: RecordCutter | None = None
        self._begun = False
        self._bare = False
        self._ended = False

    def next_table(self) -> tuple[str, RecordCutter] | None:
        """Move to the next record array; the one before is verified to its end.

        Returns
        -------
        tuple of str and RecordCutter, or None
            None when the document has come to its end, soundly.

        Raises
        ------
        ParseError
            No sound JSON, cut short, a key twice at the top, or foreign bytes behind
            the document.
        """
        if self._cutter is not None:
            _verify(self._cutter)
            self._cutter = None
        while not self._ended:
            key = self._next_key()
            if key is None:
                self._end()
            elif self._holds_records(key):
                self.window.at += 1
                self._cutter = RecordCutter(self.window)
                self.seen.append(key)
                return key, self._cutter
            else:
                self.fields[key] = self.window.value()
        return None

    def _next_key(self) -> str | None:
        """Move to the next value at the top; None behind the last one."""
        window = self.window
        mark = window.peek()
        first = not self._begun
        self._begun = True
        if first and mark == b"[":
            self._bare = True
            return ROWS
        if self._bare:
            return None
        if first and mark != b"{":
            raise cut_short() if not mark else ParseError("no JSON object or array")
        if not first and mark not in {b",", b"}"}:
            raise _unsound(mark, "a comma or a brace")
        window.at += 1
        if mark == b"}":
            return None
        mark = window.peek()
        if first and mark == b"}":
            window.at += 1
            return None
        return self._key(mark)

    def _key(self, mark: bytes) -> str:
        """Read a key and its colon."""
        window = self.window
        if mark != b'"':
            raise _unsound(mark, "a key")
        key = str(window.value())
        if key in self._keys:
            raise ParseError("a key stands twice at the top of the JSON document")
        self._keys.add(key)
        mark = window.peek()
        if mark != b":":
            raise _unsound(mark, "a colon")
        window.at += 1
        return key

    def _holds_records(self, key: str) -> bool:
        """Say whether the value that follows is a record array, or has to be one."""
        if self.window.peek() != b"[":
            return False
        if self._tables is not None and key in self._tables:
            return True
        first = self.window.first_item()
        return first == b"{" or (first == b"]" and self._tables is None)

    def _end(self) -> None:
        """Verify that nothing follows."""
        if self.window.peek():
            raise ParseError("foreign bytes behind the JSON document")
        self._ended = True


def _verify(cutter: RecordCutter) -> None:
    """Read an array's remaining records for their soundness alone."""
    root = Record()
    alike = Alike(root)
    while not cutter.ended:
        block = cutter.learned(_SKIPPED)
        rows = 0
        if block is not None:
            read = alike.columns(block) if root.fields else None
            rows = len(read[0][0]) if read else sound_records(block)
        if block is not None and rows:
            cutter.row += rows
            continue
        if block is not None:
            cutter.give_back([block])
        records = cutter.exact(_SKIPPED)
        if not root.fields:
            discover(root, records)


def _unsound(mark: bytes, expected: str) -> ParseError:
    """Return the error for a mark that is not there."""
    if not mark:
        return cut_short()
    return ParseError(f"no sound JSON: {expected} must follow at the top")

"""Cut UTF-8 into blocks of whole rows, about as large as one record batch.

A block stands alone, so that an error has a row number, a block can be parsed a second
time in another way, and a long row is no more than a larger block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator

from spreports.errors import ParseError
from spreports.fetch.flat.header import MAX_LINE, Header, Quoting
from spreports.fetch.kernel.row_ends import RowEnds

__all__ = ["quoted_row", "row_blocks"]


def row_blocks(
    chunks: Iterable[bytes], header: Header, *, block_bytes: int
) -> Generator[bytes, None, None]:
    """Yield blocks that end where a row ends.

    Parameters
    ----------
    chunks : iterable of bytes
        UTF-8 below the header line, cut anywhere.
    header : Header
    block_bytes : int, bytes
        Blocks are as large as whole rows of them can be, and larger only for a row that
        is; where `chunks` are cut does not show.

    Yields
    ------
    bytes
        One or more whole rows; only the last block of a document may lack its line
        end.

    Raises
    ------
    ParseError
        A row of more than 64 MiB, or a quoted cell that is never closed.
    """
    last_row_end = _row_end_finder(header)
    last_end_of_piece = _end_in_piece_finder(header)
    waiting: list[bytes | memoryview] = []
    size, limit = 0, block_bytes
    for piece in _pieces(chunks, block_bytes):
        waiting.append(piece)
        size += len(piece)
        while size >= limit:
            last = bytes(waiting.pop())
            rest: bytes | memoryview
            if end := last_end_of_piece(last, limit - size + len(last)):
                view = memoryview(last)
                yield b"".join([*waiting, view[:end]])  # put together in one step
                rest = view[end:]
            else:
                data = b"".join([*waiting, last])
                end = last_row_end(data, limit)
                if end:
                    yield data[:end]
                elif limit >= MAX_LINE:
                    raise ParseError(f"a row of more than {MAX_LINE >> 20} MiB")
                rest = data[end:]
            # doubling, so that a long row is not searched again for every piece
            limit = block_bytes if end else min(2 * limit, MAX_LINE)
            waiting, size = [rest], len(rest)
    data = b"".join(waiting)
    if header.quoting is Quoting.DOUBLED:
        closed = data + header.line_end
        if last_row_end(closed, len(closed)) < len(closed):
            raise ParseError("a quoted cell is not closed: the document is cut short")
    if data:
        yield data


def _pieces(chunks: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Yield the chunks in pieces, so that what is left of one is not copied often."""
    for chunk in chunks:
        for start in range(0, len(chunk), most):
            yield chunk[start : start + most]


def _end_in_piece_finder(header: Header) -> Callable[[bytes, int], int]:
    """Return a function that finds the last row end of a piece without what precedes.

    It gives 0 where there is none before a place, or where only what precedes could
    tell.
    """
    if header.quoting is Quoting.DOUBLED:
        return lambda *_: 0
    return lambda piece, stop: piece.rfind(header.line_end, 0, stop) + 1


def _row_end_finder(header: Header) -> Callable[[bytes, int], int]:
    """Return a function that finds the end of the last whole row before a place."""
    end = header.line_end
    if header.quoting is not Quoting.DOUBLED:
        return lambda data, stop: data.rfind(end, 0, stop) + 1
    rows = re.compile(b"(?:" + quoted_row(header) + b")*+")
    plain = end == b"\n" and header.delimiter.isascii()
    by_kernel = RowEnds(header.delimiter) if plain else None

    def last_row_end(data: bytes, stop: int) -> int:
        last = by_kernel.last(data, stop) if by_kernel is not None else None
        if last is not None:
            return last
        found = rows.match(data, 0, stop)
        return found.end() if found else 0

    return last_row_end


def quoted_row(header: Header, *, any_end: bool = False) -> bytes:
    """Return a pattern of one row, its end included, where quotes hold line ends.

    Parameters
    ----------
    header : Header
    any_end : bool
        It may have another end than the header's, as the CSV parser has it.

    Returns
    -------
    bytes
    """
    # A quote opens a cell only where the cell begins, as the CSV parser has it.
    # Possessive, so that nothing is ever tried twice.
    ends = b"\r\n" if any_end else header.line_end
    end = rb"(?:\r\n|[\r\n])" if any_end else header.line_end
    before = b"[^" + re.escape(header.delimiter.encode()) + rb"\r\n]"
    return (
        rb'(?:[^"'
        + ends
        + rb"]++|(?<!"
        + before
        + rb')"(?:[^"]++|"")*+"|(?<='
        + before
        + rb')")*+'
        + end
    )

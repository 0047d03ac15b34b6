"""Cut UTF-8 into blocks of whole rows, about as large as one record batch.

A block stands alone, so that an error has a row number, a block can be parsed a second
time in another way, and a long row is no more than a larger block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable

from spreports.errors import ParseError
from spreports.fetch.flat.header import MAX_LINE, Header, Quoting

__all__ = ["row_blocks"]


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
        Blocks are of this size or a little larger, at most twice as large unless one
        row is.

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
    last_end_of_chunk = _end_in_chunk_finder(header)
    waiting: list[bytes] = []
    size = 0
    enough = block_bytes
    for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size < enough:
            continue
        if enough == block_bytes >= len(chunk) and (end := last_end_of_chunk(chunk)):
            waiting[-1] = chunk[:end]
            yield b"".join(waiting)  # put together in one step
            waiting, size = [chunk[end:]], len(chunk) - end
            continue
        data = b"".join(waiting)
        start = 0
        while len(data) - start >= block_bytes:
            end = last_row_end(data, start, min(len(data), start + 2 * block_bytes))
            if end == start:
                end = last_row_end(data, start, len(data))
            if end == start:
                break
            yield data[start:end]
            start = end
        rest = data[start:]
        if len(rest) > MAX_LINE:
            raise ParseError(f"a row of more than {MAX_LINE >> 20} MiB")
        waiting = [rest]
        size = len(rest)
        # doubling, so that a long row is not searched again for every chunk
        enough = max(block_bytes, 2 * size if size >= block_bytes else 0)
    data = b"".join(waiting)
    if header.quoting is Quoting.DOUBLED:
        closed = data + header.line_end
        if last_row_end(closed, 0, len(closed)) < len(closed):
            raise ParseError("a quoted cell is not closed: the document is cut short")
    if data:
        yield data


def _end_in_chunk_finder(header: Header) -> Callable[[bytes], int]:
    """Return a function that finds the last row end of a chunk without what precedes.

    It gives 0 where there is none, or where only what precedes could tell.
    """
    if header.quoting is Quoting.DOUBLED:
        return lambda _: 0
    return lambda chunk: chunk.rfind(header.line_end) + 1


def _row_end_finder(header: Header) -> Callable[[bytes, int, int], int]:
    """Return a function that finds the end of the last whole row of a range."""
    end = header.line_end
    if header.quoting is not Quoting.DOUBLED:
        return lambda data, start, stop: max(start, data.rfind(end, start, stop) + 1)
    # A quote opens a cell only where the cell begins, as the CSV parser has it.
    # Possessive, so that nothing is ever tried twice.
    before = b"[^" + re.escape(header.delimiter.encode()) + rb"\r\n]"
    row = (
        rb'(?:[^"'
        + end
        + rb"]++|(?<!"
        + before
        + rb')"(?:[^"]++|"")*+"|(?<='
        + before
        + rb')")*+'
        + end
    )
    rows = re.compile(rb"(?:" + row + rb")*+")

    def last_row_end(data: bytes, start: int, stop: int) -> int:
        found = rows.match(data, start, stop)
        return found.end() if found else start

    return last_row_end

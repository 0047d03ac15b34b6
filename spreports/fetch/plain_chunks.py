"""A stored document's plain bytes, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import BinaryIO, Final

from spreports.fetch.along_stream import AlongStream
from spreports.fetch.decompress import Members, decompress

__all__ = ["plain_chunks"]

# Few enough that handing them on costs little beside inflating
_STORED_CHUNK: Final = 1 << 18
_PLAIN_CHUNK: Final = 1 << 19


def plain_chunks(
    open_stored: Callable[[], BinaryIO], members: Members | None = None
) -> Generator[bytes, None, None]:
    """Yield a stored document's plain bytes, whatever they are.

    Parameters
    ----------
    open_stored : callable
        As for `open_batches`.
    members : Members, optional
        Kept up to date, unless the stream has its own.

    Yields
    ------
    bytes
        Decompressed, in order. Closing the generator closes the stream.

    Raises
    ------
    DecompressError
        The stored bytes are not whole, sound gzip.
    """
    with open_stored() as stream:
        stored = iter(lambda: stream.read(_STORED_CHUNK), b"")
        yield from decompress(
            stored,
            max_chunk=_PLAIN_CHUNK,
            members=stream.members if isinstance(stream, AlongStream) else members,
        )

"""Report documents: made once, in a temporary file, when somebody first needs them."""

from __future__ import annotations

import hashlib
import secrets
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from queue import Queue

from spreports.simulator.content import Content

# The fastest: what is stored is thrown away soon
LEVEL = 1
GZIP = 31
READ = 1 << 20
QUEUED_BLOCKS = 4


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes as the document host has them.

    Attributes
    ----------
    path : Path
    size : int, bytes
    md5 : str
        What S3 gives as ETag of an object put in one piece.
    """

    path: Path
    size: int
    md5: str

    def read(self, start: int, length: int) -> Iterator[bytes]:
        """Yield `length` bytes from `start` on."""
        with self.path.open("rb") as stored:
            stored.seek(start)
            while length > 0:
                part = stored.read(min(READ, length))
                if not part:
                    return
                length -= len(part)
                yield part


class Document:
    """One report document.

    Parameters
    ----------
    document_id : str
    make : callable, () -> Content
        Asked once, when the bytes are needed.
    folder : Path
        For the temporary files.
    compressed : bool
        Stored as gzip.
    restricted : bool
    created : datetime
    ready : Path or None
        A file to serve as it is, instead of writing `make`'s content.
    """

    def __init__(
        self,
        document_id: str,
        make: Callable[[], Content],
        folder: Path,
        *,
        compressed: bool,
        restricted: bool,
        created: datetime,
        ready: Path | None = None,
    ) -> None:
        self.document_id = document_id
        self.compressed = compressed
        self.restricted = restricted
        self.created = created
        self._make = make
        self._folder = folder
        self._ready = ready
        self._lock = threading.Lock()
        self._content: Content | None = None
        self._stored: dict[str, Stored] = {}

    def content(self) -> Content:
        """Return what the document holds."""
        with self._lock:
            return self._made()

    def _made(self) -> Content:
        if self._content is None:
            self._content = self._make()
        return self._content

    def stored(self, form: str = "") -> Stored:
        """Return the bytes, whole on disk.

        Parameters
        ----------
        form : str
            Empty for the document as it should be, or the fault that changes its
            bytes: one of `FORMS`.
        """
        with self._lock:
            if form not in self._stored:
                path = self._folder / secrets.token_hex(8)
                if form:
                    plain = self._made().blocks
                    self._stored[form] = _write(
                        path, FORMS[form](plain, compressed=self.compressed)
                    )
                elif self._ready is not None:
                    self._stored[form] = _measure(self._ready)
                else:
                    blocks = self._made().blocks()
                    pieces = gzipped(blocks) if self.compressed else blocks
                    self._stored[form] = _write(path, pieces)
            return self._stored[form]


def gzipped(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield one gzip member; the blocks are made in a thread beside the compression."""
    queue: Queue[bytes | None] = Queue(QUEUED_BLOCKS)
    failed: list[Exception] = []

    def fill() -> None:
        try:
            for block in blocks:
                queue.put(block)
        except Exception as exc:  # noqa: BLE001  raised again in the thread that reads
            failed.append(exc)
        queue.put(None)

    threading.Thread(target=fill, name="spreports-simulator-rows", daemon=True).start()
    deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    while (block := queue.get()) is not None:
        yield deflate.compress(block)
    if failed:
        raise failed[0]
    yield deflate.flush()


def _write(path: Path, pieces: Iterable[bytes]) -> Stored:
    digest = hashlib.md5(usedforsecurity=False)
    size = 0
    with path.open("wb") as target:
        for piece in pieces:
            target.write(piece)
            digest.update(piece)
            size += len(piece)
    return Stored(path, size, digest.hexdigest())


def _measure(path: Path) -> Stored:
    with path.open("rb") as stored:
        digest = hashlib.file_digest(stored, _md5).hexdigest()
    return Stored(path, path.stat().st_size, digest)


def _md5() -> hashlib._Hash:
    return hashlib.md5(usedforsecurity=False)


Blocks = Callable[[], Iterator[bytes]]


def _second_member(blocks: Blocks, *, compressed: bool) -> Iterator[bytes]:
    """Yield two members that together are the document, cut at a line's end."""
    if not compressed:
        yield from blocks()
        return
    made = blocks()
    first = next(made, b"")
    half = first.find(b"\n", len(first) // 2) + 1
    yield from gzipped(iter((first[:half],)))

    def rest() -> Iterator[bytes]:
        yield first[half:]
        yield from made

    yield from gzipped(rest())


def _double_gzip(blocks: Blocks, *, compressed: bool) -> Iterator[bytes]:
    once = gzipped(blocks())
    yield from gzipped(once) if compressed else once


def _plain(blocks: Blocks, *, compressed: bool) -> Iterator[bytes]:
    del compressed
    return blocks()


def _followed_by(tail: bytes) -> Callable[..., Iterator[bytes]]:
    def pieces(blocks: Blocks, *, compressed: bool) -> Iterator[bytes]:
        yield from gzipped(blocks()) if compressed else blocks()
        yield tail

    return pieces


FORMS: dict[str, Callable[..., Iterator[bytes]]] = {
    "second_member": _second_member,
    "double_gzip": _double_gzip,
    "plain_instead_of_gzip": _plain,
    "trailing_zeros": _followed_by(bytes(512)),
    "garbage": _followed_by(b"\x07 this is not gzip \x07" * 8),
}

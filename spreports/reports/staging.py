"""One document as a frame: over its staged Parquet, or of its rows at once.

A document may be staged while it arrives. The staged file gets its name, by which it is
trusted, when the document has been verified: the name tells from which bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from spreports.load.frame import scan, stage
from spreports.reports.naming import digest
from spreports.reports.origin import Origin
from spreports.reports.stored_bytes import StoredBytes, version_mark
from spreports.reports.work import Reading, read

if TYPE_CHECKING:
    import polars as pl
    import pyarrow as pa

__all__ = ["frame_of", "staged"]

# Part of every staged file's name: a staged file of an older reading is never used.
READING_VERSION = "4"
# Stored bytes up to which rows are read once more in less time than staged ones.
SMALL_BYTES = 256 << 10


def staged(origin: Origin, reading: Reading) -> pl.LazyFrame:
    """Return a lazy frame over a document's staged Parquet, staging it first.

    Raises
    ------
    APIError, DocumentError
        The document cannot be had, is not whole, or not the table it should be.
    """
    place = _place(origin, reading)
    version = origin.version()
    if version is not None and (path := place(version)).exists():
        return scan(path)
    return origin.work_on(lambda stored: _staged(origin, stored, reading, place))


def frame_of(origin: Origin, reading: Reading) -> pl.LazyFrame:
    """Return a frame that is collected once: of the rows, unless they are staged.

    To stage them first takes two to three times as long, and no less memory.

    Raises
    ------
    APIError, DocumentError
        As `staged`.
    """

    def made(stored: StoredBytes) -> pl.LazyFrame:
        large = stored.size is None or stored.size > SMALL_BYTES
        if large and stored.sha256 is not None:
            path = _place(origin, reading)(stored.sha256)
            if path.exists():
                return scan(path)
        with read(stored, reading) as reader:
            return _in_memory(reader).lazy()

    return origin.work_on(made)


def _in_memory(reader: pa.RecordBatchReader) -> pl.DataFrame:
    """Return all rows; each batch is gone when its rows are polars' own."""
    import polars as pl  # noqa: PLC0415 - heavy; batches and files do without it

    frames = [pl.DataFrame(pl.from_arrow(batch)) for batch in reader]
    if len(frames) == 1:
        return frames[0]
    none = pl.DataFrame(pl.from_arrow(reader.schema.empty_table()))
    return pl.concat([none, *frames], rechunk=False)


def _staged(
    origin: Origin,
    stored: StoredBytes,
    reading: Reading,
    place: Callable[[str], Path],
) -> pl.LazyFrame:
    """Stage bytes that may still be arriving, unless it is done."""
    arriving = stored.proof is not None
    path = origin.store.spool_path() if arriving else place(stored.sha256 or "")
    if arriving or not path.exists():
        with ExitStack() as ending:
            stage(read(stored, reading, ending=ending), path)
    if arriving:
        path = path.replace(place(stored.digest() or ""))
    return scan(path)


def _place(origin: Origin, reading: Reading) -> Callable[[str], Path]:
    """Return where the rows of a reading are staged, or are to be, by the version."""
    key, variant = origin.key(), digest(repr((READING_VERSION, reading)))[:16]
    return lambda version: origin.store.staged_path(
        origin.account, key, variant, version_mark(version)
    )

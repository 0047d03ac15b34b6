"""The files that a sink writes to, and what is yet to be done to them."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spreports.load.part_file import PartFile

if TYPE_CHECKING:
    import pyarrow.parquet as pq

__all__ = ["Files", "OpenFile", "Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """What a thread does, and the bytes of rows that it holds."""

    future: Future[None]
    size: int


@dataclass(slots=True)
class OpenFile:
    """A file being written.

    Attributes
    ----------
    local : Path
    path : str
    after : list of Future
        What must be done before the next thing is done to it.
    pool : ThreadPoolExecutor
        Where that is done.
    plain : bool
        Whether no column comes as a dictionary.
    writer : pyarrow.parquet.ParquetWriter or None
        None before its first row group.
    rows : int
        What its row groups have.
    size : int, bytes
        Of them on their way to the disk.
    """

    local: Path
    path: str
    after: list[Future[None]]
    pool: ThreadPoolExecutor
    plain: bool
    writer: pq.ParquetWriter | None = None
    rows: int = 0
    size: int = 0


@dataclass(slots=True)
class Files:
    """Files by folder (open for more rows) and by path, and those that are whole."""

    open: OrderedDict[str, OpenFile] = field(default_factory=OrderedDict)
    unfinished: dict[str, OpenFile] = field(default_factory=dict)
    parts: dict[str, int] = field(default_factory=dict)
    begun: int = 0
    done: list[PartFile] = field(default_factory=list)

"""A file of rows that is whole and not published yet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["PartFile"]


@dataclass(frozen=True, slots=True)
class PartFile:
    """A whole Parquet file, not visible yet.

    Attributes
    ----------
    local : Path
        Where it is.
    path : str
        Where it goes, relative to the data root.
    rows, bytes : int
    """

    local: Path
    path: str
    rows: int
    bytes: int

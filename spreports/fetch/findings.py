"""What was noticed while a document was read: counts and names, never cells."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Findings"]


@dataclass(slots=True, kw_only=True)
class Findings:
    """Filled while a reader is read; complete once it has come to its end.

    Attributes
    ----------
    rows : int
        Data rows given out.
    padded_rows : int
        Rows that lacked their last cells and got empty ones, where the catalogue
        allows it.
    repeated_headers : int
        Header lines inside the file, left out.
    bad_cells : dict of str to int
        By column: cells that did not fit their type.
    unknown_columns : tuple of str
        Served, but not in the catalogue; they stay strings.
    missing_columns : tuple of str
        In the catalogue and not optional, but not served; added as nulls where the
        frame is typed.
    renamed_columns : dict of str to str
        New name to served header, for headers that are there twice or empty.
    charset : str or None
        Codec of the document.
    delimiter : str or None
    """

    rows: int = 0
    padded_rows: int = 0
    repeated_headers: int = 0
    bad_cells: dict[str, int] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    renamed_columns: dict[str, str] = field(default_factory=dict)
    charset: str | None = None
    delimiter: str | None = None

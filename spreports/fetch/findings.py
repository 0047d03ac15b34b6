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
        allows it; a table of summary rows tells of none.
    unwrapped_rows : int
        Rows that stood inside one pair of quotes as a whole, taken out of it.
    summary_rows : int
        Rows of a table of their own, not among the data rows.
    repeated_headers : int
        Header lines inside the file, left out.
    bad_cells : dict of str to int
        By column: cells that did not fit their type.
    unknown_columns : tuple of str
        Served, but not in the catalogue; they stay strings.
    missing_columns : tuple of str
        In the catalogue and not optional, but not served; added as nulls where the
        frame is typed.
    untyped_columns : tuple of str
        In the catalogue, but left as strings, since their date format depends on the
        marketplace and that is not known.
    skipped_checks : tuple of str
        What could not be checked, and why, a sentence each.
    renamed_columns : dict of str to str
        New name to served header, for headers that are there twice or empty.
    unended : bool
        The last line of a flat document has no line end. Where nothing proves that the
        document is whole, a warning is logged at the end.
    headerless : bool
        A flat document that is empty: its columns are those of the catalogue.
    charset : str or None
        Codec of the document.
    delimiter : str or None
    document_fields : dict of str to object
        JSON and XML: what stands beside the records, by path.
    missing_tables : tuple of str
        JSON: in the catalogue, but not in the document.
    unplaced : dict of str to int
        JSON and XML: by path, values that have no column, since the first records did
        not have them, or (XML) had them once where others have several. Those of
        records are in ``_rescued`` where the rule is ``"rescue"``, else a warning is
        logged at the end.
    """

    rows: int = 0
    padded_rows: int = 0
    unwrapped_rows: int = 0
    summary_rows: int = 0
    repeated_headers: int = 0
    bad_cells: dict[str, int] = field(default_factory=dict)
    unknown_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    untyped_columns: tuple[str, ...] = ()
    skipped_checks: tuple[str, ...] = ()
    renamed_columns: dict[str, str] = field(default_factory=dict)
    unended: bool = False
    headerless: bool = False
    charset: str | None = None
    delimiter: str | None = None
    document_fields: dict[str, object] = field(default_factory=dict)
    missing_tables: tuple[str, ...] = ()
    unplaced: dict[str, int] = field(default_factory=dict)

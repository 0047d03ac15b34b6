"""What differed between a document and the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from html import escape

from spreports.fetch.findings import Findings

__all__ = ["Drift", "drift_of", "html_list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What differed between one document and the catalogue; false when nothing did.

    Attributes
    ----------
    rows : int
        Rows of the document.
    unknown_columns : tuple of str
        Served, but not in the catalogue; they are text.
    missing_columns : tuple of str
        In the catalogue, but not served; they are null.
    renamed_columns : mapping of str to str
        Name in the frame to served header, for headers that are there twice.
    bad_cells : mapping of str to int
        By column: cells that do not fit their type.
    padded_rows : int
        Rows that lacked their last cells.
    repeated_headers : int
        Header lines inside the document; left out.
    missing_tables : tuple of str
        In the catalogue, but not in the document; they have no rows.
    untyped_columns : tuple of str
        Whose format depends on a marketplace that is not known; they are text.
    unwrapped_rows : int
        Rows that stood in one pair of quotes as a whole.
    unplaced : mapping of str to int
        Values that came too late for a column of their own, by name.
    skipped_checks : tuple of str
        What could not be checked, and why.
    charset : str or None
        What the document is written in.
    """

    rows: int
    unknown_columns: tuple[str, ...]
    missing_columns: tuple[str, ...]
    renamed_columns: Mapping[str, str]
    bad_cells: Mapping[str, int]
    padded_rows: int
    repeated_headers: int
    missing_tables: tuple[str, ...]
    untyped_columns: tuple[str, ...]
    unwrapped_rows: int
    unplaced: Mapping[str, int]
    skipped_checks: tuple[str, ...]
    charset: str | None

    def __bool__(self) -> bool:
        return bool(self.differences())

    def differences(self) -> list[str]:
        """Return a sentence for each difference; empty when there is none."""
        said = [
            f"column {name!r} is not in the catalogue" for name in self.unknown_columns
        ]
        said += [f"column {name!r} was not served" for name in self.missing_columns]
        said += [
            f"column {served!r} is there twice; here it is {name!r}"
            for name, served in self.renamed_columns.items()
        ]
        said += [
            f"column {name!r}: {count} cells do not fit their type"
            for name, count in self.bad_cells.items()
        ]
        if self.padded_rows:
            said.append(f"{self.padded_rows} rows lacked their last cells")
        if self.repeated_headers:
            said.append(f"{self.repeated_headers} header lines stood among the rows")
        said += [f"table {name!r} was not served" for name in self.missing_tables]
        said += [
            f"column {name!r} stays text: its format depends on the marketplace"
            for name in self.untyped_columns
        ]
        said += [
            f"{count} values of {name!r} came too late for a column of their own"
            for name, count in self.unplaced.items()
        ]
        if self.unwrapped_rows:
            said.append(f"{self.unwrapped_rows} rows stood in quotes as a whole")
        said += [f"not checked: {check}" for check in self.skipped_checks]
        return said

    def __str__(self) -> str:
        return "\n".join(self.differences()) or "as the catalogue says"

    def _repr_html_(self) -> str:
        """Show a list in a notebook."""
        return html_list(str(self))


def html_list(lines: str) -> str:
    """Return lines as a list for a notebook."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines.splitlines())
    return f"<ul>{items}</ul>"


def drift_of(found: Findings) -> Drift:
    """Return what was found, as a value that no longer changes."""
    return Drift(**{field.name: getattr(found, field.name) for field in fields(Drift)})

"""What a report type is made of: columns in tables, and report options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Column", "Option", "Table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        Amazon's header, or the path of a JSON leaf or XML element in its record.
    dtype : str
        One of ``words.DTYPES``.
    formats : tuple of str
        Date formats of ``words.DATE_FORMATS``, tried in order, then ISO 8601; empty
        means ISO 8601, then ``%Y-%m-%d``. Only for ``date`` and ``timestamp``.
    stands_for : mapping of str to str
        What a text means that does not fit the type, whatever its case: ``{"--": ""}``
        for an empty cell, ``{"Y": "1"}``. Not for ``string``.
    optional : bool
        The document may leave it out: no drift, and no null column for it, save in XML
        and in JSON of more than a MiB, whose later records may still have it.
    nullable : bool
        A cell may be empty.
    key : bool
        Part of what identifies the row.
    note : str
    """

    name: str
    dtype: str = "string"
    formats: tuple[str, ...] = ()
    stands_for: Mapping[str, str] = field(default_factory=dict, hash=False)
    optional: bool = False
    nullable: bool = True
    key: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of a document.

    Attributes
    ----------
    name : str
        ``"rows"`` for flat files, else the record array's or element's name.
    path : str
        JSON record path or XML record element from the root; ``""`` for flat files.
    columns : tuple of Column, m columns
        In Amazon's usual order; those that are optional may stand elsewhere.
    """

    name: str
    path: str = ""
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One entry of ``reportOptions``.

    Attributes
    ----------
    name : str
        Case matters to Amazon.
    values : tuple of str
        Allowed values; empty where any text may stand.
    required : bool
    default : str
        What Amazon takes where it is left out, if that is known.
    separator : str
        Where several values may stand in one, what parts them, such as ``","``.
    note : str
    """

    name: str
    values: tuple[str, ...] = ()
    required: bool = False
    default: str = ""
    separator: str = ""
    note: str = ""

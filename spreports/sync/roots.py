"""Where in a lake the rows of a report type lie, and how a lake is named."""

from __future__ import annotations

import os
from pathlib import Path

from spreports.load.target import shown

__all__ = ["lake_name", "table_root"]


def table_root(to: str, report_type: str, table: str | None) -> str:
    """Return the data root of one table.

    Parameters
    ----------
    to : str
        The lake: a path or any fsspec URL.
    report_type : str
    table : str or None
        None for the types with one table.
    """
    root = f"{to.rstrip('/')}/{report_type}"
    return root if table is None else f"{root}/{table}"


def lake_name(to: str | os.PathLike[str]) -> str:
    """Return a name of the lake that is the same however its folder is written.

    No user, password or query of a URL is in it.
    """
    text = os.fspath(to)
    local = text.removeprefix("file://") if "::" not in text else text
    if "://" not in local:
        return str(Path(local).absolute())
    return shown(text).rstrip("/")

"""Delta tables as they are opened: now, or once for all that is asked of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from spreports.load.delta_log import Transactions
from spreports.load.object_store import delta_place
from spreports.load.target import refusals

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["Tables", "has_moved", "open_table"]


class Tables:
    """The Delta tables of one reader, each as it was when first asked for.

    Parameters
    ----------
    storage_options : mapping, optional
        As for fsspec, or Delta Lake's own.
    """

    def __init__(self, storage_options: Mapping[str, Any] | None) -> None:
        self.storage_options = dict(storage_options or {})
        self._found: dict[str, tuple[DeltaTable | None, Transactions]] = {}

    def of(self, url: str | os.PathLike[str]) -> tuple[DeltaTable | None, Transactions]:
        """Return a table and its transaction ids; None where there is none.

        Raises
        ------
        SinkError
            deltalake is not installed, or the target refused.
        """
        text = os.fspath(url)
        if text not in self._found:
            table = open_table(text, self.storage_options)
            told = Transactions(table, text, self.storage_options)
            self._found[text] = table, told
        return self._found[text]

    def forget(self) -> None:
        """Open each table anew from now on: others have committed."""
        self._found.clear()


def open_table(url: str, options: Mapping[str, Any] | None) -> DeltaTable | None:
    """Open a table as it is now; None where there is none.

    Raises
    ------
    SinkError
        As `Tables.of`.
    """
    place, storage = delta_place(url, options)
    from deltalake import DeltaTable  # noqa: PLC0415 - heavy, and an extra
    from deltalake.exceptions import TableNotFoundError  # noqa: PLC0415 - an extra

    with refusals(url, dict(options or {}), "open the Delta table at"):
        try:
            return DeltaTable(place, storage_options=storage)
        except TableNotFoundError:
            return None


def has_moved(url: str, options: Mapping[str, Any] | None, version: int) -> bool:
    """Whether a table has commits beyond a version, or is there no more.

    Be it ours, whose answer was lost.

    Raises
    ------
    SinkError
        As `Tables.of`.
    """
    table = open_table(url, options)
    return table is None or table.version() > version

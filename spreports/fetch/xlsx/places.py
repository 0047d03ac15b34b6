"""Where a worksheet's cells are, by their names such as ``AB12``."""

from __future__ import annotations

import re
from typing import Final

from spreports.errors import ParseError

__all__ = ["Places"]

# Source: ECMA-376 part 1, section 18.18.7, ST_CellRef
_PLACE: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


class Places:
    """Reads names of places; the letters of each column once."""

    def __init__(self) -> None:
        self._columns: dict[str, int] = {}

    def named(self, name: str) -> tuple[int, int]:
        """Return a place's row and column.

        Parameters
        ----------
        name : str

        Returns
        -------
        tuple of int and int
            From 1.

        Raises
        ------
        ParseError
            No place has such a name.
        """
        place = _PLACE.fullmatch(name)
        if place is None:
            raise ParseError("the workbook is damaged: a cell's place")
        letters, row = place.groups()
        column = self._columns.get(letters)
        if column is None:
            column = 0
            for letter in letters:
                column = column * 26 + ord(letter) - 64
            self._columns[letters] = column
        return int(row), column

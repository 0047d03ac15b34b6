"""Which rows are wanted of a document, and in which shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spreports.fetch.shapes import NESTED_SHAPES, Nested
from spreports.fetch.typed import BAD_VALUE_RULES
from spreports.flags import check_flag

__all__ = ["OnBadValue", "Shape"]

OnBadValue = Literal["raise", "null", "rescue"]


@dataclass(frozen=True, slots=True)
class Shape:
    """Which rows are wanted of a document, and in which shape.

    Attributes
    ----------
    table : str or None
        One of the document's tables; None is the first.
    typed : bool
        Typed by the catalogue, by header name; False leaves every cell text.
    on_bad_value : ``"raise"``, ``"null"`` or ``"rescue"``
        What becomes of a cell that does not fit its type.
    nested : ``"flat"`` or ``"struct"``
        JSON and XML: dotted columns, or struct columns.

    Raises
    ------
    ValueError
        A word that is none of these.
    TypeError
        A table that is no name, or `typed` is neither True nor False.
    """

    table: str | None = None
    typed: bool = True
    on_bad_value: OnBadValue = "raise"
    nested: Nested = "flat"

    def __post_init__(self) -> None:
        if not isinstance(self.table, str | None):
            raise TypeError(
                "table= must be the name of one table, and not "
                f"{type(self.table).__name__}"
            )
        object.__setattr__(self, "typed", check_flag("typed", self.typed))
        if self.on_bad_value not in BAD_VALUE_RULES:
            raise ValueError(
                f"on_bad_value={self.on_bad_value!r} is none of {BAD_VALUE_RULES}"
            )
        if self.nested not in NESTED_SHAPES:
            raise ValueError(f"nested={self.nested!r} is none of {NESTED_SHAPES}")

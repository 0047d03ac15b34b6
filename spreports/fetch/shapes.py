"""The shapes that nested records may be read in."""

from __future__ import annotations

from typing import Final, Literal, get_args

__all__ = ["NESTED_SHAPES", "Nested"]

Nested = Literal["flat", "struct"]
NESTED_SHAPES: Final[tuple[Nested, ...]] = get_args(Nested)

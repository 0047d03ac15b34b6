"""How a document is read, whatever its format: what each of them is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from spreports.fetch.findings import Findings
from spreports.fetch.shapes import NESTED_SHAPES
from spreports.fetch.typed import BAD_VALUE_RULES

__all__ = ["BATCH_BYTES", "ReadOptions"]

# Blocks of 512 KiB to 1 MiB parse fastest; 16 MiB takes two to three times as long
BATCH_BYTES: Final = 1 << 20
MAX_BATCH_BYTES: Final = 2 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How a document is read, and who is told of it.

    Attributes
    ----------
    table : str or None
        One of `table_names`; None is the first.
    typed : bool
        False: the served columns alone, every cell text, an empty one ``""``.
    on_bad_value : str
        ``"raise"``, ``"null"`` or ``"rescue"``; see `Typing`.
    nested : str
        JSON and XML: ``"flat"`` names columns by their path; ``"struct"`` makes a
        struct column of what has parts.
    batch_bytes : int, bytes of text
        Size of a batch, at most 2 MiB; it may come to twice that, and to more only
        for a single row.
    coded : bool
        Columns of text that are a few texts over and over may come as dictionaries: for
        a sink, which then need not look at each text.
    findings : Findings
        Filled while the reader is read.
    on_fields : callable or None
        JSON and XML: gets the document's own fields once, before the reader ends;
        what it raises passes through.

    Raises
    ------
    ValueError
        No such rule, shape or size.
    """

    table: str | None = None
    typed: bool = True
    on_bad_value: str = "raise"
    nested: str = "flat"
    batch_bytes: int = BATCH_BYTES
    coded: bool = False
    findings: Findings = field(default_factory=Findings)
    on_fields: Callable[[Mapping[str, object]], None] | None = None

    def __post_init__(self) -> None:
        if self.on_bad_value not in BAD_VALUE_RULES:
            rules = ", ".join(BAD_VALUE_RULES)
            raise ValueError(f"on_bad_value is one of {rules}, not {self.on_bad_value}")
        if not 1 <= self.batch_bytes <= MAX_BATCH_BYTES:
            raise ValueError(
                f"batch_bytes is 1 to {MAX_BATCH_BYTES}, not {self.batch_bytes}"
            )
        if self.nested not in NESTED_SHAPES:
            shapes = " or ".join(NESTED_SHAPES)
            raise ValueError(f"nested is {shapes}, not {self.nested}")

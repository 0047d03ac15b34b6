"""Say which values a document's records had no column for, once all are read."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Final

from spreports.fetch.findings import Findings

__all__ = ["tell_of_late"]

logger = logging.getLogger("spreports.fetch")

_NAMED_AT_MOST: Final = 20


def tell_of_late(
    findings: Findings, on_bad_value: str, *, but: Collection[str] = ()
) -> None:
    """Log a warning for each name in ``unplaced``, up to 20, unless they are kept.

    Parameters
    ----------
    findings : Findings
        Of a document that has been read to its end.
    on_bad_value : str
        ``"rescue"`` keeps them: nothing is said then.
    but : collection of str
        Names of what stands outside the records.
    """
    if on_bad_value == "rescue":
        return
    late = {name: n for name, n in findings.unplaced.items() if name not in but}
    for name, count in list(late.items())[:_NAMED_AT_MOST]:
        logger.warning(
            "%d values of %r are left out: the document's first MiB does not show that "
            "they need a column; on_bad_value='rescue' keeps them in _rescued, a "
            "column in the catalogue gives them their place",
            count,
            name,
        )
    if len(late) > _NAMED_AT_MOST:
        logger.warning(
            "values of %d more names are left out likewise", len(late) - _NAMED_AT_MOST
        )

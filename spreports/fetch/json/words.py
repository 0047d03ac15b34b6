"""The words of an error in JSON, as Amazon puts one in the place of a report."""

from __future__ import annotations

from typing import Final

__all__ = ["words_in"]

# Source: reference, "FATAL may carry a document with the reason"; API reference,
# ErrorList and Error
_SAYING: Final = (
    *("errorDetails", "errorMessage", "message", "reason"),
    *("errors", "error"),
)
# What else an error has, and the echo of the request
_BESIDE: Final = frozenset(
    {"code", "details", "reportSpecification", "requestId", "status", "type"}
)
_OF_ERRORS: Final = _BESIDE.union(_SAYING)


def words_in(value: object, *, personal: bool = False) -> str | None:
    """Return the first words of an error in a JSON value.

    Parameters
    ----------
    value : object
        As ``json.loads`` gives it.
    personal : bool
        The report's rows are of persons: only an object counts that has nothing but
        what errors have, as does any object in a list for every report.

    Returns
    -------
    str or None
        None where there are none.

    Raises
    ------
    RecursionError
    """
    if personal and not isinstance(value, dict):
        return None
    return _words(value, strict=personal)


def _words(value: object, *, strict: bool) -> str | None:
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, list):
        # Objects in a list may be rows
        said = (_words(each, strict=True) for each in value)
        return next(filter(None, said), None)
    if not isinstance(value, dict) or (strict and value.keys() - _OF_ERRORS):
        return None
    said = (_words(value[key], strict=strict) for key in _SAYING if key in value)
    return next(filter(None, said), None)

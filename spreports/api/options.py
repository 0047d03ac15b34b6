"""Report options, checked before any call costs quota."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from spreports.api.texts import is_whole

__all__ = ["check_options"]

_SUCH = '{"reportPeriod": "DAY"}'


def check_options(name: str, options: object) -> dict[str, str] | None:
    """Return report options: strings to strings.

    Parameters
    ----------
    name : str
    options : object
        A mapping or None.

    Returns
    -------
    dict of str to str, or None

    Raises
    ------
    ValueError
        No mapping, or one that holds something else than text.

    Source: Reports API v2021-06-30, Definitions, ReportOptions.
    """
    if options is None:
        return None
    if isinstance(options, str):
        raise ValueError(f"{name}={options!r} is one string: give {_SUCH}")
    if not isinstance(options, Mapping):
        raise ValueError(
            f"{name} must be a mapping of strings to strings, such as {_SUCH}, "
            f"and not {type(options).__name__}"
        )
    for key, value in options.items():
        if not isinstance(key, str) or not key:
            raise ValueError(
                f"{name} has a key that is no text: {key!r}; such as {_SUCH}"
            )
        if not isinstance(value, str):
            fix = _as_text(value)
            raise ValueError(
                f"{name}[{key!r}] must be a string, as Amazon wants it{fix}"
            )
        if not is_whole(key + value):
            raise ValueError(
                f"{name}[{key!r}] has half of a surrogate pair (U+D800 to U+DFFF), "
                "which is no character: give the text as it was before it was cut"
            )
    return dict(options)


def _as_text(value: object) -> str:
    """Say how the value would be written."""
    if isinstance(value, bool):
        return f': give "{str(value).lower()}"'
    if isinstance(value, (int, float)):
        return f': give "{value}"'
    if isinstance(value, Iterable):
        return ": join its values as the report type's page says"
    return ""

"""An argument that is yes or no: a text would be taken by its truth, "no" as well."""

from __future__ import annotations

from typing import Final

__all__ = ["check_flag"]

# Python's own and numpy's, which was named otherwise before numpy 2
_KINDS: Final = ("bool", "bool_")


def check_flag(name: str, value: object) -> bool:
    """Return an argument that is True or False.

    Parameters
    ----------
    name : str
        The argument, for the message.
    value : object
        A bool of Python's or numpy's.

    Returns
    -------
    bool

    Raises
    ------
    TypeError
        Anything else.
    """
    if type(value).__name__ not in _KINDS:
        raise TypeError(f"{name}={value!r} is neither True nor False")
    return bool(value)

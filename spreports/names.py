"""An argument that lists names: one text would be taken for a list of its letters."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["check_names"]


def check_names(name: str, value: object) -> tuple[str, ...]:
    """Return an argument that lists names.

    Parameters
    ----------
    name : str
        The argument, for the message.
    value : object
        Anything that gives texts, such as a column of a frame.

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        A single text.
    TypeError
        No list, or something else in it than names.
    """
    if isinstance(value, str):
        raise ValueError(f"{name} must be a list of names, not one string")
    if not isinstance(value, Iterable):
        kind = type(value).__name__
        raise TypeError(f"{name} must be a list of names, and not {kind}")
    names = tuple(value)
    for each in names:
        if not isinstance(each, str):
            raise TypeError(f"{name} holds {type(each).__name__}, not a name")
    return names

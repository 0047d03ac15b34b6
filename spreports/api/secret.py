"""A text that is shown to nobody who does not ask for it by name."""

from __future__ import annotations

import hmac
from typing import NoReturn

__all__ = ["Secret"]


class Secret:
    """A token or key whose ``repr``, ``str`` and ``format`` are all ``***``.

    Tracebacks that print locals, logs and f-strings therefore hold no secret. It cannot
    be pickled or copied: a secret that travels is a secret that is stored somewhere.

    Parameters
    ----------
    value : str
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself; only the code that puts it on the wire asks."""
        return self._value

    def hide_in(self, text: str) -> str:
        """Return `text` with every occurrence of the secret blotted out."""
        return text.replace(self._value, "***") if self._value else text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        mine, others = (
            value.encode("utf-8", "surrogatepass")  # JSON may hold half a pair
            for value in (self._value, other._value)
        )
        return hmac.compare_digest(mine, others)

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            "a secret is neither pickled nor copied: give the other process the "
            "environment variables, or only the work that needs no credentials"
        )

"""One thing that was checked, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Cause", "Finding", "Status"]

Status = Literal["ok", "warning", "failed", "skipped"]
Cause = Literal["credentials", "network", "setup"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked, and what came of it.

    Attributes
    ----------
    check : str
        What was looked at, such as ``"login"`` or ``"store"``.
    status : ``"ok"``, ``"warning"``, ``"failed"`` or ``"skipped"``
        A warning keeps nothing from working; what was skipped was not looked at.
    message : str
        What was found; never a secret's value.
    advice : str or None
        What to do about it.
    cause : ``"credentials"``, ``"network"``, ``"setup"`` or None
        Of a failure: whose business it is.
    """

    check: str
    status: Status
    message: str
    advice: str | None = None
    cause: Cause | None = None

    def __str__(self) -> str:
        advice = f" -> {self.advice}" if self.advice else ""
        return f"{self.status:<8} {self.check}: {self.message}{advice}"

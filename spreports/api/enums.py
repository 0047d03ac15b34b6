"""The reference's three enums, open at the end: Amazon may know more than we do."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

__all__ = ["TERMINAL", "CompressionAlgorithm", "Period", "ProcessingStatus", "known"]

Known = TypeVar("Known", bound=StrEnum)


class ProcessingStatus(StrEnum):
    """Where a report stands.

    Source: Reports API v2021-06-30, Definitions, ProcessingStatus.
    """

    CANCELLED = "CANCELLED"
    DONE = "DONE"
    FATAL = "FATAL"
    IN_PROGRESS = "IN_PROGRESS"
    IN_QUEUE = "IN_QUEUE"


# Plain strings, so that a status which no enum knows can be looked up as well.
TERMINAL = frozenset({"CANCELLED", "DONE", "FATAL"})


class Period(StrEnum):
    """How often a schedule makes a report: ISO 8601 durations.

    Source: Reports API v2021-06-30, Definitions, Period.
    """

    PT5M = "PT5M"
    PT15M = "PT15M"
    PT30M = "PT30M"
    PT1H = "PT1H"
    PT2H = "PT2H"
    PT4H = "PT4H"
    PT8H = "PT8H"
    PT12H = "PT12H"
    P1D = "P1D"
    P2D = "P2D"
    P3D = "P3D"
    PT84H = "PT84H"
    P7D = "P7D"
    P14D = "P14D"
    P15D = "P15D"
    P18D = "P18D"
    P30D = "P30D"
    P1M = "P1M"


class CompressionAlgorithm(StrEnum):
    """How Amazon says a document is compressed; the bytes decide, not this.

    Source: Reports API v2021-06-30, Definitions, CompressionAlgorithm.
    """

    GZIP = "GZIP"


def known(kind: type[Known], text: str) -> Known | str:
    """Return the enum's member, or the text where Amazon knows more than we do."""
    try:
        return kind(text)
    except ValueError:
        return text

"""What goes wrong, as data: on which request, and how.

A script is a list of faults. Each counts the requests it matches from the moment
it was added; with ``nth=2, times=3`` it strikes at the second, third and fourth.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

# What may happen to any request
ANY_KINDS = frozenset({"status", "reset", "html", "slow"})
# To an answer of the API
API_KINDS = ANY_KINDS | {"bad_json"}
# To a download
DOCUMENT_KINDS = ANY_KINDS | {
    "change_etag",
    "content_encoding",
    "corrupt",
    "cut",
    "double_gzip",
    "expire",
    "garbage",
    "ignore_range",
    "no_etag",
    "no_length",
    "plain_instead_of_gzip",
    "second_member",
    "short_length",
    "trailing_zeros",
    "wrong_range",
}
# To a report, at its making, and how it then ends
REPORT_ENDS = {"fatal": "FATAL", "cancelled": "CANCELLED", "stuck": "IN_PROGRESS"}
OPERATIONS = frozenset(
    {
        "*",
        "token",
        "createRestrictedDataToken",
        "getReports",
        "createReport",
        "getReport",
        "cancelReport",
        "getReportSchedules",
        "createReportSchedule",
        "getReportSchedule",
        "cancelReportSchedule",
        "getReportDocument",
        "document",
        "report",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that goes wrong.

    Attributes
    ----------
    operation : str
        An operation of the reference, ``"token"`` (Login with Amazon),
        ``"document"`` (a download), ``"report"`` (a report's course, counted by
        reports made: the settlements that are there at the start do not count), or
        ``"*"``: any of them that knows this kind.
    kind : str
        Any request: ``status`` (answer `status` with `code` and `message`),
        ``reset`` (close without an answer), ``html`` (200 with a page), ``slow``
        (`seconds` late). API: ``bad_json``. Download: ``cut`` (stop `at`),
        ``expire``, ``no_length``, ``short_length`` (claim less than there is and
        stop there), ``no_etag``, ``change_etag``, ``ignore_range``,
        ``wrong_range``, ``second_member``, ``trailing_zeros``, ``garbage``,
        ``corrupt`` (one bit, `at`), ``plain_instead_of_gzip``, ``double_gzip``,
        ``content_encoding`` (say gzip a second time). Report: ``fatal`` (with
        `body` or `message` as its document), ``cancelled``, ``stuck`` (for ever
        IN_PROGRESS).
    nth, times : int
        The first request struck, counted from 1, and how many in a row; 0: all.
    acts : bool
        For ``reset``, ``status`` and ``html``: Amazon does what was asked and only
        its answer is lost.
    status : int
    code, message, details : str
        Of an ErrorList, of S3's XML, or of a login's ``error`` and
        ``error_description``: ``invalid_grant`` is what a revoked token gets.
    headers : mapping of str to str
        Added to the answer.
    retry_after : float or None, seconds
        Sent as ``Retry-After``.
    at : float
        Below 1 a share of the body, from 1 on a number of bytes.
    framing : str
        How a ``cut`` body is sent: ``"length"``, ``"close"`` (no length) or
        ``"chunked"``.
    seconds : float
        On the simulator's clock.
    body : str or None
    report_type : str or None
        For ``report``: only reports of this type count.
    """

    operation: str
    kind: str
    nth: int = 1
    times: int = 1
    acts: bool = False
    status: int = 500
    code: str = "InternalFailure"
    message: str = "We encountered an internal error. Please try again."
    details: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    at: float = 0.5
    framing: str = "length"
    seconds: float = 0.0
    body: str | None = None
    report_type: str | None = None

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise ValueError(
                f"unknown operation {self.operation!r}; one of {sorted(OPERATIONS)}"
            )
        if self.kind not in kinds_of(self.operation):
            known = sorted(kinds_of(self.operation))
            raise ValueError(f"{self.operation} knows no {self.kind!r}; one of {known}")
        if self.framing not in {"length", "close", "chunked"}:
            raise ValueError(f"framing {self.framing!r}: length, close or chunked")
        if self.nth < 1 or self.times < 0 or self.at < 0:
            raise ValueError("nth counts from 1; times and at are not negative")

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> Fault:
        """Make a fault of a JSON object whose keys are the attributes.

        Raises
        ------
        ValueError
            A key or a value is unknown.
        """
        unknown = set(entry) - {each.name for each in fields(cls)}
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        if not {"operation", "kind"} <= set(entry):
            raise ValueError("a fault needs an operation and a kind")
        return cls(**entry)

    def sent_headers(self) -> dict[str, str]:
        """Return the headers that this fault adds."""
        extra = dict(self.headers)
        if self.retry_after is not None:
            extra["Retry-After"] = f"{self.retry_after:g}"
        return extra

    def position(self, size: int) -> int:
        """Return `at` in bytes of a body of `size` bytes."""
        return min(size, int(self.at * size) if self.at < 1 else int(self.at))


def kinds_of(operation: str) -> frozenset[str]:
    """Return the kinds of fault that an operation knows."""
    if operation == "*":
        return API_KINDS | DOCUMENT_KINDS
    if operation == "document":
        return DOCUMENT_KINDS
    return frozenset(REPORT_ENDS) if operation == "report" else API_KINDS


def load_faults(path: str | Path) -> tuple[Fault, ...]:
    """Read a script: a JSON list of faults.

    Raises
    ------
    ValueError
        The file is not a JSON list, or an entry is not a fault; the message counts
        from 1.
    """
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as exc:
        raise ValueError(f"{path} is no JSON: {exc}") from exc
    if not isinstance(entries, list):
        raise ValueError("a fault script is a JSON list of objects")
    faults = []
    for number, entry in enumerate(entries, start=1):
        try:
            faults.append(Fault.from_json(entry))
        except (TypeError, ValueError) as exc:
            raise ValueError(f"fault {number}: {exc}") from exc
    return tuple(faults)


class FaultScript:
    """The faults in force; may be added to while the simulator runs.

    Attributes
    ----------
    struck : list of Fault
        What has happened so far, in order.
    """

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._counted: list[tuple[Fault, list[int]]] = []
        self.struck: list[Fault] = []
        self.add(*faults)

    def add(self, *faults: Fault) -> None:
        """Put faults in force; their count begins now.

        Raises
        ------
        TypeError
            Something else than a `Fault`.
        """
        for each in faults:
            if not isinstance(each, Fault):
                raise TypeError(f"faults: {each!r} is none; give Fault(...)")
        with self._lock:
            self._counted.extend((fault, [0]) for fault in faults)

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._counted.clear()

    def take(self, operation: str, report_type: str | None = None) -> Fault | None:
        """Count a request; return the first fault that strikes it, if any."""
        chosen = None
        with self._lock:
            for fault, count in self._counted:
                if not _concerns(fault, operation, report_type):
                    continue
                count[0] += 1
                over = fault.times and count[0] >= fault.nth + fault.times
                if chosen is None and count[0] >= fault.nth and not over:
                    chosen = fault
            if chosen is not None:
                self.struck.append(chosen)
        return chosen


def _concerns(fault: Fault, operation: str, report_type: str | None) -> bool:
    """Whether a request counts for a fault."""
    if fault.operation == "*":
        return operation != "report" and fault.kind in kinds_of(operation)
    if fault.report_type is not None and fault.report_type != report_type:
        return False
    return fault.operation == operation

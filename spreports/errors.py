"""One tree of errors, in the order of the flow.

::

    SPReportsError
    ├── ConfigError                 before any I/O
    ├── APIError                    .operation .status .request_id .details
    │   ├── BadRequestError         400, 415 and any other 4xx
    │   ├── UnauthorizedError       401, and what LWA refuses
    │   ├── ForbiddenError          403
    │   ├── NotFoundError           404
    │   ├── ThrottledError          429, still so at the deadline
    │   ├── ServerError             5xx
    │   └── TransportError          no usable HTTP answer
    ├── ReportError                 .report_id .outcome
    │   ├── ReportCancelledError
    │   ├── ReportEmptyError        only where on_empty="raise"
    │   ├── ReportFatalError        .reason
    │   └── WaitTimeoutError        also a TimeoutError
    ├── DocumentError               .report_document_id
    │   ├── DownloadError
    │   ├── DecompressError         .offset
    │   ├── DecodeError             .offset
    │   ├── ParseError              .row .column
    │   └── DriftError              .differences
    ├── SinkError                   .url
    │   └── SinkOutageError
    └── BusyError                   .owner .since

All end in ``Error``, survive pickling, and hold no signed URL, token or cell's value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from spreports.api.models import Report
    from spreports.reports.outcome import Outcome

__all__ = [
    "APIError",
    "BadRequestError",
    "BusyError",
    "ConfigError",
    "DecodeError",
    "DecompressError",
    "DocumentError",
    "DownloadError",
    "DriftError",
    "ErrorDetail",
    "ForbiddenError",
    "NotFoundError",
    "ParseError",
    "ReportCancelledError",
    "ReportEmptyError",
    "ReportError",
    "ReportFatalError",
    "SPReportsError",
    "ServerError",
    "SinkError",
    "SinkOutageError",
    "ThrottledError",
    "TransportError",
    "UnauthorizedError",
    "WaitTimeoutError",
]


class ErrorDetail(NamedTuple):  # a dataclass would be half of the package's import
    """One entry of Amazon's ErrorList.

    Attributes
    ----------
    code : str
        Amazon's code, such as ``"QuotaExceeded"``.
    message : str
        Amazon's sentence.
    details : str or None
        More of it, where Amazon sent more.

    Source: Reports API v2021-06-30, Definitions, Error.
    """

    code: str
    message: str
    details: str | None = None

    def __str__(self) -> str:
        more = f" ({self.details})" if self.details else ""
        return f"{self.code}: {self.message}{more}"


class SPReportsError(Exception):
    """Root of the tree: ``except SPReportsError`` catches all of it.

    Parameters
    ----------
    message : str
        What is wrong, where, and what to do next.
    **context : object
        Becomes attributes; they survive pickling.
    """

    hint: str = ""
    hopeless: bool = False  # nothing goes better before somebody mends this machine

    def __init__(self, message: str, **context: object) -> None:
        super().__init__(message)
        self.__dict__.update(context)

    def __str__(self) -> str:
        text = super().__str__()
        return f"{text} ({self.hint})" if self.hint else text


class ConfigError(SPReportsError):
    """Credentials, region or settings are missing or contradict each other."""


class APIError(SPReportsError):
    """Amazon answered an operation with an error, or could not be asked.

    Attributes
    ----------
    operation : str or None
        As the reference names it, such as ``"createReport"``.
    status : int or None
        HTTP status; None where there was no answer.
    request_id : str or None
        ``x-amzn-RequestId``, for a support case.
    details : tuple of ErrorDetail
        Amazon's own words.
    retry_after : float or None, seconds
        Until the same may be asked again, where Amazon or the quota says so.
    """

    operation: str | None = None
    status: int | None = None
    request_id: str | None = None
    details: tuple[ErrorDetail, ...] = ()
    retry_after: float | None = None


class BadRequestError(APIError):
    """400, 415 or another refusal of a request; ``.outcome`` where a report's was."""

    outcome: Outcome | None = None


class UnauthorizedError(APIError):
    """401, or Login with Amazon refused the credentials."""


class ForbiddenError(APIError):
    """403: a missing role, a wrong region, or a restricted report without its role."""


class NotFoundError(APIError):
    """404: no such id for this seller in this region, or Amazon has deleted it."""


class ThrottledError(APIError):
    """429, still so when the deadline had passed."""


class ServerError(APIError):
    """5xx, still so after the retries."""


class TransportError(APIError):
    """No usable answer: refused, reset, timed out, redirected, or not Amazon's JSON.

    Attributes
    ----------
    sent : bool
        Whether Amazon may have acted on the request.
    """

    sent: bool = False


class ReportError(SPReportsError):
    """A report did not come to a document.

    Attributes
    ----------
    report_id : str or None
    outcome : Outcome or None
        What became of the report, on what evidence.
    """

    report_id: str | None = None
    outcome: Outcome | None = None


class ReportCancelledError(ReportError):
    """CANCELLED on request, or because the type was asked for too soon."""


class ReportEmptyError(ReportError):
    """Amazon had no rows, and ``on_empty="raise"`` was asked for."""


class ReportFatalError(ReportError):
    """FATAL; ``.reason`` is what its document says, if any, and if it could be read."""

    reason: str | None = None


class WaitTimeoutError(ReportError, TimeoutError):
    """Still processing when the time was up; the report goes on and can be resumed.

    Attributes
    ----------
    report_ids : tuple of str
        Of all reports that were not finished in time.
    report : Report or None, as last seen
    processing_status : str or None
        As the store last saw it, of a report that there was no time to ask after.
    """

    report_ids: tuple[str, ...] = ()
    report: Report | None = None
    processing_status: str | None = None
    hint = "the report goes on at Amazon: the same call later takes it up again"


class DocumentError(SPReportsError):
    """A report document could not become rows.

    Attributes
    ----------
    report_document_id : str or None
    """

    report_document_id: str | None = None


class DownloadError(DocumentError):
    """The stored bytes did not arrive whole.

    Attributes
    ----------
    expired, refused : bool
        The presigned URL was refused and could not be renewed here; or a new one, too.
    """

    expired: bool = False
    refused: bool = False


class DecompressError(DocumentError):
    """Not whole, sound gzip; ``.offset`` in bytes of the stored document, if known."""

    offset: int | None = None


class DecodeError(DocumentError):
    """A byte is not of the charset; ``.offset`` in bytes of the plain document."""

    offset: int | None = None
    hint = "pass encoding="


class ParseError(DocumentError):
    """The text is not the table it should be.

    Attributes
    ----------
    row, column : int or None, str or None
        Data row, the first below the header being 1.
    """

    row: int | None = None
    column: str | None = None


class DriftError(DocumentError):
    """The rows are not like those that the lake has; nothing of them was written.

    Attributes
    ----------
    differences : tuple of str, a sentence each
    """

    differences: tuple[str, ...] = ()


class SinkError(SPReportsError):
    """The target refused a write or cannot hold these partitions.

    Attributes
    ----------
    url : str or None
        The target, without credentials.
    """

    url: str | None = None


class SinkOutageError(SinkError):
    """The network to the target failed, or its service did or was too busy."""


class BusyError(SPReportsError):
    """Another run keeps the same feed of the same lake up to date.

    Attributes
    ----------
    owner : str or None
        Mark of its process: a hash of the host, the process id and its start.
    since : datetime or None
        When it began.
    """

    owner: str | None = None
    since: datetime | None = None

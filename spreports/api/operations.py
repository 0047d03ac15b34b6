"""The nine operations, thin: check, build the call, read the answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import NoReturn, Self

from spreports.api.attempts import Call
from spreports.api.calls import by_id
from spreports.api.models import ReportDocument
from spreports.api.report_operations import ReportOperations
from spreports.api.restricted import RestrictedToken
from spreports.api.schedule_operations import ScheduleOperations
from spreports.errors import TransportError
from spreports.flags import check_flag

__all__ = ["NOT_PICKLED", "ReportsAPI"]

# Of a client, and of all that asks by it
NOT_PICKLED = (
    "a client and its reports are neither pickled nor copied: let each process "
    "connect by itself, or give it the rows: what .read() gives, or files"
)
# How long a mere check waits for an answer.
CHECK_SECONDS = 60.0


class ReportsAPI(ReportOperations, ScheduleOperations):
    """The Reports API v2021-06-30, one method an operation; a context manager.

    Parameters are the reference's in snake_case; its limits are checked before a call
    (`ValueError`). Every method raises the errors of `Transport.call`.

    Parameters
    ----------
    transport : Transport
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(NOT_PICKLED)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    @property
    def clock_skew(self) -> float | None:
        """Seconds that our clock is ahead of Amazon's, by the last answer with a Date.

        None before the first such. Dates are whole seconds.
        """
        return self._transport.clock_skew

    def check_region(self, wanted: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Refuse marketplaces of other regions than this one's; see `Origin.check`."""
        self._transport.origin.check(wanted)

    def check_restricted(self, report_document_id: str) -> None:
        """Ask for a restricted data token for one document, and forget it.

        Raises
        ------
        ValueError
            No id.
        ConfigError, APIError
            See `Transport.call`; `ForbiddenError` where the application lacks the
            restricted role.

        Source: Tokens API v2021-03-01, createRestrictedDataToken.
        """
        call = _document_call(report_document_id)
        deadline = self._transport.clock.monotonic() + CHECK_SECONDS
        RestrictedToken(self._transport, call.path).token(deadline)

    def get_report_document(
        self, report_document_id: str, *, restricted: bool = False
    ) -> ReportDocument:
        """Return where a document lies; the URL lives for five minutes.

        Parameters
        ----------
        report_document_id : str
        restricted : bool
            Use a restricted data token for this one document, as the report types with
            personal data need it.

        Returns
        -------
        ReportDocument

        Raises
        ------
        ValueError
            No id.
        ConfigError, APIError
            See `Transport.call`.
        TypeError
            `restricted` is neither True nor False.

        Source: Reports API v2021-06-30, getReportDocument.
        """
        call = _document_call(report_document_id)
        bearer = None
        if check_flag("restricted", restricted):
            bearer = RestrictedToken(self._transport, call.path)

        def read(data: object) -> ReportDocument:
            document = ReportDocument.from_json(data)
            if document.report_document_id != report_document_id:
                raise TransportError(
                    "ReportDocument.reportDocumentId is another document's than the "
                    "one asked for: not what the reference promises"
                )
            return document

        return self._transport.call(call, read, bearer=bearer)


def _document_call(report_document_id: str) -> Call:
    """Return the call of getReportDocument for one document."""
    return by_id(
        "getReportDocument",
        "GET",
        "documents",
        "reportDocumentId",
        report_document_id,
    )

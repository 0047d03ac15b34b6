"""From pages to reports: each once, and never in circles."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spreports.api.models import Report, ReportPage
from spreports.errors import BadRequestError, TransportError

__all__ = ["pages"]

MOST_PAGES = 10_000


def pages(
    first: Callable[[], ReportPage], following: Callable[[str], ReportPage]
) -> Iterator[Report]:
    """Yield the reports of all pages.

    While we turn the pages new reports come in at the front and push others over the
    page's edge, so the same report may arrive twice: it is yielded once. A token that
    Amazon no longer takes starts the list again, once.

    Parameters
    ----------
    first : callable
        Asks for page one.
    following : callable
        Asks for the page of a token.

    Yields
    ------
    Report

    Raises
    ------
    TransportError
        A token came twice, or there were more than 10,000 pages.
    """
    page = first()
    yielded: set[str] = set()
    tokens: set[str] = set()
    restarted = False
    for _ in range(MOST_PAGES):
        for report in page.reports:
            if report.report_id not in yielded:
                yielded.add(report.report_id)
                yield report
        token = page.next_token
        if token is None:
            return
        if token in tokens:
            raise TransportError(
                "getReports: Amazon sent the same nextToken twice, the list has no end",
                operation="getReports",
            )
        tokens.add(token)
        try:
            page = following(token)
        except BadRequestError:
            if restarted:
                raise
            restarted = True
            tokens.clear()
            page = first()
    raise TransportError(
        f"getReports: more than {MOST_PAGES} pages; narrow created_since and "
        "created_until",
        operation="getReports",
    )

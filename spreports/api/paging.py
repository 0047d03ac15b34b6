"""From pages to reports: each once, and never in circles."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from spreports.api.models import Report, ReportPage
from spreports.errors import BadRequestError, TransportError

__all__ = ["pages"]

MOST_PAGES = 10_000
# Reports that come in meanwhile push some of a page onto the next, seldom a whole page.
# Each page costs 45 s of quota. Empty pages are none of these: Amazon may filter what
# it has paged, and they end.
MOST_REPEATED = 10


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
        A token came twice, 10 pages held only what came before, or there were more
        than 10,000 pages.
    """
    page = first()
    yielded: set[str] = set()
    tokens: set[str] = set()
    restarted = False
    repeated = 0
    for turned in range(1, MOST_PAGES + 1):
        ids = {report.report_id for report in page.reports}
        if not ids <= yielded:
            repeated = min(repeated, 0)
        elif ids:
            repeated += 1
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
        if repeated >= MOST_REPEATED:
            raise TransportError(
                f"getReports: {MOST_REPEATED} pages listed only reports that "
                "had been listed before, each under another nextToken: the list has no "
                "end",
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
            repeated = -turned  # so many are listed again
            page = first()
    raise TransportError(
        f"getReports: more than {MOST_PAGES} pages; narrow created_since and "
        "created_until",
        operation="getReports",
    )

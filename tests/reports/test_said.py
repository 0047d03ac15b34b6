"""What the words of a FATAL document mean."""

from __future__ import annotations

import pytest

from spreports.reports.outcome import OutcomeKind
from spreports.reports.said import meaning_of

NOT_READY, EMPTY = OutcomeKind.NOT_READY, OutcomeKind.EMPTY
WRONG, SOON = OutcomeKind.WRONG_OPTIONS, OutcomeKind.TOO_SOON


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (
            "The report data for the requested date range is not yet available. "
            "Please try again later.",
            NOT_READY,
        ),
        ("Report is not ready yet", NOT_READY),
        ("Data for this week has not been published yet", NOT_READY),
        ("The requested data is not available until 2026-10-05", NOT_READY),
        ("Data is still being processed.", NOT_READY),
        ("reportPeriod must be WEEK", WRONG),
        ("Report period is required.", WRONG),
        ("Invalid report options", WRONG),
        ("The option distributorView is missing", WRONG),
        ("dataStartTime has to be a Sunday", WRONG),
        ("Start date must be before end date.", WRONG),
        ("The date range exceeds the maximum of 30 days", WRONG),
        ("Unsupported marketplace for this report", WRONG),
        ("There is no data for the requested period.", EMPTY),
        ("The query did not return any results", EMPTY),
        ("This report was requested too soon after the last one", SOON),
        ("The report may be requested once every 30 minutes.", SOON),
        ("Request throttled", SOON),
        ("We encountered an internal error. Please try again later.", None),
        ("Unable to process the request", None),
        ("The simulator has no content for this report type.", None),
        ("Data für 2026 fehlt", None),
        ("", None),
    ],
)
def test_the_words_of_a_fatal_document_are_understood(
    text: str, kind: OutcomeKind | None
) -> None:
    assert meaning_of(text) is kind


def test_a_text_that_names_an_option_of_the_type_speaks_of_options() -> None:
    text = "sellingProgram: FRESH"

    assert meaning_of(text) is None
    assert meaning_of(text, ["sellingProgram"]) is WRONG

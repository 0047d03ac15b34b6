"""Cancellations: done is what Amazon says is done, and what a lost answer did."""

from __future__ import annotations

import pytest

from spreports.api.operations import ReportsAPI
from spreports.errors import (
    BadRequestError,
    NotFoundError,
    SPReportsError,
    TransportError,
)
from tests.api.calls_table import ROWS, Row
from tests.api.scripted_amazon import (
    BASE,
    Reply,
    ScriptedAmazon,
    refusal,
    report_json,
)

REPORT = f"DELETE {BASE}/reports/R1"
SCHEDULE = f"DELETE {BASE}/schedules/S1"
STATUS = f"GET {BASE}/reports/R1"
PAGE = Reply(200, b"<html>Sign in to the hotel network</html>")
TOO_LATE = refusal(400, "InvalidInput", "Only reports that are IN_QUEUE can be ...")
UNCLEAR = {"lost": Reply(lost=True), "503": refusal(503), "a page": PAGE}

each_unclear = pytest.mark.parametrize("first", UNCLEAR.values(), ids=UNCLEAR)
each_cancellation = pytest.mark.parametrize(
    "row", [row for row in ROWS if row.on.startswith("DELETE")], ids=str
)


@each_cancellation
@pytest.mark.parametrize(
    "body", [b"", b"\r\n", b"{}", b"null", b'{"payload": {}, "errors": []}']
)
def test_an_empty_answer_is_success_and_so_is_an_object(
    row: Row, body: bytes, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, Reply(200, body))

    row.call(api)

    assert len(amazon.calls()) == 1


@each_cancellation
@pytest.mark.parametrize(
    "body", [PAGE.body, b"{", b"[]", b'"welcome"', b'{"errors": [{"code": "x"}]}']
)
def test_another_answer_is_asked_past_and_never_success(
    row: Row, body: bytes, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, Reply(200, body))

    with pytest.raises(TransportError) as caught:
        row.call(api)

    assert len(amazon.calls()) == 3
    assert caught.value.sent
    assert "hotel" not in str(caught.value)


@each_unclear
def test_a_report_that_a_lost_try_has_cancelled_is_cancelled(
    first: Reply, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(REPORT, first, TOO_LATE)
    amazon.on(STATUS, report_json(status="CANCELLED"))

    api.cancel_report("R1")

    assert [asked.method for asked in amazon.calls()] == ["DELETE", "DELETE", "GET"]


@each_unclear
@pytest.mark.parametrize("status", ["IN_PROGRESS", "DONE", "FATAL"])
def test_a_report_that_went_on_meanwhile_was_not_cancelled(
    first: Reply, status: str, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(REPORT, first, TOO_LATE)
    amazon.on(STATUS, report_json(status=status))

    with pytest.raises(BadRequestError, match="IN_QUEUE"):
        api.cancel_report("R1")


@each_unclear
def test_a_schedule_that_is_gone_after_a_lost_try_is_cancelled(
    first: Reply, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(SCHEDULE, first, refusal(404))

    api.cancel_report_schedule("S1")

    assert len(amazon.calls()) == 2


@each_unclear
def test_a_portal_that_does_not_find_a_schedule_says_nothing_of_it(
    first: Reply, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(SCHEDULE, first, Reply(404, b"<html>"))

    with pytest.raises(TransportError, match="not JSON"):
        api.cancel_report_schedule("S1")


@each_cancellation
@pytest.mark.parametrize(
    ("said", "kind"), [(TOO_LATE, BadRequestError), (refusal(404), NotFoundError)]
)
def test_a_refusal_without_a_lost_try_stays_one_even_after_429(
    row: Row,
    said: Reply,
    kind: type[SPReportsError],
    amazon: ScriptedAmazon,
    api: ReportsAPI,
) -> None:
    amazon.on(row.on, refusal(429), said)
    amazon.on(STATUS, report_json(status="CANCELLED"))

    with pytest.raises(kind):
        row.call(api)

    assert {asked.method for asked in amazon.calls()} == {"DELETE"}


@each_unclear
def test_a_refusal_that_says_nothing_of_it_stays_one_after_a_lost_try(
    first: Reply, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(REPORT, first, refusal(404))
    amazon.on(SCHEDULE, first, TOO_LATE)

    with pytest.raises(NotFoundError):
        api.cancel_report("R1")
    with pytest.raises(BadRequestError):
        api.cancel_report_schedule("S1")

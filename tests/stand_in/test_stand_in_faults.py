"""What goes wrong on the way: tokens, quotas, servers; nobody makes it worse."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import spreports as spr
from tests.stand_in.amazon import Amazon, Fault, error
from tests.stand_in.conftest import Connect
from tests.stand_in.document_host import Delivery, Held
from tests.stand_in.kept import Plot
from tests.stand_in.texts import (
    DE,
    ORDERS,
    ORDERS_TEXT,
    SHIPPING,
    SHIPPING_TEXT,
    many_orders,
    packed,
)
from tests.stand_in.timepiece import Timepiece

IN_MESSAGE = error("Unauthorized", "The access token you provided has expired.")
IN_DETAILS = error(
    "Unauthorized",
    "Access to requested resource is denied.",
    "The access token you provided is expired",
)
DENIED = error("Unauthorized", "Access to requested resource is denied.", "")
QUOTA = error("QuotaExceeded", "You exceeded your quota for the requested resource.")
RATE = "x-amzn-RateLimit-Limit"

Call = Callable[[spr.Client], object]
CALLS: dict[str, Call] = {
    "getReports": lambda c: c.api.get_reports(report_types=[ORDERS]),
    "createReport": lambda c: c.api.create_report(
        report_type=ORDERS, marketplace_ids=[DE]
    ),
    "getReport": lambda c: c.api.get_report("r1"),
    "cancelReport": lambda c: c.api.cancel_report("queued"),
    "getReportSchedules": lambda c: c.api.get_report_schedules(report_types=[SHIPPING]),
    "createReportSchedule": lambda c: c.api.create_report_schedule(
        report_type=SHIPPING, marketplace_ids=[DE], period="P1D"
    ),
    "getReportSchedule": lambda c: c.api.get_report_schedule("s1"),
    "cancelReportSchedule": lambda c: c.api.cancel_report_schedule("s1"),
    "getReportDocument": lambda c: c.api.get_report_document("d1"),
    "createRestrictedDataToken": lambda c: c.api.get_report_document(
        "d2", restricted=True
    ),
}


@pytest.fixture
def stocked(amazon: Amazon) -> Amazon:
    """Keep one of each kind."""
    amazon.add_report(reportId="r1", reportType=ORDERS)
    amazon.add_report(reportId="queued", reportType=ORDERS, processingStatus="IN_QUEUE")
    amazon.schedules["s1"] = {
        "reportScheduleId": "s1",
        "reportType": SHIPPING,
        "marketplaceIds": [DE],
        "period": "P1D",
    }
    amazon.hold(Held("d1", b"x"))
    amazon.hold(Held("d2", b"x", restricted=True))
    return amazon


@pytest.mark.parametrize("body", [IN_MESSAGE, IN_DETAILS], ids=["message", "details"])
@pytest.mark.parametrize("operation", CALLS)
def test_an_expired_token_is_renewed_once_and_the_call_repeated(
    client: spr.Client, stocked: Amazon, operation: str, body: object
) -> None:
    stocked.script(operation, Fault(403, body))

    CALLS[operation](client)
    assert stocked.count(operation) == 2
    assert stocked.logins == 2


def test_a_token_that_stays_expired_is_renewed_once_only(
    client: spr.Client, stocked: Amazon
) -> None:
    stocked.script("getReport", *[Fault(403, IN_DETAILS)] * 5)

    with pytest.raises(spr.ForbiddenError) as refused:
        client.api.get_report("r1")
    assert stocked.count("getReport") == 2
    assert stocked.logins == 2
    assert refused.value.details[0].code == "Unauthorized"
    assert refused.value.details[0].details == IN_DETAILS["errors"][0]["details"]


@pytest.mark.parametrize("operation", CALLS)
def test_a_denial_is_not_repeated(
    client: spr.Client, stocked: Amazon, operation: str
) -> None:
    stocked.script(operation, Fault(403, DENIED))

    with pytest.raises(spr.ForbiddenError) as refused:
        CALLS[operation](client)
    assert stocked.count(operation) == 1
    assert stocked.logins == 1
    assert refused.value.operation == operation
    assert refused.value.status == 403
    assert "Access to requested resource is denied." in str(refused.value)


def test_an_unauthorized_call_ends_as_such(client: spr.Client, stocked: Amazon) -> None:
    stocked.script("getReport", *[Fault(401, DENIED)] * 5)

    with pytest.raises(spr.UnauthorizedError):
        client.api.get_report("r1")
    assert stocked.count("getReport") <= 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, spr.BadRequestError),
        (404, spr.NotFoundError),
        (415, spr.BadRequestError),
        (418, spr.BadRequestError),
    ],
)
@pytest.mark.parametrize("operation", CALLS)
def test_other_refusals_are_told_once(
    client: spr.Client,
    stocked: Amazon,
    operation: str,
    status: int,
    kind: type[spr.APIError],
) -> None:
    stocked.script(operation, Fault(status, error("InvalidInput", "no")))

    with pytest.raises(kind):
        CALLS[operation](client)
    assert stocked.count(operation) == 1


@pytest.mark.parametrize("status", [500, 503])
@pytest.mark.parametrize("operation", [o for o in CALLS if o != "createReport"])
def test_a_server_that_fails_twice_is_asked_a_third_time(
    client: spr.Client, stocked: Amazon, operation: str, status: int
) -> None:
    stocked.script(operation, *[Fault(status, error("InternalFailure", "sorry"))] * 2)

    CALLS[operation](client)
    assert stocked.count(operation) == 3


@pytest.mark.parametrize("body", ["<html>busy</html>", None, {"message": "busy"}])
def test_a_server_that_stays_down_is_told_as_such(
    client: spr.Client, stocked: Amazon, body: object
) -> None:
    stocked.script("getReport", *[Fault(503, body)] * 50)

    with pytest.raises(spr.ServerError) as failed:
        client.api.get_report("r1")
    assert failed.value.status == 503
    assert 2 <= stocked.count("getReport") <= 10


@pytest.mark.parametrize(
    "fault", [Fault(500), Fault(503), Fault(0, hang_up=True)], ids=["500", "503", "cut"]
)
def test_an_unclear_create_report_is_never_repeated_by_the_thin_layer(
    client: spr.Client, stocked: Amazon, fault: Fault
) -> None:
    stocked.script("createReport", fault)

    with pytest.raises((spr.ServerError, spr.TransportError)):
        client.api.create_report(report_type=ORDERS, marketplace_ids=[DE])
    assert stocked.count("createReport") == 1


@pytest.mark.parametrize("carried_out", [True, False], ids=["made", "not made"])
@pytest.mark.parametrize(
    "kind", [{"status": 500}, {"status": 0, "hang_up": True}], ids=["500", "cut"]
)
def test_after_an_unclear_create_report_the_client_looks_before_it_asks_again(
    client: spr.Client, amazon: Amazon, kind: dict[str, Any], carried_out: bool
) -> None:
    held = Held("d1", packed(ORDERS_TEXT))
    amazon.plot(ORDERS, Plot(("IN_QUEUE", "DONE"), held))
    amazon.script("createReport", Fault(**kind, carried_out=carried_out))

    frame = client.reports(ORDERS, start="7d", marketplaces=["DE"]).read()
    assert frame.height == 3
    assert amazon.count("createReport") == (1 if carried_out else 2)
    assert amazon.count("getReports") >= 1
    assert len(amazon.reports) == 1


def test_a_login_that_fails_is_asked_again_and_a_refusal_is_not(
    client: spr.Client, stocked: Amazon
) -> None:
    stocked.script("login", Fault(500, None), Fault(503, "busy"), Fault(429, None))
    client.api.get_report("r1")
    assert stocked.logins == 4

    stocked.time.skip(7200)
    stocked.script("login", Fault(400, {"error": "invalid_grant"}))
    with pytest.raises(spr.UnauthorizedError, match="invalid_grant"):
        client.api.get_report("r1")
    assert stocked.logins == 5


def test_a_token_is_renewed_before_it_expires(
    client: spr.Client, stocked: Amazon
) -> None:
    for _ in range(5):
        client.api.get_report("r1")
        stocked.time.skip(1700)
    assert {status for _, status in stocked.calls} == {200}
    assert stocked.logins <= 4


def test_a_restricted_token_that_expired_is_replaced(
    client: spr.Client, stocked: Amazon
) -> None:
    stocked.script("getReportDocument", Fault(403, IN_MESSAGE))

    client.api.get_report_document("d2", restricted=True)
    assert stocked.count("getReportDocument") == 2
    assert stocked.count("createRestrictedDataToken") == 2


@pytest.mark.parametrize("operation", CALLS)
def test_a_throttled_call_waits_for_the_rate_of_the_reference(
    client: spr.Client, stocked: Amazon, operation: str, time: Timepiece
) -> None:
    rates = {"getReport": 2.0, "createReport": 0.0167, "getReportDocument": 0.0167}
    rates["createRestrictedDataToken"] = 1.0
    stocked.script(operation, Fault(429, QUOTA))

    CALLS[operation](client)
    wait = 1 / rates.get(operation, 0.0222)
    assert wait <= sum(time.slept) <= 1.5 * wait + 1
    assert stocked.count(operation) == 2


def test_a_throttled_call_waits_for_the_rate_of_the_header(
    client: spr.Client, stocked: Amazon, time: Timepiece
) -> None:
    stocked.script("getReportSchedules", Fault(429, QUOTA, {RATE: "0.1"}))

    client.api.get_report_schedules(report_types=[SHIPPING])
    assert 10 <= sum(time.slept) <= 16


def test_a_throttled_create_report_is_repeated_since_nothing_was_made(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.script("createReport", *[Fault(429, QUOTA)] * 3)

    assert client.api.create_report(report_type=ORDERS, marketplace_ids=[DE])
    assert len(amazon.reports) == 1


def test_forty_calls_stay_within_the_usage_plan(
    client: spr.Client, stocked: Amazon, time: Timepiece
) -> None:
    for _ in range(40):
        client.api.get_report_document("d1")
    assert {status for _, status in stocked.calls} == {200}
    assert sum(time.slept) <= 1.1 * (40 - 14) / 0.0167


def test_two_clients_of_one_account_and_store_share_the_usage_plan(
    connect: Connect, stocked: Amazon
) -> None:
    first, second = connect(), connect()
    for client in [first] * 15 + [second] * 2:
        client.api.get_report_document("d1")
    assert {status for _, status in stocked.calls} == {200}


def test_an_old_report_is_beyond_what_amazon_lists(
    client: spr.Client, amazon: Amazon, time: Timepiece
) -> None:
    with pytest.raises(ValueError, match="90 days"):
        client.api.get_reports(
            report_types=[ORDERS], created_since=time.now() - timedelta(days=90.5)
        )
    assert amazon.calls == []


def test_redirects_are_refused_and_no_token_goes_along(
    client: spr.Client, stocked: Amazon
) -> None:
    elsewhere = {"Location": f"{stocked.host.origin}/reports/2021-06-30/reports/r1"}
    for status in (301, 302, 303, 307, 308):
        stocked.script("getReport", Fault(status, None, elsewhere))
        with pytest.raises(spr.TransportError, match="redirect"):
            client.api.get_report("r1")
    stocked.time.skip(7200)
    stocked.script("login", Fault(307, None, elsewhere))
    with pytest.raises(spr.APIError):
        client.api.get_report("r1")


@pytest.mark.parametrize("body", [None, "x", [], {}, {"reportId": 5}])
def test_a_created_report_whose_answer_cannot_be_read_is_looked_for(
    client: spr.Client, amazon: Amazon, body: object
) -> None:
    held = Held("d1", packed(ORDERS_TEXT))
    amazon.plot(ORDERS, Plot(("IN_QUEUE", "DONE"), held))
    amazon.script("createReport", Fault(202, body, carried_out=True))

    assert client.reports(ORDERS, start="7d", marketplaces=["DE"]).read().height == 3
    assert amazon.count("createReport") == 1


def test_another_requests_report_is_never_taken_for_a_lost_one(
    client: spr.Client, amazon: Amazon, time: Timepiece
) -> None:
    """Reports do not echo their options: only our own ledger can tell them apart."""
    window = {"start": time.now() - timedelta(days=2), "end": time.now()}
    plots = (Held("d1", packed(many_orders(1))), Held("d2", packed(many_orders(2))))
    amazon.plot(ORDERS, *(Plot(("IN_QUEUE", "DONE"), held) for held in plots))
    heights = []
    for value in ("false", "true"):
        reports = client.reports(
            ORDERS,
            **window,  # type: ignore[arg-type] # a dict of times
            marketplaces=["DE"],
            options={"ShowSalesChannel": value},
            strict=False,
        )
        heights.append(reports.read().height)
        amazon.script("createReport", Fault(500))
    assert heights == [1, 2]


def test_asking_anew_never_gets_the_earlier_report_after_an_unclear_answer(
    client: spr.Client, amazon: Amazon, time: Timepiece
) -> None:
    window = {"start": time.now() - timedelta(days=2), "end": time.now()}
    plots = (Held("d1", packed(many_orders(1))), Held("d2", packed(many_orders(2))))
    amazon.plot(ORDERS, *(Plot(("IN_QUEUE", "DONE"), held) for held in plots))
    heights = []
    for _ in range(2):
        reports = client.reports(
            ORDERS,
            **window,  # type: ignore[arg-type] # a dict of times
            marketplaces=["DE"],
            reuse=False,
        )
        heights.append(reports.read().height)
        amazon.script("createReport", Fault(0, hang_up=True))
    assert heights == [1, 2]


def test_no_secret_is_logged(
    client: spr.Client, stocked: Amazon, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    cut = deque([Delivery(cut=30), Delivery(status=403)])
    stocked.hold(Held("d3", packed(ORDERS_TEXT), deliveries=cut))
    stocked.hold(Held("d4", packed(SHIPPING_TEXT), restricted=True))
    client.document("d3", report_type=ORDERS).read()
    client.document("d4", report_type=SHIPPING).read()

    assert "getReportDocument" in caplog.text
    secrets = ("X-Amz-", "Atza|", "Atzr|", "Atz.sprdt|", "oa2-cs", "Placeholder")
    assert not [secret for secret in secrets if secret in caplog.text]


def test_a_closed_client_says_that_it_is_closed(
    client: spr.Client, stocked: Amazon
) -> None:
    client.close()
    with pytest.raises(spr.SPReportsError, match="client is closed"):
        client.api.get_report("r1")

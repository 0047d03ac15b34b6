"""The nine operations with every parameter, against what the reference says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

import spreports as spr
from tests.stand_in.amazon import Amazon
from tests.stand_in.document_host import Held
from tests.stand_in.kept import PAGE_TOKEN
from tests.stand_in.reference import PERIODS, STATUSES
from tests.stand_in.texts import DE, FR, ORDERS, SHIPPING
from tests.stand_in.timepiece import Timepiece

NAIVE = datetime(2026, 10, 1)  # noqa: DTZ001 - what must be refused


def test_get_reports_takes_every_parameter(
    client: spr.Client, amazon: Amazon, time: Timepiece
) -> None:
    kept = amazon.add_report(
        reportType=ORDERS,
        marketplaceIds=[DE, FR],
        dataStartTime="2026-09-01T00:00:00Z",
        dataEndTime="2026-09-02T00:00:00.5+02:00",
        processingStartTime="2026-09-03T00:00:00+00:00",
        processingEndTime="2026-09-03T00:00:07+00:00",
        reportScheduleId="s1",
        reportDocumentId="amzn1.spdoc.1.4.eu.x",
    )
    amazon.add_report(reportType="GET_OTHER", marketplaceIds=[DE])
    amazon.add_report(reportType=ORDERS, marketplaceIds=["A1F83G8C2ARO7P"])

    page = client.api.get_reports(
        report_types=[ORDERS, SHIPPING],
        processing_statuses=list(STATUSES),
        marketplace_ids=[DE, FR],
        page_size=100,
        created_since=time.now() - timedelta(days=89),
        created_until=time.now().astimezone(timezone(timedelta(hours=9))),
    )

    (report,) = page.reports
    assert page.next_token is None
    assert report == spr.Report(
        report_id=report.report_id,
        report_type=ORDERS,
        created_time=datetime.fromisoformat(kept["createdTime"]),
        processing_status=spr.ProcessingStatus.DONE,
        marketplace_ids=(DE, FR),
        data_start_time=datetime(2026, 9, 1, tzinfo=UTC),
        data_end_time=datetime(2026, 9, 1, 22, 0, 0, 500_000, tzinfo=UTC),
        report_schedule_id=report.report_schedule_id,
        processing_start_time=datetime(2026, 9, 3, tzinfo=UTC),
        processing_end_time=datetime(2026, 9, 3, 0, 0, 7, tzinfo=UTC),
        report_document_id=report.report_document_id,
    )
    assert report.report_id == kept["reportId"]
    assert report.report_schedule_id == "s1"
    assert report.report_document_id == "amzn1.spdoc.1.4.eu.x"


def test_each_parameter_of_get_reports_works_by_itself(
    client: spr.Client, amazon: Amazon, time: Timepiece
) -> None:
    amazon.add_report(reportType=ORDERS, marketplaceIds=[DE])
    given: list[dict[str, Any]] = [
        {},
        {"processing_statuses": [spr.ProcessingStatus.DONE]},
        {"marketplace_ids": [DE]},
        {"page_size": 1},
        {"created_since": time.now() - timedelta(days=1)},
        {"created_until": time.now() + timedelta(minutes=1)},
    ]
    for filters in given:
        page = client.api.get_reports(report_types=[ORDERS], **filters)
        assert len(page.reports) == 1


def test_pages_are_turned_by_a_token_of_awkward_characters(
    client: spr.Client, amazon: Amazon
) -> None:
    made = [
        amazon.add_report(reportType=ORDERS, marketplaceIds=[DE])["reportId"]
        for _ in range(23)
    ]
    page = client.api.get_reports(report_types=[ORDERS], page_size=10)
    assert page.next_token is not None
    assert page.next_token.startswith(PAGE_TOKEN)

    second = client.api.get_reports(next_token=page.next_token)
    third = client.api.get_reports(next_token=str(second.next_token))
    found = [r.report_id for p in (page, second, third) for r in p.reports]
    assert found == made[::-1]
    assert third.next_token is None
    again = client.api.iter_reports(report_types=[ORDERS], page_size=10)
    assert [report.report_id for report in again] == made[::-1]
    assert amazon.count("getReports") == 6


def test_create_report_sends_every_field(client: spr.Client, amazon: Amazon) -> None:
    report_id = client.api.create_report(
        report_type=ORDERS,
        marketplace_ids=[DE, FR],
        report_options={"ShowSalesChannel": "true", "größe": "ß"},
        data_start_time=datetime(2026, 9, 1, tzinfo=UTC),
        data_end_time=datetime(2026, 9, 2, 1, 2, 3, 456789, tzinfo=UTC),
    )

    assert isinstance(report_id, str)
    body = amazon.bodies[-1]
    assert body["reportOptions"] == {"ShowSalesChannel": "true", "größe": "ß"}
    assert body["marketplaceIds"] == [DE, FR]
    assert datetime.fromisoformat(body["dataStartTime"]) == datetime(
        2026, 9, 1, tzinfo=UTC
    )
    assert client.api.create_report(report_type=ORDERS, marketplace_ids=[DE])
    assert amazon.bodies[-1] == {"reportType": ORDERS, "marketplaceIds": [DE]}


def test_ids_of_any_characters_reach_amazon_as_they_are(
    client: spr.Client, amazon: Amazon
) -> None:
    awkward = "a b/c?d=e&f#g%2Fhü+;é"
    amazon.add_report(reportId=awkward, reportType=ORDERS, marketplaceIds=[DE])

    assert client.api.get_report(awkward).report_id == awkward
    amazon.hold(Held(awkward, b"x"))
    assert client.api.get_report_document(awkward).report_document_id == awkward


def test_only_reports_in_queue_are_cancelled(
    client: spr.Client, amazon: Amazon
) -> None:
    report_id = client.api.create_report(report_type=ORDERS, marketplace_ids=[DE])
    client.api.cancel_report(report_id)

    report = client.api.get_report(report_id)
    assert report.processing_status is spr.ProcessingStatus.CANCELLED
    assert report.is_terminal
    with pytest.raises(spr.BadRequestError) as refused:
        client.api.cancel_report(report_id)
    assert refused.value.operation == "cancelReport"
    assert refused.value.status == 400
    assert str(refused.value.request_id).startswith("made-up-")
    assert refused.value.details[0].code == "InvalidInput"
    assert amazon.count("cancelReport") == 2


def test_schedules_are_made_listed_shown_and_cancelled(
    client: spr.Client, amazon: Amazon
) -> None:
    moment = datetime(2026, 12, 1, 6, tzinfo=timezone(timedelta(hours=1)))
    schedule_id = client.api.create_report_schedule(
        report_type=SHIPPING,
        marketplace_ids=[DE, FR],
        period="PT84H",
        report_options={"ShowSalesChannel": "true"},
        next_report_creation_time=moment,
    )

    schedule = client.api.get_report_schedule(schedule_id)
    assert schedule.report_schedule_id == schedule_id
    assert schedule.period == "PT84H"
    assert schedule.marketplace_ids == (DE, FR)
    assert schedule.report_options == {"ShowSalesChannel": "true"}
    assert schedule.next_report_creation_time == moment
    assert client.api.get_report_schedules(report_types=[ORDERS, SHIPPING]) == (
        schedule,
    )
    client.api.cancel_report_schedule(schedule_id)
    assert client.api.get_report_schedules(report_types=[SHIPPING]) == ()
    with pytest.raises(spr.NotFoundError):
        client.api.get_report_schedule(schedule_id)
    with pytest.raises(spr.NotFoundError):
        client.api.cancel_report_schedule(schedule_id)


def test_all_18_periods_are_taken(client: spr.Client, amazon: Amazon) -> None:
    for period in PERIODS:
        client.api.create_report_schedule(
            report_type=SHIPPING, marketplace_ids=[DE], period=period
        )
    (left,) = client.api.get_report_schedules(report_types=[SHIPPING])
    assert left.period == "P1M"


@pytest.mark.parametrize("algorithm", ["GZIP", "ZSTD", None])
def test_a_document_tells_its_url_and_its_compression(
    client: spr.Client, amazon: Amazon, algorithm: str | None
) -> None:
    amazon.liberal = True
    amazon.hold(Held("d1", b"x", compression=algorithm))

    document = client.api.get_report_document("d1")
    assert document.report_document_id == "d1"
    assert document.url.startswith(amazon.host.origin)
    assert document.url not in repr(document)
    assert document.compression_algorithm == algorithm


def test_a_restricted_document_is_asked_for_with_a_token_of_its_own(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.hold(Held("amzn1.spdoc.1.4.na/ü", b"x", restricted=True))

    found = client.api.get_report_document("amzn1.spdoc.1.4.na/ü", restricted=True)
    assert found.report_document_id == "amzn1.spdoc.1.4.na/ü"
    assert [name for name, _ in amazon.calls] == [
        "createRestrictedDataToken",
        "getReportDocument",
    ]


def test_what_the_reference_forbids_is_refused_before_any_call(
    client: spr.Client, amazon: Amazon, time: Timepiece
) -> None:
    api = client.api
    now = time.now()
    eleven = [f"A{n}XXXXXXXXX" for n in range(11)]
    wrong: list[tuple[Any, dict[str, Any]]] = [
        (api.get_reports, {}),
        (api.get_reports, {"report_types": []}),
        (api.get_reports, {"report_types": [f"T{n}" for n in range(11)]}),
        (api.get_reports, {"report_types": ORDERS}),
        (api.get_reports, {"report_types": [ORDERS], "next_token": "x"}),
        (api.get_reports, {"page_size": 10, "next_token": "x"}),
        (api.get_reports, {"report_types": [ORDERS], "page_size": 0}),
        (api.get_reports, {"report_types": [ORDERS], "page_size": 101}),
        (api.get_reports, {"report_types": [ORDERS], "page_size": True}),
        (api.get_reports, {"report_types": [ORDERS], "processing_statuses": []}),
        (api.get_reports, {"report_types": [ORDERS], "processing_statuses": ["X"]}),
        (api.get_reports, {"report_types": [ORDERS], "marketplace_ids": []}),
        (api.get_reports, {"report_types": [ORDERS], "marketplace_ids": eleven}),
        (api.get_reports, {"report_types": [ORDERS], "created_since": NAIVE}),
        (api.get_reports, {"report_types": [ORDERS], "created_until": NAIVE}),
        (
            api.get_reports,
            {"report_types": [ORDERS], "created_since": now - timedelta(days=91)},
        ),
        (api.create_report, {"report_type": ORDERS, "marketplace_ids": []}),
        (api.create_report, {"report_type": "", "marketplace_ids": [DE]}),
        (
            api.create_report,
            {
                "report_type": ORDERS,
                "marketplace_ids": [DE],
                "report_options": {"a": True},
            },
        ),
        (
            api.create_report,
            {"report_type": ORDERS, "marketplace_ids": [DE], "data_start_time": NAIVE},
        ),
        (
            api.create_report,
            {
                "report_type": ORDERS,
                "marketplace_ids": [DE],
                "data_end_time": now + timedelta(days=1),
            },
        ),
        (api.get_report_schedules, {"report_types": []}),
        (
            api.create_report_schedule,
            {"report_type": ORDERS, "marketplace_ids": [DE], "period": "P2M"},
        ),
        (
            api.create_report_schedule,
            {
                "report_type": ORDERS,
                "marketplace_ids": [DE],
                "period": "P1D",
                "next_report_creation_time": NAIVE,
            },
        ),
        (api.get_report, {"report_id": ""}),
        (api.get_report_document, {"report_document_id": ".."}),
    ]
    for operation, arguments in wrong:
        with pytest.raises(ValueError, match=r"\w"):
            operation(**arguments)
    assert amazon.calls == []
    assert amazon.logins == 0


def test_unknown_values_and_fields_in_answers_break_nothing(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.liberal = True
    amazon.add_report(
        reportId="r1",
        reportType=ORDERS,
        processingStatus="ON_HOLD",
        newField={"deep": [1]},
        marketplaceIds=None,
        reportDocumentId=None,
    )
    amazon.schedules["s1"] = {
        "reportScheduleId": "s1",
        "reportType": SHIPPING,
        "period": "P1Y",
        "owner": None,
    }

    report = client.api.get_report("r1")
    assert report.processing_status == "ON_HOLD"
    assert not report.is_terminal
    assert report.marketplace_ids == ()
    assert client.api.get_reports(report_types=[ORDERS]).reports == (report,)
    assert client.api.get_report_schedule("s1").period == "P1Y"

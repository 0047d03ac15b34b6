"""What each operation sends and reads, and what it refuses to send."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any, cast

import numpy as np
import pytest

from spreports.api.auth import Credentials
from spreports.api.connection import connect_api
from spreports.api.models import Period, ProcessingStatus
from spreports.api.operations import ReportsAPI
from spreports.errors import ConfigError, NotFoundError, TransportError
from tests.api.calls_table import DE, ROWS, TYPE, Row
from tests.api.scripted_amazon import (
    BASE,
    RDT,
    Reply,
    ScriptedAmazon,
    document_json,
    refusal,
    report_json,
    schedule_json,
)
from tests.clocks import ManualClock

NOW = datetime(2026, 11, 1, tzinfo=UTC)
US = "ATVPDKIKX0DER"


def test_get_reports_sends_every_filter_as_the_reference_names_it(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"GET {BASE}/reports", {"reports": [report_json()], "nextToken": "n+/=&"})

    page = api.get_reports(
        report_types=["A", "B"],
        processing_statuses=[ProcessingStatus.DONE, "IN_QUEUE"],
        marketplace_ids=["DE", "A13V1IB3VIYZZH"],
        page_size=100,
        created_since=datetime(2026, 10, 1, 2, tzinfo=timezone(timedelta(hours=2))),
        created_until=datetime(2026, 10, 31, 1, 2, 3, 400_000, tzinfo=UTC),
    )

    (asked,) = amazon.calls()
    assert asked.query == (
        "reportTypes=A%2CB&processingStatuses=DONE%2CIN_QUEUE"
        "&marketplaceIds=A1PA6795UKMFR9%2CA13V1IB3VIYZZH&pageSize=100"
        "&createdSince=2026-10-01T00%3A00%3A00Z"
        "&createdUntil=2026-10-31T01%3A02%3A03.400000Z"
    )
    assert page.next_token == "n+/=&"
    assert page.reports[0].report_id == "R1"


def test_iter_reports_sends_every_filter_as_get_reports_does(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"GET {BASE}/reports", {"reports": []}, {"reports": []})
    filters: dict[str, Any] = {
        "report_types": ["A", "B"],
        "processing_statuses": ["DONE"],
        "marketplace_ids": ["DE"],
        "page_size": 7,
        "created_since": NOW - timedelta(days=3),
        "created_until": NOW - timedelta(days=2),
    }

    api.get_reports(**filters)
    list(api.iter_reports(**filters))

    one, another = (call.arguments for call in amazon.calls())
    assert one == another
    assert len(one) == len(filters)


def test_a_page_may_be_as_large_as_a_number_of_numpy_says(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"GET {BASE}/reports", {"reports": []})

    api.get_reports(report_types=["A"], page_size=cast("int", np.int64(5)))
    list(api.iter_reports(report_types=["A"], page_size=cast("int", np.uint8(5))))

    asked = [call.query for call in amazon.calls()]
    assert asked == ["reportTypes=A&pageSize=5"] * 2


def test_next_token_goes_alone_and_percent_encoded_whole(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"GET {BASE}/reports", {"reports": []})

    api.get_reports(next_token="a+b/c=d&e f,%41")

    (asked,) = amazon.calls()
    assert asked.query == "nextToken=a%2Bb%2Fc%3Dd%26e%20f%2C%2541"


def test_create_report_sends_the_specification(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"POST {BASE}/reports", Reply(202, {"reportId": "R9"}))

    report_id = api.create_report(
        report_type=TYPE,
        marketplace_ids=["UK", DE],
        report_options={"custom": "true"},
        data_start_time=NOW - timedelta(days=30),
        data_end_time=NOW,
    )

    (asked,) = amazon.calls()
    assert report_id == "R9"
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.json == {
        "reportType": TYPE,
        "marketplaceIds": ["A1F83G8C2ARO7P", DE],
        "reportOptions": {"custom": "true"},
        "dataStartTime": "2026-10-02T00:00:00Z",
        "dataEndTime": "2026-11-01T00:00:00Z",
    }


def test_create_report_schedule_sends_the_specification(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"POST {BASE}/schedules", Reply(201, {"reportScheduleId": "S9"}))

    schedule_id = api.create_report_schedule(
        report_type=TYPE,
        marketplace_ids=[DE],
        period=Period.PT84H,
        next_report_creation_time=datetime(2026, 12, 1, tzinfo=UTC),
    )

    (asked,) = amazon.calls()
    assert schedule_id == "S9"
    assert asked.json == {
        "reportType": TYPE,
        "marketplaceIds": [DE],
        "period": "PT84H",
        "nextReportCreationTime": "2026-12-01T00:00:00Z",
    }


def test_schedules_documents_and_cancellations_are_read(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"GET {BASE}/schedules", {"reportSchedules": [schedule_json()]})
    amazon.on(f"GET {BASE}/documents/D1", document_json())
    amazon.on(f"DELETE {BASE}/reports/R1", Reply(200))
    amazon.on(f"DELETE {BASE}/schedules/S1", Reply(200))

    (schedule,) = api.get_report_schedules(report_types=[TYPE])
    document = api.get_report_document(report_document_id="D1")

    assert schedule.period is Period.P1D
    assert document.compression_algorithm == "GZIP"
    assert api.cancel_report(report_id="R1") is None  # type: ignore[func-returns-value]  # the point of the test
    assert api.cancel_report_schedule(report_schedule_id="S1") is None  # type: ignore[func-returns-value]  # as above


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_request_carries_what_amazon_asks_for(
    row: Row, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, row.good)

    row.call(api)

    (asked,) = amazon.calls()
    assert asked.headers["x-amz-access-token"] == "Atza|1"
    assert asked.headers["Accept"] == "application/json"
    assert asked.headers["User-Agent"].startswith("spreports/")
    assert " (Language=Python/" in asked.headers["User-Agent"]
    assert "Authorization" not in asked.headers
    assert "Cookie" not in asked.headers
    assert ("Content-Type" in asked.headers) == (asked.method == "POST")


def test_ids_are_quoted_whole_and_cannot_leave_their_folder(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    with pytest.raises(NotFoundError):
        api.get_report("../../x?y=1#z é%2e")
    with pytest.raises(ValueError, match="is a folder and no id"):
        api.get_report("..")

    (asked,) = amazon.calls("/")[1:]
    assert asked.target == f"{BASE}/reports/..%2F..%2Fx%3Fy%3D1%23z%20%C3%A9%252e"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda a: a.get_reports(), "report_types is required"),
        (lambda a: a.get_reports(report_types=[]), "1 to 10 values, 0 given"),
        (
            lambda a: a.get_reports(report_types=[f"T{n}" for n in range(11)]),
            "11 given",
        ),
        (lambda a: a.get_reports(report_types=TYPE), "report_types=\\['GET"),
        (lambda a: a.get_reports(report_types=["A,B"]), "comma"),
        (lambda a: a.get_reports(report_types=[""]), "non-empty"),
        (lambda a: a.get_reports(report_types=[1]), "non-empty string"),
        (lambda a: a.get_reports(report_types=["A"], next_token="t"), "only parameter"),
        (lambda a: a.get_reports(page_size=5, next_token="t"), "only parameter"),
        (lambda a: a.get_reports(next_token=""), "next_token is empty"),
        (lambda a: a.get_reports(report_types=["A"], page_size=0), "1 to 100"),
        (lambda a: a.get_reports(report_types=["A"], page_size=101), "1 to 100"),
        (lambda a: a.get_reports(report_types=["A"], page_size=True), "integer"),
        (lambda a: a.get_reports(report_types=["A"], marketplace_ids=[]), "1 to 10"),
        (
            lambda a: a.get_reports(
                report_types=["A"],
                marketplace_ids=[*"ABCDEFGHIJK"],
            ),
            "marketplace_ids takes 1 to 10",
        ),
        (lambda a: a.get_reports(report_types=["A"], marketplace_ids=["XX"]), "XX"),
        (
            lambda a: a.get_reports(report_types=["A"], processing_statuses=[]),
            "at least 1",
        ),
        (
            lambda a: a.get_reports(report_types=["A"], processing_statuses=["NEW"]),
            "none of CANCELLED",
        ),
        (
            lambda a: a.get_reports(
                report_types=["A"], created_since=NOW - timedelta(days=90, minutes=6)
            ),
            "90 days",
        ),
        (
            lambda a: a.get_reports(
                report_types=["A"],
                created_since=datetime(2026, 10, 1),  # noqa: DTZ001 - naive on purpose
            ),
            "created_since must be an aware",
        ),
        (
            lambda a: a.get_reports(
                report_types=["A"], created_since=NOW, created_until=NOW - timedelta(1)
            ),
            "before created_since",
        ),
        (
            lambda a: a.create_report(report_type="", marketplace_ids=[DE]),
            "report_type",
        ),
        (lambda a: a.create_report(report_type="A", marketplace_ids=[]), "1 to 25"),
        (lambda a: a.create_report(report_type="A", marketplace_ids=DE), "give a list"),
        (
            lambda a: a.create_report(
                report_type="A", marketplace_ids=[f"A1PA6795UK{n}" for n in range(26)]
            ),
            "1 to 25 values, 26 given: spread",
        ),
        (
            lambda a: a.create_report(
                report_type="A", marketplace_ids=[DE], report_options={"x": True}
            ),
            'give "true"',
        ),
        (
            lambda a: a.create_report(
                report_type="A", marketplace_ids=[DE], report_options={1: "x"}
            ),
            "no text",
        ),
        (
            lambda a: a.create_report(
                report_type="A",
                marketplace_ids=[DE],
                data_start_time=NOW,
                data_end_time=NOW - timedelta(seconds=1),
            ),
            "before data_start_time",
        ),
        (
            lambda a: a.create_report(
                report_type="A",
                marketplace_ids=[DE],
                data_end_time=NOW + timedelta(days=1),
            ),
            "in the future",
        ),
        (
            lambda a: a.create_report_schedule(
                report_type="A", marketplace_ids=[DE], period="P5D"
            ),
            "period 'P5D' is none of PT5M",
        ),
        (
            lambda a: a.create_report_schedule(
                report_type="A",
                marketplace_ids=[DE],
                period="P1D",
                next_report_creation_time="2026-12-01",
            ),
            "next_report_creation_time must be an aware",
        ),
        (lambda a: a.get_report_schedules(report_types=[]), "1 to 10"),
        (lambda a: a.get_report(""), "report_id is required"),
        (lambda a: a.cancel_report_schedule(" "), "report_schedule_id is required"),
        (lambda a: a.get_report_document("a\nb"), "report_document_id has"),
    ],
)
def test_a_limit_of_the_reference_is_a_value_error_before_any_call(
    call: Callable[[ReportsAPI], object],
    words: str,
    amazon: ScriptedAmazon,
    api: ReportsAPI,
) -> None:
    with pytest.raises(ValueError, match=words):
        call(api)

    assert amazon.asked == []


@pytest.mark.parametrize("late", [timedelta(0), timedelta(microseconds=1)])
def test_90_days_back_from_a_moment_ago_are_all_that_amazon_lists(
    late: timedelta, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"GET {BASE}/reports", {"reports": []}, {"reports": []})
    since = NOW - timedelta(days=90) - late

    api.get_reports(report_types=["A"], created_since=since)
    list(api.iter_reports(report_types=["A"], created_since=since))

    asked = [call.query for call in amazon.calls()]
    assert asked == ["reportTypes=A", "reportTypes=A&pageSize=100"]


def test_iter_reports_turns_pages_by_the_token_alone_and_yields_each_report_once(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(
        f"GET {BASE}/reports",
        {"reports": [report_json("R1"), report_json("R2")], "nextToken": "+/=&1"},
        {"reports": [report_json("R2"), report_json("R3")], "nextToken": "+/=&2"},
        {"reports": []},
    )

    found = [r.report_id for r in api.iter_reports(report_types=["A"])]

    assert found == ["R1", "R2", "R3"]
    assert [asked.arguments for asked in amazon.calls()] == [
        {"reportTypes": "A", "pageSize": "100"},
        {"nextToken": "+/=&1"},
        {"nextToken": "+/=&2"},
    ]


def test_iter_reports_checks_its_arguments_at_once(api: ReportsAPI) -> None:
    with pytest.raises(ValueError, match="report_types"):
        api.iter_reports(report_types=[])


def test_iter_reports_starts_again_once_when_a_token_is_no_longer_taken(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(
        f"GET {BASE}/reports",
        {"reports": [report_json("R1")], "nextToken": "old"},
        refusal(400, "InvalidInput", "token"),
        {"reports": [report_json("R1"), report_json("R2")], "nextToken": "new"},
        {"reports": [report_json("R3")]},
    )

    found = [r.report_id for r in api.iter_reports(report_types=["A"])]

    assert found == ["R1", "R2", "R3"]
    assert len(amazon.calls()) == 4


def test_iter_reports_stops_when_the_pages_go_round_in_a_circle(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"GET {BASE}/reports", {"reports": [], "nextToken": "again"})

    with pytest.raises(TransportError, match="same nextToken twice"):
        list(api.iter_reports(report_types=["A"]))

    assert len(amazon.calls()) == 2


def page(token: int, *report_ids: str) -> dict[str, object]:
    listed = [report_json(each) for each in report_ids]
    return {"reports": listed, "nextToken": f"token {token}"}


def test_iter_reports_stops_where_fresh_tokens_lead_to_the_same_reports(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"GET {BASE}/reports", *(page(n, "R1", "R2") for n in range(40)))

    with pytest.raises(TransportError, match="10 pages listed only reports that had"):
        list(api.iter_reports(report_types=["A"]))

    assert len(amazon.calls()) == 11


def test_iter_reports_turns_pages_that_are_empty_or_come_again_after_a_restart(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    listed = [page(n, f"R{n}") for n in range(15)]
    amazon.on(
        f"GET {BASE}/reports",
        *listed,
        refusal(400, "InvalidInput", "token"),
        *listed,
        *(page(100 + n) for n in range(15)),
        {"reports": [report_json("last")]},
    )

    found = [r.report_id for r in api.iter_reports(report_types=["A"])]

    assert found == [*(f"R{n}" for n in range(15)), "last"]


def test_a_restricted_document_is_asked_for_with_its_own_token(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    tokens = [
        {"restrictedDataToken": f"Atz.sprdt|{n}", "expiresIn": 60} for n in (1, 2)
    ]
    amazon.on(f"POST {RDT}", *tokens)
    expired = refusal(403, "Unauthorized", "The access token you provided has expired.")
    amazon.on(f"GET {BASE}/documents/D%2F1", expired, document_json("D/1"))

    api.get_report_document("D/1", restricted=True)

    asked = [(a.path, a.headers["x-amz-access-token"]) for a in amazon.asked[1:]]
    assert asked == [
        (RDT, "Atza|1"),
        (f"{BASE}/documents/D%2F1", "Atz.sprdt|1"),
        (RDT, "Atza|1"),
        (f"{BASE}/documents/D%2F1", "Atz.sprdt|2"),
    ]
    assert amazon.calls(RDT)[0].json == {
        "restrictedResources": [{"method": "GET", "path": f"{BASE}/documents/D%2F1"}]
    }


def test_each_restricted_document_gets_a_fresh_token(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"POST {RDT}", {"restrictedDataToken": "Atz.sprdt|1", "expiresIn": 3600})
    amazon.on(f"GET {BASE}/documents/D1", document_json())

    api.get_report_document("D1", restricted=True)
    api.get_report_document("D1", restricted=True)

    assert len(amazon.calls(RDT)) == 2


def test_a_restricted_token_serves_the_retries_of_its_one_call(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"POST {RDT}", {"restrictedDataToken": "Atz.sprdt|1", "expiresIn": 3600})
    amazon.on(f"GET {BASE}/documents/D1", refusal(503), document_json())

    api.get_report_document("D1", restricted=True)

    assert (len(amazon.calls(RDT)), len(amazon.calls(BASE))) == (1, 2)


def test_restricted_is_yes_or_no(amazon: ScriptedAmazon, api: ReportsAPI) -> None:
    with pytest.raises(TypeError, match="restricted='no' is neither True nor False"):
        api.get_report_document("D1", restricted="no")  # type: ignore[arg-type]  # wrong on purpose

    assert amazon.asked == []


class TestRegion:
    """Which host a call would go to, asked without a network."""

    def api(self, credentials: Credentials, **settings: object) -> ReportsAPI:
        clock = ManualClock()
        return connect_api(credentials, clock=clock, **settings)  # type: ignore[arg-type]  # settings by name

    def test_an_operation_without_marketplaces_needs_a_region(
        self, credentials: Credentials
    ) -> None:
        with (
            self.api(credentials) as api,
            pytest.raises(ConfigError, match="SPREPORTS_REGION"),
        ):
            api.get_report("R1")

    def test_marketplaces_of_another_region_are_refused(
        self, credentials: Credentials
    ) -> None:
        with (
            self.api(credentials, region="eu") as api,
            pytest.raises(ConfigError, match=r"US belong to region 'na'.*serves 'eu'"),
        ):
            api.create_report(report_type=TYPE, marketplace_ids=["US"])

    def test_marketplaces_of_two_regions_in_one_call_say_how_to_split(
        self, credentials: Credentials
    ) -> None:
        with (
            self.api(credentials) as api,
            pytest.raises(
                ValueError, match="region='eu' for DE; region='na' for US, CA"
            ),
        ):
            api.create_report(report_type=TYPE, marketplace_ids=["DE", "US", "CA"])

    def test_an_unknown_region_is_a_config_error(
        self, credentials: Credentials
    ) -> None:
        with pytest.raises(ConfigError, match="'na'"):
            self.api(credentials, region="us")

    def test_credentials_do_not_go_to_amazon_for_the_sake_of_a_stand_in(
        self, credentials: Credentials
    ) -> None:
        with pytest.raises(ConfigError, match="token_url="):
            self.api(credentials, endpoint="http://127.0.0.1:1")
        sandbox = "https://sandbox.sellingpartnerapi-na.amazon.com"
        self.api(credentials, endpoint=sandbox).close()

    @pytest.mark.parametrize(
        "endpoint",
        [
            "http://sellingpartnerapi-eu.amazon.com",
            "https://user:word@sellingpartnerapi-eu.amazon.com",
            "https://sellingpartnerapi-eu.amazon.com/?a=b",
            "https://evil.example\\@sellingpartnerapi-eu.amazon.com",
            "ftp://127.0.0.1",
            "127.0.0.1:80",
            "http://127.0.0.1.evil.example",
            "",
            " https://sellingpartnerapi-eu.amazon.com",
        ],
    )
    def test_an_endpoint_is_https_or_loopback(
        self, endpoint: str, credentials: Credentials
    ) -> None:
        with pytest.raises(ConfigError):
            self.api(credentials, endpoint=endpoint, token_url="http://127.0.0.1:1/t")
        with pytest.raises(ConfigError):
            self.api(credentials, token_url=endpoint)


def test_an_answer_without_a_date_leaves_what_is_known_of_the_clock(
    amazon: ScriptedAmazon, api: ReportsAPI, clock: ManualClock
) -> None:
    told = format_datetime(clock.now() - timedelta(hours=1), usegmt=True)
    amazon.on(
        f"GET {BASE}/reports/R1",
        Reply(200, report_json(), {"Date": told}),
        Reply(200, report_json()),
    )

    api.get_report("R1")
    api.get_report("R1")

    assert api.clock_skew == 3600


def test_the_answer_about_another_report_is_no_answer(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(f"GET {BASE}/reports/R1", report_json("R2"), report_json("R2"))

    with pytest.raises(TransportError, match="another report's"):
        api.get_report("R1")


def test_the_answer_about_another_document_is_no_answer(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    other = {"reportDocumentId": "D2", "url": "https://d.amazonaws.com/CANARY"}
    amazon.on(f"GET {BASE}/documents/D1", other, other)

    with pytest.raises(TransportError, match="another document's") as caught:
        api.get_report_document("D1")
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("value", ["a,b", "..", "\ud83d"])
def test_a_new_id_that_cannot_be_sent_back_may_still_be_of_something_made(
    amazon: ScriptedAmazon, api: ReportsAPI, value: str
) -> None:
    amazon.on(f"POST {BASE}/reports", Reply(202, {"reportId": value}))
    amazon.on(f"POST {BASE}/schedules", Reply(202, {"reportScheduleId": value}))

    with pytest.raises(TransportError, match="reportId") as caught:
        api.create_report(report_type=TYPE, marketplace_ids=[DE])
    assert caught.value.sent
    with pytest.raises(TransportError, match="reportScheduleId"):
        api.create_report_schedule(report_type=TYPE, marketplace_ids=[DE], period="P1D")

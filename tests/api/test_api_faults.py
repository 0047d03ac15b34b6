"""Each operation against each way in which an answer can be bad."""

from __future__ import annotations

import socket

import pytest

from spreports.api.auth import Credentials
from spreports.api.bucket import RATE_MARGIN
from spreports.api.connection import connect_api
from spreports.api.operations import ReportsAPI
from spreports.api.throttle import Throttle
from spreports.api.usage_plans import USAGE_PLANS
from spreports.errors import (
    APIError,
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    ThrottledError,
    TransportError,
    UnauthorizedError,
)
from tests.api.calls_table import ROWS, Row
from tests.api.scripted_amazon import (
    BASE,
    LWA,
    RATES,
    RDT,
    Reply,
    ScriptedAmazon,
    document_json,
    refusal,
    report_json,
)
from tests.clocks import ManualClock

each_operation = pytest.mark.parametrize("row", ROWS, ids=str)
FULL_JITTER = [1.0, 2.0, 4.0, 8.0]


def requests_for(amazon: ScriptedAmazon, row: Row) -> int:
    return len([a for a in amazon.asked if f"{a.method} {a.path}" == row.on])


def tokens_fetched(amazon: ScriptedAmazon) -> int:
    return len(amazon.calls(LWA))


@each_operation
def test_a_good_answer_needs_one_request(
    row: Row, amazon: ScriptedAmazon, api: ReportsAPI, clock: ManualClock
) -> None:
    amazon.on(row.on, row.good)

    row.call(api)

    assert (requests_for(amazon, row), tokens_fetched(amazon)) == (1, 1)
    assert clock.slept == []


@each_operation
def test_after_429_the_next_request_waits_for_the_reference_rate(
    row: Row, amazon: ScriptedAmazon, api: ReportsAPI, clock: ManualClock
) -> None:
    amazon.on(row.on, refusal(429, "QuotaExceeded"), row.good)

    row.call(api)

    interval = 1 / USAGE_PLANS[row.operation].rate
    assert requests_for(amazon, row) == 2
    assert clock.slept == [pytest.approx(interval / RATE_MARGIN)]


@each_operation
def test_after_429_with_a_rate_header_the_wait_follows_the_header(
    row: Row, amazon: ScriptedAmazon, api: ReportsAPI, clock: ManualClock
) -> None:
    rate = USAGE_PLANS[row.operation].rate / 2
    amazon.on(row.on, Reply(429, {}, {RATES: str(rate)}), row.good)

    row.call(api)

    assert clock.slept == [pytest.approx(1 / rate / RATE_MARGIN)]


@each_operation
def test_429_is_tried_again_until_the_deadline_and_not_beyond(
    row: Row, amazon: ScriptedAmazon, api: ReportsAPI, clock: ManualClock
) -> None:
    amazon.on(row.on, refusal(429, "QuotaExceeded", Retry_After="110"))

    with pytest.raises(ThrottledError, match="quota returns in") as caught:
        row.call(api)

    # Each 429 after the first says that others leave less: getReport has more to share
    assert requests_for(amazon, row) == len(clock.slept) + 1 >= 5
    assert min(clock.slept) >= 110
    assert sum(clock.slept) <= 900
    assert caught.value.operation == row.operation
    assert caught.value.status == 429
    assert caught.value.request_id == "request-1"
    assert caught.value.details[0].code == "QuotaExceeded"


@each_operation
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (415, BadRequestError),
    ],
)
def test_a_refusal_is_raised_at_once_with_what_amazon_said(
    row: Row, status: int, kind: type[APIError], amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, refusal(status, "Unauthorized", "Access is denied."))

    with pytest.raises(kind, match=r"Access is denied\.") as caught:
        row.call(api)

    assert (requests_for(amazon, row), tokens_fetched(amazon)) == (1, 1)
    assert caught.value.operation == row.operation
    assert caught.value.status == status
    assert caught.value.request_id == "request-1"
    assert caught.value.details[0].message == "Access is denied."


@each_operation
def test_what_is_not_there_is_told_by_what_becomes_of_its_kind(
    row: Row, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, refusal(404))
    is_gone = {
        True: "a schedule is gone once it is cancelled or another takes its place",
        False: "reports are kept for 90 days at most",
    }

    with pytest.raises(NotFoundError) as caught:
        row.call(api)

    of_a_schedule = "Schedule" in row.operation
    assert is_gone[of_a_schedule] in str(caught.value)
    assert is_gone[not of_a_schedule] not in str(caught.value)


@each_operation
@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_token_is_renewed_once_and_the_call_repeated(
    row: Row, status: int, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(
        row.on, refusal(status, "Unauthorized", "The token has expired."), row.good
    )

    row.call(api)

    sent = [a.headers["x-amz-access-token"] for a in amazon.calls("/reports")]
    assert sent == ["Atza|1", "Atza|2"]


@each_operation
@pytest.mark.parametrize(
    ("status", "kind"), [(401, UnauthorizedError), (403, ForbiddenError)]
)
def test_a_token_that_is_refused_twice_is_an_error_and_no_loop(
    row: Row, status: int, kind: type[APIError], amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, refusal(status, "Unauthorized", "The token has expired."))

    with pytest.raises(kind):
        row.call(api)

    assert (requests_for(amazon, row), tokens_fetched(amazon)) == (2, 2)


@each_operation
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_repeated_only_where_that_does_no_harm(
    row: Row, status: int, amazon: ScriptedAmazon, api: ReportsAPI, clock: ManualClock
) -> None:
    amazon.on(row.on, refusal(status))

    with pytest.raises(ServerError) as caught:
        row.call(api)

    assert requests_for(amazon, row) == (5 if row.repeatable else 1)
    longest = FULL_JITTER if row.repeatable else []
    assert len(clock.slept) == len(longest)
    assert all(0 < s <= m for s, m in zip(clock.slept, longest, strict=True))
    assert caught.value.status == status


@each_operation
def test_a_lost_connection_is_repeated_only_where_that_does_no_harm(
    row: Row, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, Reply(lost=True))

    with pytest.raises(TransportError, match="connection was lost") as caught:
        row.call(api)

    assert requests_for(amazon, row) == (5 if row.repeatable else 1)
    assert caught.value.sent
    assert caught.value.status is None


@each_operation
@pytest.mark.parametrize(
    "body",
    [b"<html>Sign in to the hotel network</html>", b'{"reports": [', b"[" * 100_000],
    ids=["html", "cut", "deep"],
)
def test_an_answer_that_is_not_json_is_a_transport_error(
    row: Row, body: bytes, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, Reply(row.good.status, body))

    with pytest.raises(TransportError, match="not JSON") as caught:
        row.call(api)

    assert requests_for(amazon, row) == (3 if row.repeatable else 1)
    assert caught.value.sent
    assert "hotel" not in str(caught.value)


@each_operation
@pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
def test_a_refusal_in_html_is_no_refusal_of_amazon(
    row: Row, status: int, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, Reply(status, b"<html>Blocked by the hotel network</html>"))

    with pytest.raises(TransportError, match="not JSON") as caught:
        row.call(api)

    assert requests_for(amazon, row) == (5 if row.repeatable else 1)
    assert tokens_fetched(amazon) == 1
    assert (caught.value.status, caught.value.sent) == (status, True)
    assert "hotel" not in str(caught.value)


@each_operation
@pytest.mark.parametrize("body", [b"", b"Bad Request", b'{"errors": [{"cod'])
@pytest.mark.parametrize("kind", [BadRequestError, NotFoundError])
def test_a_refusal_with_a_request_id_is_amazons_whatever_its_body(
    row: Row,
    kind: type[APIError],
    body: bytes,
    amazon: ScriptedAmazon,
    api: ReportsAPI,
) -> None:
    status = 404 if kind is NotFoundError else 400
    amazon.on(row.on, Reply(status, body, {"x-amzn-RequestId": "made-up"}))

    with pytest.raises(kind, match=f"HTTP {status}: no details given") as caught:
        row.call(api)

    assert requests_for(amazon, row) == 1
    assert caught.value.request_id == "made-up"


@each_operation
@pytest.mark.parametrize("status", [400, 404, 405, 413, 431, 451, 499])
def test_a_refusal_without_a_word_is_no_refusal_of_amazon(
    row: Row, status: int, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, Reply(status))

    with pytest.raises(TransportError, match=f"HTTP {status} with 0 bytes") as caught:
        row.call(api)

    assert requests_for(amazon, row) == (5 if row.repeatable else 1)
    assert (caught.value.status, caught.value.sent) == (status, True)


@each_operation
@pytest.mark.parametrize(
    ("status", "kind"), [(401, UnauthorizedError), (403, ForbiddenError)]
)
def test_who_asks_is_refused_even_without_a_word(
    row: Row, status: int, kind: type[APIError], amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, Reply(status))

    with pytest.raises(kind):
        row.call(api)

    assert requests_for(amazon, row) == 1 + (status == 401)


@each_operation
@pytest.mark.parametrize("status", [408, 425])
@pytest.mark.parametrize("said", [True, False])
def test_a_request_that_came_too_slowly_or_too_early_may_come_again(
    row: Row, status: int, amazon: ScriptedAmazon, api: ReportsAPI, *, said: bool
) -> None:
    amazon.on(row.on, refusal(status) if said else Reply(status), row.good)

    if row.repeatable:
        row.call(api)
        assert requests_for(amazon, row) == 2
        return
    with pytest.raises(TransportError, match=f"HTTP {status}: ") as caught:
        row.call(api)
    assert requests_for(amazon, row) == 1
    assert caught.value.sent
    assert bool(caught.value.details) is said


@each_operation
@pytest.mark.parametrize("body", [{}, [], {"reports": 1}, {"reportId": 7}, None])
def test_json_of_the_wrong_shape_is_a_transport_error(
    row: Row, body: object, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    if row.on.startswith("DELETE"):
        return
    amazon.on(row.on, Reply(row.good.status, body))

    with pytest.raises(TransportError):
        row.call(api)


@each_operation
@pytest.mark.parametrize(
    "answer",
    [refusal(500), refusal(503), refusal(408), Reply(200, b"<html>"), Reply(lost=True)],
)
def test_what_may_have_made_something_is_to_be_looked_for_before_it_is_asked_again(
    row: Row, answer: Reply, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    amazon.on(row.on, answer)

    with pytest.raises(APIError) as caught:
        row.call(api)

    told = "Amazon may have acted on it, so look before asking again" in str(
        caught.value
    )
    assert told is not row.repeatable


@each_operation
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_nothing_follows_it(
    row: Row, status: int, amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    with ScriptedAmazon() as elsewhere:
        amazon.on(
            row.on, Reply(status, headers={"Location": elsewhere.endpoint + "/x"})
        )

        with pytest.raises(TransportError, match="redirects are refused"):
            row.call(api)

        assert elsewhere.asked == []
    assert requests_for(amazon, row) == 1


@each_operation
def test_a_refused_connection_is_repeated_because_nothing_was_sent(
    row: Row, amazon: ScriptedAmazon, clock: ManualClock, credentials: Credentials
) -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unheard.getsockname()[1]}"
        with (
            connect_api(
                credentials, endpoint=nobody, token_url=amazon.token_url, clock=clock
            ) as api,
            pytest.raises(TransportError, match="refused or the name") as caught,
        ):
            row.call(api)

    assert not caught.value.sent
    assert len(clock.slept) == 4


@each_operation
def test_a_failed_login_costs_no_slot_since_nothing_was_sent(
    row: Row, amazon: ScriptedAmazon, clock: ManualClock, credentials: Credentials
) -> None:
    amazon.on(f"POST {LWA}", Reply(429))
    throttle = Throttle(clock)

    with (
        connect_api(
            credentials,
            endpoint=amazon.endpoint,
            token_url=amazon.token_url,
            clock=clock,
            throttle=throttle,
        ) as api,
        pytest.raises(ThrottledError) as caught,
    ):
        row.call(api)

    assert caught.value.operation == "LWA access token"
    assert throttle.state(row.operation) == Throttle(clock).state(row.operation)


def test_a_token_that_grew_old_while_quota_was_waited_for_is_renewed_first(
    amazon: ScriptedAmazon, api: ReportsAPI, clock: ManualClock
) -> None:
    row = next(each for each in ROWS if each.operation == "getReports")
    amazon.on(f"POST {LWA}", Reply(200, {"access_token": "Atza|1", "expires_in": 90}))
    amazon.on(row.on, refusal(429, Retry_After="60"), row.good)

    row.call(api)

    assert tokens_fetched(amazon) == 2


class TestTokens:
    """The restricted data token, which comes before its document."""

    on = f"POST {RDT}"

    def call(self, api: ReportsAPI) -> object:
        return api.get_report_document("D1", restricted=True)

    def test_429_waits_one_second(
        self, amazon: ScriptedAmazon, api: ReportsAPI, clock: ManualClock
    ) -> None:
        good = {"restrictedDataToken": "Atz.sprdt|1", "expiresIn": 3600}
        amazon.on(self.on, refusal(429), Reply(200, good))
        amazon.on("GET /reports/2021-06-30/documents/D1", document_json())

        self.call(api)

        assert clock.slept == [pytest.approx(1 / RATE_MARGIN)]

    @pytest.mark.parametrize(
        ("status", "kind", "requests"),
        [
            (400, BadRequestError, 1),
            (401, UnauthorizedError, 2),
            (403, ForbiddenError, 1),
            (404, NotFoundError, 1),
            (500, ServerError, 5),
            (503, ServerError, 5),
            (302, TransportError, 1),
        ],
    )
    def test_statuses_become_the_tree_and_the_document_is_not_asked_for(
        self,
        status: int,
        kind: type[APIError],
        requests: int,
        amazon: ScriptedAmazon,
        api: ReportsAPI,
    ) -> None:
        amazon.on(self.on, refusal(status))

        with pytest.raises(kind) as caught:
            self.call(api)

        assert len(amazon.calls(RDT)) == requests
        assert amazon.calls("/reports") == []
        assert caught.value.operation == "createRestrictedDataToken"

    def test_a_lost_connection_and_html_are_transport_errors(
        self, amazon: ScriptedAmazon, api: ReportsAPI
    ) -> None:
        amazon.on(self.on, Reply(lost=True), Reply(200, b"<html>"))

        with pytest.raises(TransportError, match="not JSON"):
            self.call(api)

        assert len(amazon.calls(RDT)) == 1 + 3

    def test_a_page_that_comes_once_is_only_asked_past(
        self, amazon: ScriptedAmazon, api: ReportsAPI
    ) -> None:
        good = {"restrictedDataToken": "Atz.sprdt|1", "expiresIn": 3600}
        amazon.on(self.on, Reply(200, b"<html>"), Reply(200, good))
        amazon.on(f"GET {BASE}/documents/D1", document_json())

        self.call(api)

        assert len(amazon.calls(RDT)) == 2


@pytest.mark.parametrize(
    "refused",
    [
        refusal(403, "Unauthorized", "The access token you provided is revoked."),
        refusal(403, "Unauthorized", "The access token you provided is not valid."),
        refusal(403, "InvalidAccessToken", "x"),
    ],
)
def test_a_token_that_is_called_bad_is_renewed_once(
    amazon: ScriptedAmazon, api: ReportsAPI, refused: Reply
) -> None:
    amazon.on(f"GET {BASE}/reports/R1", refused, report_json())
    amazon.on(f"GET {BASE}/reports/R2", refused)

    assert api.get_report("R1").report_id == "R1"
    with pytest.raises(ForbiddenError):
        api.get_report("R2")

    assert len(amazon.calls(LWA)) == 3


def test_a_missing_role_is_not_the_tokens_fault(
    amazon: ScriptedAmazon, api: ReportsAPI
) -> None:
    denied = refusal(403, "Unauthorized", "Access to requested resource is denied.")
    amazon.on(f"GET {BASE}/reports/R1", denied)

    with pytest.raises(ForbiddenError):
        api.get_report("R1")

    assert len(amazon.calls(LWA)) == 1

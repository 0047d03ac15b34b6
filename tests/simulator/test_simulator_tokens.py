"""Logging in, restricted data, and the plans of usage."""

from __future__ import annotations

import socket

import pytest
import requests

from spreports.simulator.tokens import MadeUpCredentials
from tests.simulator.asking import BASE, DE, LOGIN, ORDERS, SHIPPING, US, Caller
from tests.simulator.conftest import MakeCaller
from tests.simulator.shapes import misfits


def test_a_login_gives_a_bearer_that_lasts_an_hour(caller: Caller) -> None:
    answer = caller.session.post(caller.simulator.token_url, data=LOGIN).json()

    assert answer["token_type"] == "bearer"
    assert answer["expires_in"] == 3600
    caller.clock.advance(3599)
    assert caller.create(ORDERS, [DE]).status_code == 202
    caller.clock.advance(1)
    late = caller.create(ORDERS, [DE])
    assert late.status_code == 403
    assert late.json()["errors"][0]["code"] == "Unauthorized"
    assert "has expired" in late.json()["errors"][0]["details"]
    assert "x-amzn-RateLimit-Limit" not in late.headers


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"refresh_token": ""}, 400, "invalid_request"),
        ({"client_secret": ""}, 400, "invalid_request"),
        ({"client_id": "foreign"}, 401, "invalid_client"),
        ({"refresh_token": "foreign"}, 400, "invalid_grant"),
        ({"refresh_token": "Atzr|" + "x" * 300}, 400, "invalid_grant"),
        ({}, 200, None),
    ],
)
def test_strict_logins_are_refused_in_oauth_words(
    calling: MakeCaller, change: dict[str, str], status: int, error: str | None
) -> None:
    simulator = calling(strict_credentials=True).simulator
    own = simulator.credentials
    form = {
        "grant_type": "refresh_token",
        "refresh_token": own.refresh_token,
        "client_id": own.client_id,
        "client_secret": own.client_secret,
        **change,
    }

    answer = requests.post(simulator.token_url, data=form, timeout=60)

    assert answer.status_code == status
    assert answer.json().get("error") == error


def test_a_login_must_be_a_form(caller: Caller) -> None:
    answer = caller.session.post(caller.simulator.token_url, json=LOGIN)

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_request"


def test_credentials_do_not_show_themselves() -> None:
    made = MadeUpCredentials.fresh()

    assert made.client_secret not in repr(made)


@pytest.mark.parametrize("token", ["", "Atza|foreign"])
def test_without_a_token_of_ours_nothing_is_answered(
    caller: Caller, token: str
) -> None:
    headers = {"x-amz-access-token": token} if token else {}
    url = caller.simulator.endpoint + f"{BASE}/reports"
    answer = caller.session.get(url, params={"reportTypes": ORDERS}, headers=headers)

    assert answer.status_code == 403
    assert misfits("ErrorList", answer.json()) == []


def test_a_restricted_document_wants_a_token_for_exactly_its_path(
    caller: Caller,
) -> None:
    first = caller.finished(SHIPPING, [US])["reportDocumentId"]
    second = caller.finished(SHIPPING, [US])["reportDocumentId"]
    given = caller.restricted_token(f"{BASE}/documents/{first}").json()
    token = given["restrictedDataToken"]

    assert caller.document(first).status_code == 403
    assert caller.document(second, token=token).status_code == 403
    assert caller.document(first, token=token).status_code == 200
    path = f"{BASE}/reports"
    other = caller.call("GET", path, token=token, params={"reportTypes": ORDERS})
    assert other.status_code == 403
    caller.clock.advance(given["expiresIn"])
    late = caller.document(first, token=token)
    assert late.status_code == 403
    assert "has expired" in late.json()["errors"][0]["details"]


def test_a_pattern_is_no_path_for_a_restricted_token(caller: Caller) -> None:
    for path in (
        f"{BASE}/documents/{{reportDocumentId}}",
        f"{BASE}/documents",
        f"{BASE}/documents/",
        f"{BASE}/documents/a/b",
    ):
        assert caller.restricted_token(path).status_code == 400
    assert len(caller.simulator.breaches) == 4


@pytest.mark.parametrize(
    "resources",
    [
        None,
        [],
        "x",
        ["x"],
        [{"method": "GET"}],
        [{"method": "SEE", "path": "/a"}],
        [{"method": "GET", "path": "orders"}],
        [{"method": "GET", "path": f"{BASE}/documents/a"}] * 51,
    ],
)
def test_malformed_restricted_resources_are_refused(
    caller: Caller, resources: object
) -> None:
    path = "/tokens/2021-03-01/restrictedDataToken"
    body = {"restrictedResources": resources}

    assert caller.call("POST", path, json=body).status_code == 400


def test_usage_plans_are_exact(calling: MakeCaller) -> None:
    caller = calling(usage_plans=True)

    def ask() -> requests.Response:
        return caller.create(ORDERS, [DE])

    assert [ask().status_code for _ in range(16)] == [202] * 15 + [429]
    caller.clock.advance(1 / 0.0167 - 0.001)
    throttled = ask()
    assert throttled.status_code == 429
    assert throttled.json()["errors"][0]["code"] == "QuotaExceeded"
    assert "x-amzn-RateLimit-Limit" not in throttled.headers
    caller.clock.advance(0.001)
    passed = ask()
    assert passed.status_code == 202
    assert passed.headers["x-amzn-RateLimit-Limit"] == "0.0167"
    assert ask().status_code == 429
    # Other operations have buckets of their own, and a full one holds no more
    other = caller.call("GET", f"{BASE}/reports", params={"reportTypes": ORDERS})
    assert other.status_code == 200
    caller.clock.advance(3000)
    assert [ask().status_code for _ in range(16)] == [202] * 15 + [429]


def test_plans_can_be_others_and_named_on_a_429(calling: MakeCaller) -> None:
    caller = calling(usage_plans={"createReport": (0.5, 1)}, rate_header_on_429=True)

    first, second = (caller.create(ORDERS, [DE]) for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 429)
    assert second.headers["x-amzn-RateLimit-Limit"] == "0.5"
    caller.clock.advance(2)
    assert caller.create(ORDERS, [DE]).status_code == 202


def test_the_journal_holds_no_secret_and_notes_a_missing_user_agent(
    caller: Caller,
) -> None:
    with socket.create_connection(("127.0.0.1", _port(caller))) as raw:
        raw.sendall(
            f"GET {BASE}/reports?reportTypes={ORDERS} HTTP/1.1\r\nHost: localhost\r\n"
            f"x-amz-access-token: {caller.token}\r\nConnection: close\r\n\r\n".encode()
        )
        assert raw.recv(65_536).startswith(b"HTTP/1.1 200")
    url = caller.url(ORDERS, [DE])
    caller.session.get(url)

    assert caller.simulator.breaches == ["getReports: no User-Agent"]
    noted = repr(caller.simulator.requests)
    assert caller.token not in noted
    assert "X-Amz-Signature'" in noted
    assert url.partition("X-Amz-Signature=")[2] not in noted


def test_only_loopback_hosts_are_served(caller: Caller) -> None:
    url = caller.simulator.endpoint + f"{BASE}/reports"

    answer = caller.session.get(url, headers={"Host": "evil.example"})

    assert answer.status_code == 421
    assert caller.simulator.endpoint.startswith("http://127.0.0.1:")


def _port(caller: Caller) -> int:
    return int(caller.simulator.endpoint.rpartition(":")[2])

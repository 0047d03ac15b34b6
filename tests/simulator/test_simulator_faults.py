"""The fault script: each kind strikes as it says, and when it says."""

from __future__ import annotations

import gzip
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.exceptions import ChunkedEncodingError

from spreports.errors import UnauthorizedError
from spreports.simulator import Fault, Simulator
from spreports.simulator.faults import load_faults
from tests.simulator.asking import BASE, DE, LOGIN, ORDERS, Caller, md5
from tests.simulator.conftest import MakeCaller
from tests.simulator.shapes import misfits

QUERY = {"reportTypes": ORDERS}


def test_a_status_strikes_the_nth_requests_and_then_no_more(caller: Caller) -> None:
    caller.simulator.faults.add(
        Fault(
            operation="getReports",
            kind="status",
            nth=2,
            times=2,
            status=429,
            code="QuotaExceeded",
            message="Too many.",
            retry_after=7,
            headers={"x-amzn-RateLimit-Limit": "0.5"},
        )
    )
    path = f"{BASE}/reports"
    answers = [caller.call("GET", path, params=QUERY) for _ in range(4)]

    assert [each.status_code for each in answers] == [200, 429, 429, 200]
    struck = answers[1]
    assert misfits("ErrorList", struck.json()) == []
    assert struck.json()["errors"][0]["code"] == "QuotaExceeded"
    assert struck.headers["Retry-After"] == "7"
    assert struck.headers["x-amzn-RateLimit-Limit"] == "0.5"
    assert len(caller.simulator.faults.struck) == 2


@pytest.mark.parametrize("acts", [False, True])
def test_a_reset_comes_before_or_after_the_report_is_made(
    calling: MakeCaller, acts: bool
) -> None:
    fault = Fault(operation="createReport", kind="reset", acts=acts)
    caller = calling(faults=[fault])

    with pytest.raises(requests.ConnectionError):
        caller.create(ORDERS, [DE])

    found = caller.call("GET", f"{BASE}/reports", params=QUERY).json()["reports"]
    assert len(found) == int(acts)
    assert caller.simulator.requests[-2].status == 0


def test_pages_and_broken_json_pass_for_answers(calling: MakeCaller) -> None:
    caller = calling(
        faults=[
            Fault(operation="getReports", kind="html"),
            Fault(operation="getReports", kind="bad_json", nth=2),
            Fault(operation="getReports", kind="slow", nth=3, seconds=90.0),
        ]
    )
    path = f"{BASE}/reports"
    page, broken, slow = (caller.call("GET", path, params=QUERY) for _ in range(3))

    assert page.status_code == 200
    assert page.headers["Content-Type"] == "text/html"
    assert broken.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken.text)
    assert slow.status_code == 200
    assert caller.clock.slept == [90.0]


def test_faults_reach_the_login_and_every_operation(calling: MakeCaller) -> None:
    caller = calling()
    fault = Fault(operation="*", kind="status", status=503, times=0)
    caller.simulator.faults.add(fault)

    login = caller.session.post(caller.simulator.token_url, data=LOGIN)
    assert login.status_code == 503
    assert caller.create(ORDERS, [DE]).status_code == 503
    caller.simulator.faults.clear()
    assert caller.create(ORDERS, [DE]).status_code == 202


def test_a_revoked_token_can_be_rehearsed() -> None:
    revoked = Fault(
        operation="token",
        kind="status",
        status=400,
        code="invalid_grant",
        message="The request has an invalid grant parameter : refresh_token",
    )
    with (
        Simulator(faults=[revoked]) as simulator,
        simulator.client() as client,
        pytest.raises(UnauthorizedError, match="revoked") as caught,
    ):
        client.api.get_reports(report_types=[ORDERS])

    assert caught.value.status == 400


def spoiled(caller: Caller, *faults: Fault, **headers: str) -> requests.Response:
    """Return the raw answer to a download under faults."""
    url = caller.url(ORDERS, [DE])
    caller.simulator.faults.add(*faults)
    return caller.session.get(url, headers=headers, stream=True)


def raw(answer: requests.Response) -> bytes:
    stored: bytes = answer.raw.read(decode_content=False)
    return stored


def document(kind: str, **more: Any) -> Fault:
    return Fault(operation="document", kind=kind, **more)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_cut_with_a_length_or_in_chunks_is_noticed(
    caller: Caller, framing: str
) -> None:
    answer = spoiled(caller, document("cut", at=0.5, framing=framing))

    with pytest.raises(ChunkedEncodingError):
        list(answer.iter_content(1000))


def test_a_cut_without_a_length_is_not_noticed_by_http(caller: Caller) -> None:
    answer = spoiled(caller, document("cut", at=100, framing="close"))

    assert "Content-Length" not in answer.headers
    assert len(raw(answer)) == 100


def test_a_length_may_be_too_short_or_missing(caller: Caller) -> None:
    short = spoiled(caller, document("short_length", at=50))
    assert short.headers["Content-Length"] == "50"
    assert len(raw(short)) == 50
    missing = spoiled(caller, document("no_length"))
    assert "Content-Length" not in missing.headers
    assert gzip.decompress(raw(missing)).startswith(b"amazon-order-id")


def test_legal_gzip_of_other_forms_keeps_an_honest_etag(caller: Caller) -> None:
    for kind in ("second_member", "trailing_zeros", "double_gzip"):
        answer = spoiled(caller, document(kind))
        stored = raw(answer)
        digest = md5(stored)
        assert answer.headers["ETag"] == f'"{digest}"'
        plain = gzip.decompress(stored)
        if kind == "double_gzip":
            plain = gzip.decompress(plain)
        if kind == "second_member":
            first = zlib.decompressobj(31)
            assert 0 < len(first.decompress(stored)) < len(plain)
            assert first.unused_data[:2] == b"\x1f\x8b"
        assert plain.count(b"\n") == 51


def test_garbage_a_flipped_bit_and_a_plain_body_are_served(caller: Caller) -> None:
    answer = spoiled(caller, document("garbage"))
    with pytest.raises(gzip.BadGzipFile):
        gzip.decompress(raw(answer))

    answer = spoiled(caller, document("corrupt", at=0.5))
    stored = raw(answer)
    digest = md5(stored)
    assert answer.headers["ETag"] != f'"{digest}"'
    with pytest.raises((zlib.error, gzip.BadGzipFile)):
        gzip.decompress(stored)

    answer = spoiled(caller, document("plain_instead_of_gzip"))
    assert raw(answer).startswith(b"amazon-order-id")


def test_etags_change_or_are_missing(caller: Caller) -> None:
    url = caller.url(ORDERS, [DE])
    tag = caller.session.get(url).headers["ETag"]

    caller.simulator.faults.add(document("change_etag"))
    assert caller.session.get(url).headers["ETag"] != tag
    caller.simulator.faults.add(document("change_etag"))
    assert caller.session.get(url, headers={"If-Match": tag}).status_code == 412
    caller.simulator.faults.add(document("no_etag"))
    assert "ETag" not in caller.session.get(url).headers
    assert caller.session.get(url).headers["ETag"] == tag


def test_a_range_is_ignored_or_begins_elsewhere(caller: Caller) -> None:
    ignored = spoiled(caller, document("ignore_range"), Range="bytes=50-")
    assert ignored.status_code == 200
    assert "Content-Range" not in ignored.headers
    wrong = spoiled(caller, document("wrong_range"), Range="bytes=50-")
    assert wrong.status_code == 206
    assert wrong.headers["Content-Range"].startswith("bytes 43-")
    assert len(raw(wrong)) == int(wrong.headers["Content-Length"])


def test_statuses_pages_resets_and_expiry_strike_downloads(caller: Caller) -> None:
    slow_down = spoiled(caller, document("status", status=503, retry_after=2))
    assert "<Code>SlowDown</Code>" in slow_down.text
    assert slow_down.headers["Retry-After"] == "2"
    expired = spoiled(caller, document("expire"))
    assert expired.status_code == 403
    assert "Request has expired" in expired.text
    page = spoiled(caller, document("html"))
    assert page.headers["Content-Type"] == "text/html"
    with pytest.raises(requests.ConnectionError):
        spoiled(caller, document("reset"))
    encoded = spoiled(caller, document("content_encoding"))
    assert encoded.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(raw(encoded)).count(b"\n") == 51


def test_a_script_is_a_json_list(tmp_path: Path) -> None:
    script = tmp_path / "faults.json"
    entries = [
        {"operation": "document", "kind": "cut", "nth": 2, "at": 0.25},
        {"operation": "createReport", "kind": "status", "status": 429},
    ]
    script.write_text(json.dumps(entries), encoding="utf-8")

    first, second = load_faults(script)

    assert first == Fault(operation="document", kind="cut", nth=2, at=0.25)
    assert second.status == 429


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (
            {"operation": "document", "kind": "melt"},
            "fault 1: document knows no 'melt'",
        ),
        ({"operation": "createReport", "kind": "cut"}, "knows no 'cut'"),
        ({"operation": "lunch", "kind": "cut"}, "unknown operation 'lunch'"),
        ({"operation": "document", "kind": "cut", "colour": 1}, "has no colour"),
        ({"operation": "document"}, "needs an operation and a kind"),
        ({"operation": "document", "kind": "cut", "framing": "x"}, "framing 'x'"),
        ({"operation": "document", "kind": "cut", "nth": 0}, "counts from 1"),
        ({"operation": "document", "kind": "cut", "nth": "a"}, "fault 1"),
    ],
)
def test_a_script_that_is_wrong_is_refused_with_its_place(
    tmp_path: Path, entry: dict[str, object], words: str
) -> None:
    script = tmp_path / "faults.json"
    script.write_text(json.dumps([entry]), encoding="utf-8")

    with pytest.raises(ValueError, match=words):
        load_faults(script)
    script.write_text("{}", encoding="utf-8")
    with pytest.raises(ValueError, match="JSON list"):
        load_faults(script)
    script.write_text("{x", encoding="utf-8")
    with pytest.raises(ValueError, match=r"faults\.json is no JSON: .* column 2"):
        load_faults(script)

"""Downloads: presigned URLs, ranges, and the headers of S3."""

from __future__ import annotations

import gzip
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.drawing import SHARED_FIXTURE
from tests.simulator.asking import (
    DE,
    FR,
    INVENTORY,
    JP,
    LISTINGS,
    ORDERS,
    US,
    Caller,
    md5,
)
from tests.simulator.conftest import MakeCaller


def test_a_url_lives_five_minutes_on_the_clock(caller: Caller) -> None:
    url = caller.url(ORDERS, [DE])
    query = parse_qs(urlsplit(url).query)

    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-SignedHeaders"] == ["host"]
    caller.clock.advance(299)
    assert caller.session.get(url).status_code == 200
    caller.clock.advance(1)
    late = caller.session.get(url)
    assert late.status_code == 403
    assert "<Message>Request has expired</Message>" in late.text
    assert late.headers["Content-Type"] == "application/xml"


def test_a_changed_url_is_refused(caller: Caller) -> None:
    url = caller.url(ORDERS, [DE])
    longer = url.replace("X-Amz-Expires=300", "X-Amz-Expires=3000")
    for changed, code in (
        (longer, "SignatureDoesNotMatch"),
        (url.partition("&X-Amz-Signature")[0], "AccessDenied"),
        (url.partition("?")[0], "AccessDenied"),
    ):
        answer = caller.session.get(changed)
        assert answer.status_code == 403
        assert code in answer.text
    assert caller.session.head(url).status_code == 403


def test_headers_of_the_api_are_refused_and_noted_at_the_document_host(
    caller: Caller,
) -> None:
    url = caller.url(ORDERS, [DE])

    headers = {"x-amz-access-token": caller.token}
    assert caller.session.get(url, headers=headers).status_code == 403
    headers = {"x-amz-date": "20261101T000000Z"}
    assert caller.session.get(url, headers=headers).status_code == 403
    assert caller.simulator.breaches == [
        "document: the access token came here",
        "document: the header x-amz-date came here",
    ]


def test_a_document_has_the_headers_that_s3_gives(caller: Caller) -> None:
    answer = caller.session.get(caller.url(LISTINGS, [US]), stream=True)
    stored = answer.raw.read(decode_content=False)

    assert stored[:2] == b"\x1f\x8b"
    assert answer.headers["Content-Length"] == str(len(stored))
    assert answer.headers["ETag"] == f'"{md5(stored)}"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Content-Type"] == "text/plain;charset=Cp1252"
    assert answer.headers["Content-Encoding"] == "identity"
    assert "Last-Modified" in answer.headers


def test_plain_documents_name_no_algorithm(calling: MakeCaller) -> None:
    caller = calling(compress=False)
    report = caller.finished(LISTINGS, [JP])
    shown = caller.document(report["reportDocumentId"]).json()
    answer = caller.session.get(shown["url"])

    assert "compressionAlgorithm" not in shown
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Content-Type"] == "text/plain;charset=Windows-31J"
    assert answer.content.decode("cp932").startswith("商品名\t出品ID")


def test_content_encoding_is_sent_where_it_is_asked_for(caller: Caller) -> None:
    report = caller.finished(ORDERS, [DE])
    document_id = report["reportDocumentId"]
    shown = caller.document(document_id, enableContentEncodingUrlHeader="true").json()
    answer = caller.session.get(shown["url"])

    assert shown["compressionAlgorithm"] == "GZIP"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content.startswith(b"amazon-order-id")
    odd = caller.document(document_id, enableContentEncodingUrlHeader="yes")
    assert odd.status_code == 400


@pytest.mark.parametrize("kind", ["opaque", None])
def test_other_etags_say_nothing_of_the_content(
    calling: MakeCaller, kind: str | None
) -> None:
    caller = calling(etag=kind)
    answer = caller.session.get(caller.url(ORDERS, [DE]))

    tag = answer.headers.get("ETag", "")
    assert tag.endswith('-2"') if kind else tag == ""


def test_if_match_holds_or_not(caller: Caller) -> None:
    url = caller.url(ORDERS, [DE])
    tag = caller.session.get(url).headers["ETag"]

    for value, status in ((tag, 206), ("*", 206), ('"other"', 412)):
        headers = {"If-Match": value, "Range": "bytes=10-"}
        assert caller.session.get(url, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-0", 206, 0, 1),
        ("bytes=10-", 206, 10, None),
        ("bytes=10-19", 206, 10, 20),
        ("bytes=-5", 206, -5, None),
        ("bytes=0-999999999", 206, 0, None),
        ("bytes=-999999999", 206, 0, None),
        ("bytes=9-5", 200, 0, None),
        ("bytes=0-1,5-6", 200, 0, None),
        ("bytes=-", 200, 0, None),
        ("rows=1-2", 200, 0, None),
        ("bytes=999999999-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
def test_ranges_are_answered_as_rfc_9110_says(
    caller: Caller, asked: str, status: int, first: int, last: int | None
) -> None:
    url = caller.url(INVENTORY, [US])
    headers = {"Accept-Encoding": "identity"}
    whole = caller.session.get(url, headers=headers).content

    answer = caller.session.get(url, headers={**headers, "Range": asked})

    assert answer.status_code == status
    if status == 416:
        assert answer.headers["Content-Range"] == f"bytes */{len(whole)}"
        return
    assert answer.content == whole[first:last]
    if status == 206:
        start = len(whole) + first if first < 0 else first
        end = start + len(answer.content) - 1
        expected = f"bytes {start}-{end}/{len(whole)}"
        assert answer.headers["Content-Range"] == expected


@pytest.mark.slow
@settings(
    max_examples=20,
    suppress_health_check=SHARED_FIXTURE,
)
@given(cuts=st.lists(st.integers(0, 5000), max_size=4))
def test_parts_together_are_the_whole(caller: Caller, cuts: list[int]) -> None:
    caller.login()
    url = caller.url(ORDERS, [FR])
    whole = caller.session.get(url).content
    edges = sorted({0, len(whole), *(cut for cut in cuts if cut < len(whole))})

    parts = []
    for start, end in pairwise(edges):
        headers = {"Range": f"bytes={start}-{end - 1}"}
        parts.append(caller.session.get(url, headers=headers).content)

    assert b"".join(parts) == whole
    assert gzip.decompress(whole).startswith(b"amazon-order-id")


@pytest.mark.slow
def test_a_million_rows_are_written_to_disk_once_and_not_kept_in_memory(
    calling: MakeCaller,
) -> None:
    caller = calling(rows=120_000, url_lifetime=3000)
    url = caller.url(INVENTORY, [US])
    first = caller.session.get(url).content
    lines = gzip.decompress(first).count(b"\n")

    assert lines == 120_001
    assert caller.session.get(url).content == first

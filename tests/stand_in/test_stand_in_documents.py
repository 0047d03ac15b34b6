"""Documents that expire, break off, lie about themselves: whole, or an error."""

from __future__ import annotations

import gzip
import json
from collections import deque

import pytest

import spreports as spr
from tests.stand_in.amazon import Amazon
from tests.stand_in.conftest import Connect
from tests.stand_in.document_host import EXPIRED, Delivery, Held
from tests.stand_in.texts import ORDERS, ORDERS_TEXT, many_orders, packed, tsv

TEXT = many_orders(400)
STORED = packed(TEXT)
LAST = [line.split("\t")[0] for line in TEXT.splitlines()][1:]


def ids(client: spr.Client, document_id: str = "d1") -> list[str]:
    frame = client.document(document_id, report_type=ORDERS).read()
    return frame["amazon-order-id"].to_list()


@pytest.mark.parametrize("stored", [STORED, TEXT.encode()], ids=["gzip", "plain"])
@pytest.mark.parametrize("framing", ["length", "close", "chunked"])
@pytest.mark.parametrize("etag", [True, False], ids=["etag", "no etag"])
def test_a_whole_document_is_read_however_it_is_framed(
    client: spr.Client, amazon: Amazon, stored: bytes, framing: str, etag: bool
) -> None:
    how = Delivery(framing, etag=etag)
    amazon.hold(Held("d1", stored, compression="GZIP", always=how))

    assert ids(client) == LAST
    assert amazon.count("getReportDocument") == 1


@pytest.mark.parametrize("stored", [STORED, TEXT.encode()], ids=["gzip", "plain"])
@pytest.mark.parametrize("framing", ["length", "close", "chunked"])
@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
def test_a_document_cut_in_the_middle_arrives_all_the_same(
    client: spr.Client, amazon: Amazon, stored: bytes, framing: str, ranges: bool
) -> None:
    half = len(stored) // 2
    cuts = [Delivery(framing, cut=half, ranges=ranges)]
    held = Held("d1", stored, deliveries=deque(cuts), always=Delivery(ranges=ranges))
    amazon.hold(held)

    assert ids(client) == LAST
    assert amazon.count("getReportDocument") == 1
    if ranges and framing != "close":
        assert f"bytes={half}-" in held.asked


@pytest.mark.parametrize("framing", ["length", "close", "chunked"])
def test_a_gzip_document_without_an_etag_that_is_always_cut_is_an_error(
    client: spr.Client, amazon: Amazon, framing: str
) -> None:
    how = Delivery(framing, cut=len(STORED) // 2, etag=False, ranges=False)
    amazon.hold(Held("d1", STORED, compression="GZIP", always=how))

    with pytest.raises(spr.DownloadError) as failed:
        ids(client)
    assert failed.value.report_document_id == "d1"
    assert "X-Amz" not in str(failed.value)


@pytest.mark.parametrize("etag", [True, False], ids=["etag", "no etag"])
def test_a_content_length_that_is_too_small_gives_no_shorter_frame(
    client: spr.Client, amazon: Amazon, etag: bool
) -> None:
    short = Delivery(length=len(STORED) - 20, etag=etag, ranges=etag)
    held = Held("d1", STORED, deliveries=deque([short]), always=Delivery(etag=etag))
    amazon.hold(held)
    assert ids(client) == LAST

    amazon.hold(Held("d2", STORED, always=short))
    with pytest.raises(spr.DocumentError):
        ids(client, "d2")


@pytest.mark.slow
def test_a_document_is_never_shorter_wherever_it_is_cut(
    connect: Connect, amazon: Amazon
) -> None:
    small = packed(many_orders(12))
    for cut in range(0, len(small), 7):
        client = connect(f"Atzr|seller {cut}", f"home {cut}")
        how = Delivery("close", cut=cut, etag=False, ranges=False)
        amazon.hold(Held(f"d{cut}", small, compression="GZIP", always=how))
        with pytest.raises(spr.DocumentError):
            ids(client, f"d{cut}")
        with pytest.raises(spr.DocumentError):
            client.document(f"d{cut}", report_type=ORDERS).batches().read_all()


def test_a_cut_between_two_gzip_members_is_noticed_by_length_and_etag(
    client: spr.Client, amazon: Amazon
) -> None:
    middle = TEXT.index("\r\n", len(TEXT) // 2) + 2
    first = packed(TEXT[:middle])
    whole = first + packed(TEXT[middle:])
    for number, framing in enumerate(("length", "close", "chunked")):
        cut = Delivery(framing, cut=len(first))
        name = f"d{number}"
        amazon.hold(Held(name, whole, deliveries=deque([cut])))
        assert ids(client, name) == LAST


def test_every_member_of_a_gzip_document_is_read(
    client: spr.Client, amazon: Amazon
) -> None:
    lines = TEXT.splitlines(keepends=True)
    parts = ["".join(lines[:7]), "", "".join(lines[7:200]), "".join(lines[200:])]
    stored = b"".join(packed(part) for part in parts)
    amazon.hold(Held("d1", stored, compression="GZIP"))

    assert ids(client) == LAST


@pytest.mark.parametrize("compression", ["GZIP", None, "ZSTD"])
@pytest.mark.parametrize("content_encoding", ["gzip", "identity", None, "aws-chunked"])
@pytest.mark.parametrize("stored", [STORED, TEXT.encode()], ids=["gzip", "plain"])
def test_the_bytes_decide_whatever_is_declared(
    client: spr.Client,
    amazon: Amazon,
    stored: bytes,
    compression: str | None,
    content_encoding: str | None,
) -> None:
    amazon.liberal = True
    how = Delivery(content_encoding=content_encoding)
    amazon.hold(Held("d1", stored, compression=compression, always=how))

    assert ids(client) == LAST


def test_an_expired_url_is_renewed(client: spr.Client, amazon: Amazon) -> None:
    held = amazon.hold(Held("d1", STORED, lifetimes=deque([-1.0])))

    assert ids(client) == LAST
    assert amazon.count("getReportDocument") == 2
    assert held.asked == ["", ""]


def test_a_url_that_expires_in_the_middle_is_renewed_and_resumed(
    client: spr.Client, amazon: Amazon
) -> None:
    refused = Delivery(status=403, body=EXPIRED)
    how = deque([Delivery(cut=1000), refused, Delivery()])
    held = amazon.hold(Held("d1", STORED, deliveries=how))

    assert ids(client) == LAST
    assert amazon.count("getReportDocument") == 2
    assert held.asked == ["", "bytes=1000-", "bytes=1000-"]


def test_a_url_that_is_always_expired_is_an_error_after_few_calls(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.hold(Held("d1", STORED, lifetimes=deque([-1.0] * 99)))

    with pytest.raises(spr.DownloadError, match="AccessDenied"):
        ids(client)
    assert amazon.count("getReportDocument") <= 5


def test_a_busy_document_host_is_asked_again(
    client: spr.Client, amazon: Amazon
) -> None:
    busy = [Delivery(status=503, body=b"<Error><Code>SlowDown</Code></Error>")]
    amazon.hold(Held("d1", STORED, deliveries=deque([*busy, Delivery(status=500)])))

    assert ids(client) == LAST
    assert amazon.count("getReportDocument") == 1


def test_an_error_page_with_status_200_is_no_document(
    client: spr.Client, amazon: Amazon
) -> None:
    pages = [EXPIRED, b"<html><body>Service Unavailable</body></html>"]
    how = deque(Delivery(body=page, etag=False) for page in pages)
    amazon.hold(Held("d1", STORED, deliveries=how))

    assert ids(client) == LAST


def test_a_damaged_document_is_an_error(client: spr.Client, amazon: Amazon) -> None:
    damaged = bytearray(STORED)
    damaged[len(damaged) // 2] ^= 0xFF
    amazon.hold(Held("d1", STORED, always=Delivery(body=bytes(damaged), etag=False)))
    amazon.hold(Held("d2", STORED[:-8], compression="GZIP"))
    amazon.hold(Held("d3", STORED + b"trailing words"))
    amazon.hold(Held("d4", b"", compression="GZIP"))
    for name in ("d1", "d2", "d3", "d4"):
        with pytest.raises(spr.DocumentError):
            ids(client, name)


def test_a_document_without_a_byte_has_no_rows(
    client: spr.Client, amazon: Amazon
) -> None:
    amazon.hold(Held("d1", b""))

    assert ids(client) == []


def test_a_document_is_fetched_once(client: spr.Client, amazon: Amazon) -> None:
    held = amazon.hold(Held("d1", STORED))
    document = client.document("d1", report_type=ORDERS)
    frame = document.scan()
    first = frame.collect()

    before = len(amazon.calls)
    assert frame.collect().equals(first)
    assert document.scan().collect().equals(first)
    assert client.document("d1", report_type=ORDERS).read().equals(first)
    assert document.batches().read_all().num_rows == first.height
    assert len(amazon.calls) == before == 1
    assert held.asked == [""]


def test_another_client_with_the_same_store_asks_nothing(
    connect: Connect, amazon: Amazon
) -> None:
    amazon.hold(Held("d1", STORED))
    assert ids(connect()) == LAST
    assert ids(connect()) == LAST
    assert amazon.count("getReportDocument") == 1


def test_an_unknown_type_is_read_as_text(client: spr.Client, amazon: Amazon) -> None:
    amazon.hold(Held("d1", packed(tsv(("a", "b"), ("007", "x"), ("1.0", "")))))

    frame = client.document("d1").read()
    assert frame["a"].to_list() == ["007", "1.0"]
    named = client.document("d1", report_type="GET_SOMETHING_NEW").read()
    assert named["b"][0] == "x"


def test_a_json_document_where_a_table_was_expected_is_an_error_that_says_so(
    client: spr.Client, amazon: Amazon
) -> None:
    text = json.dumps({"errorDetails": "Invalid report options"})
    amazon.hold(Held("d1", gzip.compress(text.encode())))

    with pytest.raises(spr.DocumentError, match=r"(?i)json"):
        ids(client)


def test_a_document_of_a_header_alone_has_no_rows(
    client: spr.Client, amazon: Amazon
) -> None:
    header = ORDERS_TEXT.partition("\r\n")[0]
    amazon.hold(Held("d1", packed(header + "\r\n")))
    amazon.hold(Held("d2", header.encode()))

    for name in ("d1", "d2"):
        frame = client.document(name, report_type=ORDERS).read()
        assert frame.height == 0
        assert frame.columns[: len(header.split("\t"))] == header.split("\t")


@pytest.mark.parametrize("stored", [b"%s", b"%s\r\n"])
def test_a_sentence_in_place_of_a_table_is_no_empty_frame(
    client: spr.Client, amazon: Amazon, stored: bytes
) -> None:
    sentence = "The requested date range may span at most 30 days."
    amazon.hold(Held("d1", stored % sentence.encode()))

    with pytest.raises(spr.DocumentError):
        ids(client)


@pytest.mark.parametrize("ranges", [True, False], ids=["ranges", "no ranges"])
@pytest.mark.parametrize("framing", ["length", "close", "chunked"])
def test_a_plain_document_that_is_always_cut_after_a_row_is_an_error(
    client: spr.Client, amazon: Amazon, framing: str, ranges: bool
) -> None:
    """Its ETag says that it is not whole, however often the same bytes come."""
    whole = TEXT.encode()
    cut = whole.index(b"\r\n", len(whole) // 2) + 2
    how = Delivery(framing, cut=cut, ranges=ranges)
    amazon.hold(Held("d1", whole, always=how))

    with pytest.raises(spr.DocumentError):
        ids(client)


@pytest.mark.parametrize("framing", ["length", "close", "chunked"])
def test_a_document_that_is_always_cut_between_two_gzip_members_is_an_error(
    client: spr.Client, amazon: Amazon, framing: str
) -> None:
    middle = TEXT.index("\r\n", len(TEXT) // 2) + 2
    first = packed(TEXT[:middle])
    how = Delivery(framing, cut=len(first))
    amazon.hold(Held("d1", first + packed(TEXT[middle:]), always=how))

    with pytest.raises(spr.DocumentError):
        ids(client)


@pytest.mark.parametrize("told", ["GZIP", None])
def test_what_cannot_be_read_is_brought_once_more_by_the_next_call(
    client: spr.Client, amazon: Amazon, told: str | None
) -> None:
    page = gzip.compress(b"sorry\tplease\n" + b"wait\n" * 99)
    wrong = Delivery(body=page, etag=False)
    amazon.hold(Held("d1", STORED, compression=told, deliveries=deque([wrong])))

    with pytest.raises(spr.DocumentError):
        ids(client)
    assert ids(client) == LAST
    assert amazon.count("getReportDocument") == 2


def test_what_comes_a_second_time_is_what_amazon_has(
    client: spr.Client, amazon: Amazon
) -> None:
    page = gzip.compress(b"sorry\tplease\n" + b"wait\n" * 99)
    amazon.hold(Held("d1", page, always=Delivery(etag=False)))

    for _ in range(4):
        with pytest.raises(spr.DocumentError):
            ids(client)
    assert amazon.count("getReportDocument") == 2


def test_what_cannot_be_read_stays_where_amazon_has_it_no_more(
    client: spr.Client, amazon: Amazon
) -> None:
    page = gzip.compress(b"sorry\tplease\n" + b"wait\n" * 99)
    amazon.hold(Held("d1", page, always=Delivery(etag=False)))
    with pytest.raises(spr.DocumentError) as first:
        ids(client)
    del amazon.documents["d1"]

    with pytest.raises(spr.DocumentError) as second:
        ids(client)

    assert str(second.value).startswith(str(first.value))

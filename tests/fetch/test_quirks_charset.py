"""Reference, "Charset and bytes": each quirk by its name, with a small document."""

from __future__ import annotations

import gzip
import zlib

import pytest

from spreports.catalog import lookup
from spreports.errors import DecodeError
from spreports.fetch.document import open_batches
from spreports.fetch.findings import Findings
from tests.fetch.documents import flat, opener, read

pytestmark = pytest.mark.usefixtures("each_way")

LISTINGS = lookup("listings")
ROW = {"item-name": 'Größe 12" €', "listing-id": "01", "price": "9.90"}


@pytest.mark.parametrize("label", ["Cp1252", "windows-1252", "CP1252", "iso-8859-1"])
def test_listing_reports_name_cp1252_as_charset(label: str) -> None:
    findings = Findings()
    table = read(
        flat(LISTINGS, ROW).encode("cp1252"),
        LISTINGS,
        content_type=f"text/plain;charset={label}",
        findings=findings,
    )
    assert table["item-name"].to_pylist() == ['Größe 12" €']
    assert findings.charset == "cp1252"


@pytest.mark.parametrize("label", ["Windows-31J", "Shift_JIS", "shift-jis"])
def test_japan_windows_31j_or_shift_jis_is_decoded_as_cp932(label: str) -> None:
    # the circled digit and the ladder form of 高 are in cp932 alone
    text = flat(LISTINGS, {"item-name": "①㈱髙ソ", "listing-id": "01"})
    table = read(
        text.encode("cp932"), LISTINGS, content_type=f"text/plain; charset={label}"
    )
    assert table["item-name"].to_pylist() == ["①㈱髙ソ"]


def test_v2_settlement_is_served_without_a_charset() -> None:
    kind = lookup("settlement")
    plain = flat(
        kind,
        {"settlement-id": "1", "total-amount": "1.00", "currency": "EUR"},
        {"settlement-id": "1", "amount": "1.00", "amount-description": "Gebühr"},
    )
    for content_type in (None, "text/plain", "text/plain;charset=", ""):
        for codec in ("utf-8", "cp1252"):
            table = read(
                plain.encode(codec),
                kind,
                content_type=content_type,
                legacy_charset="cp1252",
            )
            assert table["amount-description"].to_pylist() == ["Gebühr"]


def test_characters_outside_the_charset_are_already_question_marks() -> None:
    plain = flat(LISTINGS, {"item-name": "漢 Set", "listing-id": "1"})
    table = read(
        plain.encode("cp1252", "replace"),
        LISTINGS,
        content_type="text/plain;charset=Cp1252",
    )
    assert table["item-name"].to_pylist() == ["? Set"]


@pytest.mark.parametrize("name", ["fba_returns", "vat_transactions"])
def test_utf_8_is_seen_for_fba_returns_and_vat_transactions(name: str) -> None:
    kind = lookup(name)
    column = next(c.name for c in kind.columns() if c.dtype == "string")
    for content_type in (None, "text/plain;charset=UTF-8"):
        table = read(
            flat(kind, {column: "Größe ①"}).encode(), kind, content_type=content_type
        )
        assert table[column].to_pylist() == ["Größe ①"]


@pytest.mark.parametrize("name", ["listings", "unshipped_orders", "feedback"])
def test_listings_unshipped_orders_and_feedback_are_not_utf_8(name: str) -> None:
    kind = lookup(name)
    served = [c for c in kind.columns() if not c.optional]
    column = [c.name for c in served if c.dtype == "string"][-1]
    table = read(
        flat(kind, {column: "Größe"}).encode("cp1252"),
        kind,
        content_type=None,
        legacy_charset="cp1252",
    )
    assert table[column].to_pylist() == ["Größe"]


def test_the_vidr_flat_file_is_utf_8() -> None:
    kind = lookup("vat_invoices")
    column = next(c.name for c in kind.columns() if c.dtype == "string")
    table = read(flat(kind, {column: "Łódź"}).encode(), kind, content_type="text/plain")
    assert table[column].to_pylist() == ["Łódź"]


@pytest.mark.parametrize("content_type", [None, "text/plain;charset=UTF-8"])
def test_a_bom_at_the_start_of_all_listings(content_type: str | None) -> None:
    plain = ("\ufeff" + flat(LISTINGS, ROW)).encode()
    findings = Findings()
    table = read(plain, LISTINGS, content_type=content_type, findings=findings)
    assert table.column_names[0] == "item-name"
    assert table["item-name"].to_pylist() == ['Größe 12" €']
    assert findings.unknown_columns == ()


def test_a_bom_wins_over_a_charset_that_is_not_true() -> None:
    plain = ("\ufeff" + flat(LISTINGS, ROW)).encode()
    table = read(plain, LISTINGS, content_type="text/plain;charset=Cp1252")
    assert table["item-name"].to_pylist() == ['Größe 12" €']


def test_clients_disagree_on_the_fallback_so_it_is_the_marketplaces_and_strict() -> (
    None
):
    american = flat(LISTINGS, ROW).encode("cp1252")
    table = read(american, LISTINGS, content_type=None, legacy_charset="cp1252")
    assert table["item-name"].to_pylist() == ['Größe 12" €']
    japanese = flat(LISTINGS, {"item-name": "商品", "listing-id": "1"}).encode("cp932")
    table = read(japanese, LISTINGS, content_type=None, legacy_charset="windows-31j")
    assert table["item-name"].to_pylist() == ["商品"]
    with pytest.raises(DecodeError, match="encoding="):
        read(american, LISTINGS, content_type=None)
    # 0x81 has no place in windows-1252: an error with its offset, no control character
    with pytest.raises(DecodeError) as caught:
        read(american + b"\x81", LISTINGS, content_type="text/plain;charset=Cp1252")
    assert caught.value.offset == len(american)


def test_a_gzip_file_behind_a_url_that_forces_identity() -> None:
    plain = flat(LISTINGS, ROW).encode()
    stored = gzip.compress(plain)
    for body in (stored, plain, _two_members(plain)):
        reader = open_batches(
            opener(body),
            LISTINGS,
            content_type="text/plain;charset=UTF-8",
        )
        assert reader.read_all()["listing-id"].to_pylist() == ["01"]


def _two_members(plain: bytes) -> bytes:
    half = len(plain) // 2
    packer = zlib.compressobj(wbits=31)
    first = packer.compress(plain[:half]) + packer.flush()
    return first + gzip.compress(plain[half:])


def test_crlf_line_ends_in_unshipped_orders() -> None:
    kind = lookup("unshipped_orders")
    last = [c.name for c in kind.columns() if not c.optional][-1]
    for compress in (True, False):
        table = read(
            flat(kind, {"order-id": "1"}, {"order-id": "2", last: "x"}, end="\r\n"),
            kind,
            compress=compress,
            typed=False,
        )
        assert table["order-id"].to_pylist() == ["1", "2"]
        assert table[last].to_pylist() == ["", "x"]
        assert table.column_names[-1] == last


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_read_where_the_caller_says_so(charset: str) -> None:
    names = ["一番", "二番", "\u3000", "x"]
    text = "item-name\tseller-sku\n" + "".join(f"{name}\t007\n" for name in names)
    stored, kind = text.encode(charset), lookup("listings")

    table = read(stored, kind, encoding=charset, content_type=None)

    assert table["item-name"].to_pylist() == names
    with pytest.raises(DecodeError, match="pass encoding="):
        read(stored, kind, content_type=None)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("utf-8", "utf-16"),
        ("utf-8", "UTF-16LE"),
        ("cp1252", "utf-16-be"),
        ("utf-16-be", "utf-16"),
        ("utf-16-le", "utf-16-be"),
    ],
)
def test_a_document_that_is_not_in_the_utf_16_of_its_caller_is_not_quoted(
    charset: str, encoding: str
) -> None:
    with pytest.raises(DecodeError, match=f"encoding='{encoding}' is wrong for"):
        read(flat(LISTINGS, ROW).encode(charset), LISTINGS, encoding=encoding)


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("utf-16", "utf-16"),
        ("utf-16", "utf-16-le"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_a_document_in_the_utf_16_of_its_caller_is_read(
    charset: str, encoding: str
) -> None:
    row = {"item-name": "\u3000\u3000高\u3000①", "listing-id": "01"}

    table = read(flat(LISTINGS, row).encode(charset), LISTINGS, encoding=encoding)

    assert table["listing-id"].to_pylist() == ["01"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("item-name\tprice\n商品\t1\n", "listings"),
        ("item-name\tprice\n" + "x\t1\n" * 60_000 + "商品\t1\n", "listings"),
        ('{"salesAndTrafficByDate": [{"date": "商品"}]}', "sales_and_traffic"),
        ("<Rows><Row><A>商品</A></Row></Rows>", "GET_UNSEEN_XML"),
    ],
    ids=["flat", "late", "json", "xml"],
)
def test_a_charset_that_the_caller_chose_is_not_asked_for_but_called_wrong(
    text: str, name: str
) -> None:
    for charset in ("utf-8", "CP1252"):
        with pytest.raises(DecodeError) as told:
            read(text.encode("cp932"), lookup(name), encoding=charset)

        assert str(told.value).endswith(
            f"(encoding='{charset}' is wrong for it: leave it out, or pass another)"
        )
    with pytest.raises(DecodeError, match=r" is not cp1252 \(pass encoding=\)$"):
        read(text.encode("cp932"), lookup(name), content_type="text/x; charset=cp1252")

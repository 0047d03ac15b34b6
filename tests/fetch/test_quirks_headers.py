"""Reference, "Headers and columns": each quirk by its name."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import pyarrow as pa
import pytest

from spreports.catalog import lookup
from spreports.fetch.findings import Findings
from tests.fetch.documents import cells, flat, read

pytestmark = pytest.mark.usefixtures("each_way")

LISTINGS = lookup("listings")
FEEDBACK = lookup("feedback")
LEDGER = lookup("ledger")
JAPANESE = (
    "商品名\t出品ID\t出品者SKU\t価格\t数量\t出品日\t商品IDタイプ\tコンディション説明\t"
    "コンディション\t国外へ配送可\t迅速な配送\t商品ID\t在庫数\t"
    "フルフィルメント・チャンネル\tmerchant-shipping-group\tステータス"
)
GERMAN = "Datum\tBewertung\tKommentare\tIhre Antwort\tBestellnummer\tE-Mail"


def test_headers_are_translated() -> None:
    findings = Findings()
    text = f"{JAPANESE}\n" + "\t".join(
        ["電球", "1", "007", "980", "3", "2026/10/01 09:00:00 JST", *[""] * 9, "出品中"]
    )
    table = read(
        (text + "\n").encode("cp932"),
        LISTINGS,
        content_type="text/plain;charset=Windows-31J",
        findings=findings,
    )
    assert table.column_names[:16] == JAPANESE.split("\t")
    row = table.to_pylist()[0]
    assert row["出品者SKU"] == "007"
    assert row["価格"] == Decimal(980)
    assert row["数量"] == 3
    assert row["出品日"].isoformat() == "2026-10-01T00:00:00+00:00"
    assert findings.unknown_columns == ()


LISTED = {
    "Business Price": ("18.5", Decimal("18.5")),
    "Quantity Price Type": ("FIXED", "FIXED"),
    "Quantity Lower Bound 5": ("20", 20),
    "Quantity Price 5": ("16.9", Decimal("16.9")),
    "Progressive Lower Bound 3": ("9", 9),
    "Progressive Price 3": ("15", Decimal(15)),
    "standard-price-point": ("20", Decimal(20)),
    "minimum-seller-allowed-price": ("10", Decimal(10)),
    "maximum-seller-allowed-price": ("30", Decimal(30)),
}
LISTED_IN_JAPAN = (
    *("法人価格", "数量割引のタイプ", "数量の下限5", "数量割引5"),
    *("累積購入割引下限3", "累積購入割引価格3"),
    *("ポイント", "出品価格の下限", "出品価格の上限"),
)


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        *product(
            ("listings", "listings_active", "listings_inactive"),
            (tuple(LISTED), LISTED_IN_JAPAN),
        ),
        ("open_listings", tuple(LISTED)),
    ],
)
def test_listings_have_prices_for_businesses_and_bounds_of_the_sellers_own(
    name: str, headers: tuple[str, ...]
) -> None:
    rows = "\t".join(text for text, _ in LISTED.values())

    table = read("\t".join(headers) + f"\n{rows}\n", lookup(name))

    row = table.select(headers).to_pylist()[0]
    assert [*row.values()] == [wanted for _, wanted in LISTED.values()]


@pytest.mark.parametrize(
    "header",
    [
        "Händler-SKU|Preis|Menge|Erstellungsdatum|Status|Händlerversandgruppe",
        "sku-vendeur|prix|quantité|date-ouverture|état|groupe-expédition-vendeur",
        "SKU venditore|Prezzo|Quantità|Data di creazione|stato|Canale di gestione",
        "SKU del vendedor|Precio|Cantidad|Fecha de creación|estado|Envío urgente",
        "sku-sprzedawcy|cena|ilość|data-otwarcia|stan-produktu|kanał-realizacji",
        "seller-sku (satıcı sku)|price (fiyat)|quantity (adet)|"  # noqa: RUF001
        "open-date (yayınlanma tarihi)|durum|item-note (ürün notu)",  # noqa: RUF001
        "卖家 SKU|价格|数量|开售日期|状态|配送渠道",
        "sku-البائع|السعر|الكمية|تاريخ-مفتوح|الحالة|قناة-الشحن",
    ],
)
@pytest.mark.parametrize(
    "name",
    [*("listings", "listings_active", "listings_inactive"), "listings_back_compat"],
)
def test_listings_are_translated_in_all_languages_that_parsers_tell_of(
    name: str, header: str
) -> None:
    served = header.split("|")
    text = "\t".join(["007", "19.90", "5", "22/11/2025 18:07:25 MET", "a", "b"])

    row = read("\t".join(served) + f"\n{text}\n", lookup(name)).to_pylist()[0]

    sku, price, quantity, opened, *_ = served
    assert (row[sku], row[price], row[quantity]) == ("007", Decimal("19.9"), 5)
    assert row[opened].isoformat() == "2025-11-22T17:07:25+00:00"


def test_japan_serves_a_shorter_all_listings_layout_of_16_columns() -> None:
    findings = Findings()
    text = JAPANESE + "\n" + "\t".join(["x"] * 3 + [""] * 13) + "\n"
    table = read(text, LISTINGS, findings=findings)
    assert len(JAPANESE.split("\t")) == 16
    assert "zshop-category1" in findings.missing_columns
    assert table["zshop-category1"].to_pylist() == [None]
    assert table.schema.field("zshop-shipping-fee").type == pa.decimal128(38, 6)
    served = read(text, LISTINGS, typed=False)
    assert served.column_names == JAPANESE.split("\t")


def test_france_serves_a_shorter_layout_with_headers_that_nobody_wrote_down() -> None:
    findings = Findings()
    header = "Nom du produit\tlisting-id\ttarif\tquantity\tstatus"
    table = read(f"{header}\nÉtui\t1\t9,90\t2\tActif\n", LISTINGS, findings=findings)
    assert findings.unknown_columns == ("Nom du produit", "tarif")
    assert cells(table)[0][:5] == ["Étui", "1", "9,90", 2, "Actif"]


def test_duplicate_headers_of_the_chinese_locale_are_numbered() -> None:
    findings = Findings()
    header = "商品名称\tlisting-id\t不适用项目\t不适用项目\tprice\t不适用项目"
    table = read(f"{header}\na\t1\tx\ty\t1.50\tz\n", LISTINGS, findings=findings)
    assert table.column_names[:6] == [
        *("商品名称", "listing-id", "不适用项目", "不适用项目_2", "price"),
        "不适用项目_3",
    ]
    assert cells(table)[0][:6] == ["a", "1", "x", "y", Decimal("1.5"), "z"]
    assert findings.renamed_columns == {
        "不适用项目_2": "不适用项目",
        "不适用项目_3": "不适用项目",
    }


def test_feedback_headers_are_translated_and_mapped_by_position() -> None:
    findings = Findings()
    table = read(
        f"{GERMAN}\n28.8.26\t2\tzu spät\t\t302-1\ta@b\n",
        FEEDBACK.for_marketplace("DE"),
        findings=findings,
    )
    assert table.column_names == GERMAN.split("\t")
    assert cells(table) == [[date(2026, 8, 28), 2, "zu spät", None, "302-1", "a@b"]]
    assert findings.unknown_columns == findings.missing_columns == ()


def test_feedback_that_is_in_another_order_after_all_is_mapped_by_name() -> None:
    text = "Rating\tDate\tComments\tOrder ID\n3\t8/28/26\tok\t1\n"
    table = read(text, FEEDBACK.for_marketplace("US"))
    assert cells(table)[0][:4] == [3, date(2026, 8, 28), "ok", "1"]


def test_feedback_of_an_unknown_marketplace_keeps_its_dates_as_text() -> None:
    findings = Findings()
    text = flat(FEEDBACK, {"Date": "8/9/26", "Rating": "3"})
    table = read(text, FEEDBACK, findings=findings)
    assert table["Date"].to_pylist() == ["8/9/26"]
    assert findings.untyped_columns == ("Date",)
    assert (findings.bad_cells, findings.unknown_columns) == ({}, ())
    known = Findings()
    read(text, FEEDBACK.for_marketplace("FR"), findings=known)
    assert known.untyped_columns == ()


def test_status_values_are_translated_along_with_headers() -> None:
    text = f"{JAPANESE}\n" + "\t" * 15 + "出品中\n"
    assert read(text, LISTINGS)["ステータス"].to_pylist() == ["出品中"]


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("pan_eu_eligibility", "S'inscrire"),
        ("vat_transactions", "DEPATURE_CITY"),
        ("orders_shipping", "delivery-Instructions"),
        ("unshipped_orders", "verge-of-lateShipment"),
        ("stranded_inventory", "Date-to-take-auto-removal"),
        ("GET_FBA_INVENTORY_AGED_DATA", "avaliable-quantity(sellable)"),
    ],
)
def test_misspellings_as_served_are_known_and_kept(name: str, header: str) -> None:
    kind = lookup(name)
    findings = Findings()
    table = read(f"{header}\tnew-column\nx\ty\n", kind, findings=findings, typed=False)
    assert table.column_names == [header, "new-column"]
    assert findings.unknown_columns == ("new-column",)


@pytest.mark.parametrize(
    "header",
    [
        "MerchantSKU\tEnrol\tFnSKU\tPan EU Status\tUK Offer Status\tLast Active On\t"
        "Date Pan EU expires\tProduct comments\tUK PanEU Benefits\tFR PanEU Benefits",
        "MerchantSKU\tEnrol\tFnSKU\tPan-EU status\tNL offer status\tLast Active On\t"
        "Date Pan-EU expires\tProduct comments\tUK PanEU benefits\tFR PanEU benefits",
        "MerchantSKU\tRegistrarse\tFnSKU\tEstado de PanEU\tEstado de la oferta PL\t"
        "Última actividad el\tFecha en que caduca PanEU\tComentarios del producto\t"
        "Ventajas del Programa paneuropeo en Irlanda\tBeneficios de PanEU de FR",
    ],
)
def test_pan_eu_eligibility_is_known_in_english_and_spanish(header: str) -> None:
    day = "Tue Nov 10 13:15:14 UTC 2020"
    row = f"1\tY\tX1\tEnrolled\t£ 10.99\t{day}\t{day}\t\tY\tN\n"
    findings = Findings()
    text = f"\ufeffASIN\t{header}\nB1\t{row}"
    table = read(text, lookup("pan_eu_eligibility"), findings=findings)

    assert findings.unknown_columns == ()
    assert set(findings.missing_columns) == {"Enrollment Date", "Title"}
    assert cells(table)[0][:11] == [
        *("B1", "1", "Y", "X1", "Enrolled", "£ 10.99"),
        *(date(2020, 11, 10), date(2020, 11, 10), None, True, False),
    ]


@pytest.mark.parametrize(
    "header",
    [
        *("StartingWarehouseBalance", "Starting Warehouse Balance"),
        *("starting-warehouse-balance", "STARTING_WAREHOUSE_BALANCE"),
        *(" Starting Warehouse Balance", "starting warehouse balance "),
    ],
)
def test_ledger_headers_of_the_docs_and_of_served_files(header: str) -> None:
    findings = Findings()
    table = read(
        f"FNSKU\t{header}\nX\t12\n",
        LEDGER,
        findings=findings,
    )
    assert table[header].to_pylist() == [12]
    assert "Starting Warehouse Balance" not in findings.missing_columns


def test_a_spelling_never_takes_a_column_that_its_own_header_has() -> None:
    findings = Findings()
    table = read(
        "Starting Warehouse Balance\tstarting_warehouse_balance\n1\tx\n",
        LEDGER,
        findings=findings,
    )
    assert cells(table)[0][:2] == [1, "x"]
    assert findings.unknown_columns == ("starting_warehouse_balance",)


@pytest.mark.parametrize(
    "header",
    [
        "DEPRECATED healthy-inventory-level",
        "inv-age-366-to-455-days",
        "Total Reserved Quantity",
    ],
)
def test_header_changes_in_place_of_the_planning_report(header: str) -> None:
    kind = lookup("fba_inventory_planning")
    findings = Findings()
    column = kind.column(header)
    table = read(flat(kind, {"new": "7"}, names={"new": header}), kind)
    assert table[header].to_pylist() == (["7"] if column is None else [7])
    read(flat(kind), kind, findings=findings)
    assert header not in findings.missing_columns


@pytest.mark.parametrize(
    ("name", "header"),
    [("ledger", "Store"), ("returns", "Order Item ID"), ("orders", "order-item-id")],
)
def test_2026_additions_at_the_end(name: str, header: str) -> None:
    kind = lookup(name)
    for added in ({}, {"new": header}):
        findings = Findings()
        table = read(flat(kind, {"new": "07"}, names=added), kind, findings=findings)
        assert findings.unknown_columns == findings.missing_columns == ()
        assert not added or table[header].to_pylist() == ["07"]


def test_sellers_choose_extra_order_columns() -> None:
    kind = lookup("orders")
    extra = [c.name for c in kind.columns() if c.optional][::-1][:5]
    text = flat(kind, {"sku": "1"}, names={name: name for name in extra})
    findings = Findings()
    table = read(text, kind, findings=findings)
    assert table.column_names[-5:] == extra
    assert findings.unknown_columns == findings.missing_columns == ()


def test_new_columns_and_new_enum_values_may_come_at_any_time() -> None:
    kind = lookup("orders")
    findings = Findings()
    row = {"order-status": "Teleported", "q": "007"}
    text = flat(kind, row, names={"q": "quantum-state"})
    table = read(text, kind, findings=findings)
    assert table["order-status"].to_pylist() == ["Teleported"]
    assert table["quantum-state"].to_pylist() == ["007"]
    assert findings.unknown_columns == ("quantum-state",)


def test_uk_all_listings_adds_two_columns() -> None:
    names = {"m": "Minimum order quantity", "s": "Sell remainder"}
    findings = Findings()
    table = read(flat(LISTINGS, {"m": "2", "s": "y"}, names=names), LISTINGS)
    assert table["Minimum order quantity"].to_pylist() == [2]
    assert table["Sell remainder"].to_pylist() == ["y"]
    assert findings.unknown_columns == ()

"""One small document of each kind of flat file, for tests that go through all."""

from __future__ import annotations

from dataclasses import dataclass

from spreports.catalog import ReportType, lookup
from tests.fetch.documents import UTF_8, entry


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatKind:
    """A document and what it comes with."""

    name: str
    entry: ReportType
    plain: bytes
    content_type: str | None = UTF_8
    legacy: str | None = None


def _lines(*lines: str, end: str = "\n") -> str:
    return "".join(line + end for line in lines)


_ORDERS = _lines(
    "amazon-order-id\tpurchase-date\tproduct-name\tquantity\titem-price",
    '302-1\t2026-10-01T10:00:00+00:00\t12" Größe\t2\t9.90',
    "302-2\t2026-10-02T10:00:00+02:00\t\t\t",
    "302-3\t2026-10-03T10:00:00Z\tx\t007\t1E+2",
)
_LISTINGS = _lines(
    "item-name\tseller-sku\tprice\topen-date",
    '"Größe"\t007\t9.90\t2026-10-01 10:00:00 PST',
    "x\t1\t\t01/10/2026 10:00:00 MEST",
    end="\r\n",
)
_JAPANESE = _lines("商品名\t出品者SKU\t価格", "①ソ表\t007\t980", "髙\t8\t")
_LEDGER = _lines(
    '"Date"\t"Title"\t"Receipts"',
    '"10/05/2026"\t"1/2" Sensor"\t"5"',
    '""\t"a"\t""',
)
_RESTOCK = _lines('"Country"\t"Product Name"', '"US"\t"12"" pipe\nx"', '"DE"\t""')
_VCS = _lines(
    "Marketplace ID,Order Date,SKU,Quantity",
    'A1,28-Aug-2026 UTC,"x, ""y""\nz",2',
    "A2,01-Sep-2026 UTC,007,",
)
_WRAPPED = _lines(
    '"Marketplace ID,SKU,Quantity"', '"A1,""x, y"",2"', "A2,b,3", '"A3,c,"'
)
_SETTLEMENT = _lines(
    "",
    "settlement-id\ttotal-amount\tcurrency\tamount\tposted-date\tpromotion-id",
    "1\t93,50\tEUR\t\t\t",
    "1\t\t\t95,00\t01.10.2026\tp",
    "settlement-id\ttotal-amount\tcurrency\tamount\tposted-date\tpromotion-id",
    "1\t\t\t-1,50\t02.10.2026",
)
_FEEDBACK = _lines("Datum\tBewertung\tText", "28.8.26\t2\tspät", "1.9.26\t1\t")
_OPEN = _lines("sku,asin,price,quantity", "007,B01,9.90,1", '"a,b",B02,,')
_ODD = _lines("a;b;a", "1;2;3", '"x;y";;', end="\r")

KINDS = (
    FlatKind(name="orders", entry=lookup("orders"), plain=_ORDERS.encode()),
    FlatKind(
        name="listings",
        entry=lookup("listings"),
        plain=_LISTINGS.encode("cp1252"),
        content_type="text/plain;charset=Cp1252",
    ),
    FlatKind(
        name="listings of Japan",
        entry=lookup("listings"),
        plain=_JAPANESE.encode("cp932"),
        content_type=None,
        legacy="cp932",
    ),
    FlatKind(name="ledger", entry=lookup("ledger"), plain=_LEDGER.encode()),
    FlatKind(name="restock", entry=lookup("restock"), plain=_RESTOCK.encode()),
    FlatKind(name="vcs", entry=lookup("vat_calculation"), plain=_VCS.encode()),
    FlatKind(name="wrapped", entry=lookup("vat_calculation"), plain=_WRAPPED.encode()),
    FlatKind(
        name="settlement",
        entry=lookup("settlement"),
        plain=_SETTLEMENT.encode(),
        content_type=None,
        legacy="cp1252",
    ),
    FlatKind(
        name="feedback",
        entry=lookup("feedback").for_marketplace("DE"),
        plain=_FEEDBACK.encode("cp1252"),
        content_type="text/plain;charset=iso-8859-1",
    ),
    FlatKind(name="open", entry=lookup("open_listings"), plain=_OPEN.encode()),
    FlatKind(
        name="unknown",
        entry=entry(known=False, format=None),
        plain=("\ufeff" + _ODD).encode("utf-16-le"),
        content_type=None,
    ),
)

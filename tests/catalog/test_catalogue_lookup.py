"""Finding report types: aliases, full names, suggestions, own entries on top."""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Iterator

import pytest

from spreports import catalog
from spreports.catalog import Catalogue, ReportType, catalogue


@pytest.fixture
def fresh() -> Iterator[None]:
    catalogue._ours.cache_clear()
    yield
    catalogue._ours.cache_clear()


def test_every_live_type_has_an_alias_and_none_is_used_twice() -> None:
    entries = catalog.entries()
    aliases = [entry.alias for entry in entries if entry.alias]

    assert len(entries) == 150
    assert [e.report_type for e in entries if not e.deprecated and not e.alias] == []
    assert len(aliases) == len(set(aliases))
    assert all(a == a.lower() and a.replace("_", "").isalnum() for a in aliases)


@pytest.mark.parametrize(
    ("alias", "report_type"),
    [
        ("orders", "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"),
        ("orders_by_update", "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"),
        ("orders_shipping", "GET_FLAT_FILE_ORDER_REPORT_DATA_SHIPPING"),
        ("orders_xml", "GET_XML_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"),
        ("listings", "GET_MERCHANT_LISTINGS_ALL_DATA"),
        ("fba_inventory", "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"),
        ("settlement", "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"),
        ("sales_and_traffic", "GET_SALES_AND_TRAFFIC_REPORT"),
        ("search_terms", "GET_BRAND_ANALYTICS_SEARCH_TERMS_REPORT"),
        ("fba_returns", "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"),
        ("reimbursements", "GET_FBA_REIMBURSEMENTS_DATA"),
        ("ledger", "GET_LEDGER_SUMMARY_VIEW_DATA"),
        ("ledger_detail", "GET_LEDGER_DETAIL_VIEW_DATA"),
        ("vendor_sales", "GET_VENDOR_SALES_REPORT"),
    ],
)
def test_an_alias_and_the_full_name_find_the_same_entry(
    alias: str, report_type: str
) -> None:
    entry = catalog.lookup(alias)

    assert entry.report_type == report_type
    assert entry is catalog.lookup(report_type)
    assert entry is catalog.lookup(alias.upper())
    assert entry is catalog.lookup(report_type.lower())


def test_the_index_and_the_files_say_the_same() -> None:
    folder = catalogue._folder().joinpath("types")
    files = {
        f"{family.name}/{file.name}": family.name
        for family in folder.iterdir()
        for file in family.iterdir()
    }
    lines = catalogue._index().values()

    assert {line.file for line in lines} == set(files)
    assert len(lines) == len(files)
    for line in lines:
        entry = catalog.lookup(line.report_type)
        assert (entry.alias or "") == line.alias
        assert entry.report_type == line.report_type
        assert entry.family == line.family == files[line.file]
        assert line.file == f"{line.family}/{line.report_type}.toml"
    order = [(line.family, line.report_type) for line in lines]
    assert order == sorted(order)


@pytest.mark.usefixtures("fresh")
def test_one_look_up_reads_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    original = catalogue._read_text

    def counted(file: str) -> str:
        read.append(file)
        return original(file)

    monkeypatch.setattr(catalogue, "_read_text", counted)

    catalog.lookup("orders")
    catalog.lookup("orders")
    with pytest.raises(ValueError, match="unknown"):
        catalog.lookup("no_such_thing")
    catalog.lookup("GET_SOMETHING_NEW")

    assert read == ["orders/GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL.toml"]


def test_importing_the_catalogue_parses_nothing() -> None:
    code = (
        "import sys, spreports.catalog as c\n"
        "from spreports.catalog import catalogue as k\n"
        "heavy = {'tomllib', 'difflib', 'polars', 'pyarrow'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy or k._index.cache_info().currsize else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603 - our code


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ordrs", "did you mean 'orders'"),
        ("setlement", "did you mean 'settlement'"),
        ("inventory", "'fba_inventory'"),
        ("Get_Merchant_Listing_All_Data", "'GET_MERCHANT_LISTINGS_ALL_DATA'"),
        ("zzzzzz", "full names such as GET_MERCHANT_LISTINGS_ALL_DATA"),
        ("sales-and-traffic", "did you mean 'sales_and_traffic'"),
    ],
)
def test_a_mistyped_alias_is_refused_with_near_ones(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match=r"report type") as caught:
        catalog.lookup(name)

    assert repr(name) in str(caught.value)
    assert hint in str(caught.value)


@pytest.mark.parametrize("name", ["", " ", "a b", "GET_X;DROP", "é", "A" * 201])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a report type"):
        catalog.lookup(name)


def test_a_full_name_that_nobody_knows_is_usable() -> None:
    entry = catalog.lookup("GET_BRAND_NEW_REPORT")

    assert not entry.known
    assert entry.report_type == "GET_BRAND_NEW_REPORT"
    assert entry.alias is None
    assert entry.requestable
    assert entry.columns() == ()
    assert entry.table().name == "rows"
    assert entry.column("anything") is None


def test_a_column_is_found_by_its_header_in_other_languages_and_spellings() -> None:
    listings = catalog.lookup("listings")
    ledger = catalog.lookup("ledger")

    assert listings.column("出品者SKU") is listings.column("seller-sku")
    assert ledger.column("StartingWarehouseBalance") == ledger.column(
        "Starting Warehouse Balance"
    )
    assert listings.column("Seller-SKU ") is listings.column("seller-sku")
    assert listings.column("nothing like it") is None


def test_tables_and_options_are_found_by_name_or_refused_with_near_ones() -> None:
    traffic = catalog.lookup("sales_and_traffic")

    assert traffic.table().name == "salesAndTrafficByDate"
    assert traffic.table("salesAndTrafficByAsin").columns[0].name == "parentAsin"
    assert traffic.option("asinGranularity").values == ("PARENT", "CHILD", "SKU")
    with pytest.raises(ValueError, match="did you mean 'salesAndTrafficByAsin'"):
        traffic.table("salesAndTrafficByASINs")
    with pytest.raises(ValueError, match="did you mean 'asinGranularity'"):
        traffic.option("asin_granularity")
    with pytest.raises(ValueError, match="has none"):
        catalog.lookup("orders").option("reportPeriod")


def test_an_own_entry_stands_on_top_and_changes_no_other_catalogue() -> None:
    ours = catalog.default_catalogue()
    entry = ReportType(report_type="GET_NEW_ONE", alias="new_one", family="own")

    more = ours.with_entry(entry)

    assert more.lookup("new_one") is entry
    assert more.lookup("GET_NEW_ONE") is entry
    assert entry in more.entries()
    assert len(more.rows()) == len(ours.rows()) + 1
    assert not ours.lookup("GET_NEW_ONE").known
    with pytest.raises(ValueError, match="new_one"):
        ours.lookup("new_one")


def test_an_own_entry_can_take_the_place_and_drop_the_alias_of_ours() -> None:
    full = catalog.lookup("orders").report_type
    more = Catalogue().with_entry(ReportType(report_type=full, alias="sold"))

    assert more.lookup("sold").columns() == ()
    assert more.lookup(full).alias == "sold"
    with pytest.raises(ValueError, match="unknown report type 'orders'"):
        more.lookup("orders")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        (ReportType(report_type="GET_NEW", alias="orders"), "BY_ORDER_DATE_GENERAL's"),
        (ReportType(report_type="GET_NEW", alias="Not So"), "lower-case"),
        (ReportType(report_type="get_new"), "form of a report type"),
    ],
)
def test_an_own_entry_with_an_impossible_name_is_refused(
    entry: ReportType, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Catalogue().with_entry(entry)


def test_the_feedback_dates_follow_the_marketplace() -> None:
    feedback = catalog.lookup("feedback")

    def formats(country: str) -> tuple[str, ...]:
        date = feedback.for_marketplace(country).column("Date")
        assert date is not None
        return date.formats

    assert formats("US") == ("%m/%d/%y",)
    assert formats("DE") == ("%d.%m.%y",)
    assert formats("UK") == formats("GB") == ("%d/%m/%y",)
    assert formats("SE") == ("%Y-%m-%d",)
    assert formats("ZZ") == ("by-marketplace",)
    assert catalog.lookup("orders").for_marketplace("DE") == catalog.lookup("orders")


def test_a_marketplaces_own_dates_stand_beside_those_of_all() -> None:
    restock = catalog.lookup("restock")

    def formats(country: str) -> tuple[str, ...]:
        day = restock.for_marketplace(country).column("Recommended ship date")
        assert day is not None
        return day.formats

    assert formats("US") == ("iso", "%Y/%m/%d", "%d.%m.%Y", "%m/%d/%Y")
    assert formats("UK") == ("iso", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y")
    # Both orders are in use there, and nothing says which this report has
    assert formats("CA")[-1] == "by-marketplace"


def test_rows_are_plain_values_with_the_same_keys() -> None:
    rows = catalog.default_catalogue().rows()

    assert len({tuple(row) for row in rows}) == 1
    orders = next(row for row in rows if row["alias"] == "orders")
    assert orders["columns"] == 79
    assert orders["max_window_days"] == 30
    plain = (str, int, bool, list, type(None))
    assert all(isinstance(value, plain) for row in rows for value in row.values())


def test_entries_survive_the_way_to_another_process() -> None:
    for entry in catalog.entries():
        assert pickle.loads(pickle.dumps(entry)) == entry  # noqa: S301 - our own bytes
        hash(entry)

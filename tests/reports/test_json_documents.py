"""JSON reports from request to frame: tables, shapes, and the echo of the request."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

import spreports as spr
from spreports.reports.echo import Echo


def search_terms(client: spr.Client, period: str = "WEEK") -> spr.Reports:
    return client.reports(
        "search_terms",
        start="2026-10-04",
        end="2026-10-11",
        marketplaces=["US"],
        options={"reportPeriod": period},
    )


def test_a_json_report_becomes_a_typed_frame(client: spr.Client) -> None:
    frame = search_terms(client).read()

    assert frame.height > 0
    assert frame.schema["searchTerm"] == pl.String()
    assert frame.schema["searchFrequencyRank"] == pl.Int64()


def test_a_report_of_two_tables_gives_either(client: spr.Client) -> None:
    reports = client.reports(
        "sales_and_traffic",
        start="2026-10-01",
        end="2026-10-08",
        marketplaces=["US"],
        options={"dateGranularity": "DAY", "asinGranularity": "CHILD"},
    )

    by_date = reports.read("salesAndTrafficByDate")
    by_asin = reports.read("salesAndTrafficByAsin")

    assert reports.tables == ("salesAndTrafficByDate", "salesAndTrafficByAsin")
    assert "date" in by_date.columns
    assert "parentAsin" in by_asin.columns
    assert by_date.columns != by_asin.columns


@pytest.mark.slow
def test_what_has_parts_can_stay_a_struct(client: spr.Client) -> None:
    reports = client.reports(
        "sales_and_traffic",
        start="2026-10-01",
        end="2026-10-08",
        marketplaces=["US"],
    )

    flat = reports.read("salesAndTrafficByDate")
    nested = reports.read("salesAndTrafficByDate", nested="struct")

    assert "salesByDate.orderedProductSales.amount" in flat.columns
    assert isinstance(nested.schema["salesByDate"], pl.Struct)
    sales = nested["salesByDate"].struct.field("orderedProductSales")
    assert (
        sales.struct.field("amount").to_list()
        == flat["salesByDate.orderedProductSales.amount"].to_list()
    )


def test_the_documents_own_fields_are_there(client: spr.Client) -> None:
    (report,) = search_terms(client)
    document = client.document(
        str(report.report_document_id), report_type="search_terms"
    )

    fields = document.fields()

    specification = fields["reportSpecification"]
    assert isinstance(specification, dict)
    assert specification["reportType"] == report.report_type


def test_a_document_that_answers_another_request_is_refused(
    client: spr.Client, tmp_path: Path
) -> None:
    reports = search_terms(client).wait()
    (request,) = reports._requests
    object.__setattr__(request, "options", {"reportPeriod": "MONTH"})

    with pytest.raises(spr.DocumentError, match="option reportPeriod"):
        reports.sink(tmp_path / "lake")

    assert not list(tmp_path.rglob("*.parquet"))


ECHO = Echo(
    report_type="T",
    marketplace_ids=("A", "B"),
    options={"reportPeriod": "WEEK"},
    start=datetime(2026, 10, 4, tzinfo=UTC),
    end=datetime(2026, 10, 10, tzinfo=UTC),
)


@pytest.mark.parametrize(
    "specification",
    [
        None,
        {},
        {"reportType": "T", "marketplaceIds": ["A"]},
        {"dataStartTime": "2026-10-04", "dataEndTime": "2026-10-10T00:00:00Z"},
        {"reportOptions": {"reportPeriod": "WEEK", "other": "x"}},
    ],
)
def test_an_echo_that_says_the_same_or_less_is_fine(specification: object) -> None:
    ECHO.check({"reportSpecification": specification})


@pytest.mark.parametrize(
    ("specification", "says"),
    [
        ({"reportType": "U"}, "reportType"),
        ({"marketplaceIds": ["C"]}, "marketplaceIds"),
        ({"dataStartTime": "2026-10-05"}, "dataStartTime"),
        ({"dataEndTime": "2026-10-11"}, "dataEndTime"),
        ({"reportOptions": {"reportPeriod": "DAY"}}, "option reportPeriod"),
    ],
)
def test_an_echo_that_differs_is_named(specification: object, says: str) -> None:
    with pytest.raises(spr.DocumentError, match=says):
        ECHO.check({"reportSpecification": specification})


@pytest.mark.parametrize(
    ("start", "end", "same"),
    [
        ("2026-10-06", "2026-10-14", True),
        ("2026-10-04", "2026-10-17", True),  # whole weeks around them
        ("2026-10-11", "2026-10-10", True),  # whole weeks within them
        ("2026-10-05", "2026-10-14", False),
        ("2026-10-06", "2026-10-18", False),
    ],
)
def test_an_echo_may_have_the_bounds_of_the_periods_that_were_asked_for_in_part(
    start: str, end: str, *, same: bool
) -> None:
    within = replace(
        ECHO,
        start=datetime(2026, 10, 6, tzinfo=UTC),
        end=datetime(2026, 10, 14, tzinfo=UTC),
        period="WEEK",
    )
    said = {
        "reportType": "T",
        "marketplaceIds": ["A", "B"],
        "reportOptions": {"reportPeriod": "WEEK"},
        "dataStartTime": start,
        "dataEndTime": end,
    }

    assert within.confirms({"reportSpecification": said}) == same
    whole = replace(ECHO, period="WEEK")
    assert not whole.confirms({"reportSpecification": said})


def test_the_plain_bytes_can_be_saved(client: spr.Client, tmp_path: Path) -> None:
    (report,) = search_terms(client)
    document = client.document(str(report.report_document_id))

    size = document.save(tmp_path / "terms.json")

    assert (tmp_path / "terms.json").stat().st_size == size
    again = spr.open_document(tmp_path / "terms.json", report_type="search_terms")
    assert again.read().equals(search_terms(client).read())
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def test_drift_names_what_the_catalogue_does_not_know(tmp_path: Path) -> None:
    path = tmp_path / "orders.txt"
    path.write_text("amazon-order-id\tnew-column\tquantity\n1\tx\tmany\n")

    drift = spr.open_document(path, report_type="orders").drift()

    assert drift
    assert drift.unknown_columns == ("new-column",)
    assert "sku" in drift.missing_columns
    assert drift.bad_cells == {"quantity": 1}
    assert "new-column" in str(drift)
    assert "<li>" in drift._repr_html_()


def test_rows_of_json_wait_in_less_memory_than_flat_ones(tmp_path: Path) -> None:
    terms = [f"{number:0400d}" for number in range(40_000)]
    records = ",".join(f'{{"searchTerm": "{term}"}}' for term in terms)
    tree, flat = tmp_path / "terms.json", tmp_path / "listings.txt"
    tree.write_text(f'{{"dataByDepartmentAndSearchTerm": [{records}]}}')
    flat.write_text("\n".join(["item-name", *terms, ""]))

    def largest_row_group(path: Path, report_type: str) -> int:
        folder = path.with_suffix("")
        spr.open_document(path, report_type=report_type).sink(folder)
        (file,) = folder.glob("*.parquet")
        meta = pq.read_metadata(file)
        assert meta.num_rows == len(terms)
        groups = range(meta.num_row_groups)
        return int(max(meta.row_group(n).total_byte_size for n in groups))

    of_json = largest_row_group(tree, "search_terms")
    assert of_json * 9 // 8 < largest_row_group(flat, "listings")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("salesandtrafficbydate", "did you mean 'salesAndTrafficByDate'"),
        ("zz", "one of salesAndTrafficByDate, salesAndTrafficByAsin, more$"),
    ],
)
def test_a_table_that_a_document_lacks_is_told_with_those_it_may_have(
    tmp_path: Path, table: str, told: str
) -> None:
    path = tmp_path / "report.json"
    path.write_text('{"salesAndTrafficByDate": [{"date": "2026-10-01"}], "more": [{}]}')
    document = spr.open_document(path, report_type="sales_and_traffic")

    with pytest.raises(ValueError, match=f"has no table '{table}': .*{told}"):
        document.read(table)

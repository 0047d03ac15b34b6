"""Reference, "Settlement V2": each quirk by its name; the sum to the last cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.catalog import lookup
from spreports.errors import ParseError
from spreports.fetch.document import table_names
from spreports.fetch.findings import Findings
from tests.fetch.documents import entry, flat, opener, read

pytestmark = pytest.mark.usefixtures("each_way")

SETTLEMENT = lookup("settlement")
SUMMARY = {
    "settlement-id": "007",
    "settlement-start-date": "01.10.2026 00:00:00 UTC",
    "settlement-end-date": "15.10.2026 00:00:00 UTC",
    "deposit-date": "17.10.2026 00:00:00 UTC",
    "total-amount": "93,50",
    "currency": "EUR",
}
ROWS = [
    {"settlement-id": "007", "amount-type": "ItemPrice", "amount": "95,00"},
    {"settlement-id": "007", "amount-type": "ItemFees", "amount": "-1,50"},
]
TEXT = flat(SETTLEMENT, SUMMARY, *ROWS)


def test_the_first_data_row_is_a_summary_and_a_table_of_its_own() -> None:
    findings = Findings()
    rows = read(TEXT, SETTLEMENT, findings=findings)
    assert rows.column_names == [c.name for c in SETTLEMENT.columns()]
    assert rows["amount"].to_pylist() == [Decimal(95), Decimal("-1.5")]
    assert rows["total-amount"].null_count == rows["currency"].null_count == 2
    assert (findings.rows, findings.summary_rows) == (2, 1)
    assert findings.skipped_checks == ()

    findings = Findings()
    (summary,) = read(TEXT, SETTLEMENT, table="summary", findings=findings).to_pylist()
    assert summary == {
        "settlement-id": "007",
        "settlement-start-date": datetime(2026, 10, 1, tzinfo=UTC),
        "settlement-end-date": datetime(2026, 10, 15, tzinfo=UTC),
        "deposit-date": datetime(2026, 10, 17, tzinfo=UTC),
        "total-amount": Decimal("93.5"),
        "currency": "EUR",
    }
    assert (findings.rows, findings.summary_rows) == (1, 1)
    assert table_names(opener(TEXT.encode()), SETTLEMENT) == ("rows", "summary")


def test_the_two_tables_are_parted_as_text_too() -> None:
    rows = read(TEXT, SETTLEMENT, typed=False)
    assert rows["amount"].to_pylist() == ["95,00", "-1,50"]
    assert rows["currency"].to_pylist() == ["", ""]
    (summary,) = read(TEXT, SETTLEMENT, typed=False, table="summary").to_pylist()
    assert summary == SUMMARY
    wrong = TEXT.replace("95,00", "95,01")
    with pytest.raises(ParseError, match="add up"):
        read(wrong, SETTLEMENT, typed=False)


@pytest.mark.parametrize("table", [None, "rows", "summary"])
@pytest.mark.parametrize("rule", ["raise", "null", "rescue"])
def test_the_signed_sum_of_amount_equals_total_amount_or_it_is_an_error(
    table: str | None, rule: str
) -> None:
    assert read(TEXT, SETTLEMENT, table=table, on_bad_value=rule).num_rows > 0
    without_last = TEXT[: TEXT.rindex("007")]
    for wrong, summed, total in (
        (TEXT.replace("93,50", "93,51"), "93.50", "93.51"),
        (without_last, "95.00", "93.50"),
    ):
        with pytest.raises(ParseError, match="add up to") as caught:
            read(wrong, SETTLEMENT, table=table, on_bad_value=rule)
        message = str(caught.value)
        assert f"'amount' add up to {summed}," in message
        assert f"'total-amount' is {total}:" in message
        assert "007" not in message
        assert caught.value.column == "total-amount"


def test_a_bad_amount_skips_the_check_and_the_findings_say_so() -> None:
    text = TEXT.replace("-1,50", "-1,50x")
    for rule in ("null", "rescue"):
        findings = Findings()
        table = read(text, SETTLEMENT, findings=findings, on_bad_value=rule)
        assert table["amount"].to_pylist() == [Decimal(95), None]
        assert findings.bad_cells == {"amount": 1}
        (said,) = findings.skipped_checks
        assert "total-amount" in said
    findings = Findings()
    read(text, SETTLEMENT, typed=False, findings=findings)
    assert len(findings.skipped_checks) == 1
    with pytest.raises(ParseError, match="data row 3"):
        read(text, SETTLEMENT)


def test_a_settlement_without_its_summary_row_is_read_and_said() -> None:
    findings = Findings()
    text = flat(SETTLEMENT, *ROWS)
    assert read(text, SETTLEMENT, findings=findings).num_rows == 2
    assert "no summary row" in findings.skipped_checks[0]
    assert read(text, SETTLEMENT, table="summary").num_rows == 0


def test_a_settlement_of_header_alone_or_summary_alone() -> None:
    assert read(flat(SETTLEMENT), SETTLEMENT).num_rows == 0
    nothing = flat(SETTLEMENT, {**SUMMARY, "total-amount": "0,00"})
    assert read(nothing, SETTLEMENT).num_rows == 0
    assert read(nothing, SETTLEMENT, table="summary").num_rows == 1
    with pytest.raises(ParseError, match="add up"):
        read(flat(SETTLEMENT, SUMMARY), SETTLEMENT)


def test_identical_rows_are_legal_and_kept() -> None:
    text = flat(SETTLEMENT, {**SUMMARY, "total-amount": "285,00"}, *[ROWS[0]] * 3)
    assert read(text, SETTLEMENT)["amount"].to_pylist() == [Decimal(95)] * 3


def test_settlements_in_one_file_are_each_held_to_their_own_total() -> None:
    other = {**SUMMARY, "settlement-id": "8", "total-amount": "1,00"}
    row = {"settlement-id": "8", "amount": "1,00"}
    text = flat(SETTLEMENT, SUMMARY, *ROWS, other, row)
    assert read(text, SETTLEMENT).num_rows == 3
    assert read(text, SETTLEMENT, table="summary").num_rows == 2
    swapped = text.replace("8\t\t\t\t\t\t", "007\t\t\t\t\t\t")
    with pytest.raises(ParseError, match="add up"):
        read(swapped, SETTLEMENT)


def test_the_same_settlement_under_several_reports_is_told_by_its_id() -> None:
    one, other = (read(TEXT, SETTLEMENT, table="summary") for _ in range(2))
    assert one["settlement-id"].to_pylist() == other["settlement-id"].to_pylist()


def test_a_row_may_be_posted_seconds_after_the_settlements_end() -> None:
    late = {**ROWS[0], "posted-date-time": "15.10.2026 00:00:07 UTC"}
    table = read(flat(SETTLEMENT, SUMMARY, late, ROWS[1]), SETTLEMENT)
    assert table["posted-date-time"][0].as_py() == datetime(
        2026, 10, 15, 0, 0, 7, tzinfo=UTC
    )


def test_order_id_may_hold_an_fba_shipment_id() -> None:
    row = {**ROWS[0], "order-id": "FBA15DJ8K2XY"}
    table = read(flat(SETTLEMENT, SUMMARY, row, ROWS[1]), SETTLEMENT)
    assert table["order-id"][0].as_py() == "FBA15DJ8K2XY"


def test_market_names_other_than_sites_occur() -> None:
    rows = [{**ROWS[0], "marketplace-name": "Non-Amazon US"}, ROWS[1]]
    table = read(flat(SETTLEMENT, SUMMARY, *rows), SETTLEMENT)
    assert table["marketplace-name"].to_pylist() == ["Non-Amazon US", None]


def test_an_own_entry_without_summary_row_reads_it_as_it_is() -> None:
    kind = entry(*SETTLEMENT.columns(), local_decimals=True, pad_short_rows=True)
    assert read(TEXT.replace("93,50", "93,51"), kind).num_rows == 3


CENTS = st.integers(-(10**30), 10**30)


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(CENTS, max_size=30), st.integers(-2, 2), st.sampled_from([1, 200]))
def test_the_sum_is_exact_and_any_difference_is_found(
    cents: list[int], off: int, batch_bytes: int
) -> None:
    def money(value: int) -> str:
        sign, digits = "-" * (value < 0), f"{abs(value):03d}"
        return f"{sign}{digits[:-2]}.{digits[-2:]}"

    total = {"settlement-id": "1", "currency": "USD"}
    total["total-amount"] = money(sum(cents) + off)
    rows = [{"settlement-id": "1", "amount": money(each)} for each in cents]
    text = flat(SETTLEMENT, total, *rows)
    if off:
        with pytest.raises(ParseError, match="add up"):
            read(text, SETTLEMENT, batch_bytes=batch_bytes)
    else:
        table = read(text, SETTLEMENT, batch_bytes=batch_bytes)
        assert table["amount"].to_pylist() == [Decimal(money(each)) for each in cents]


def test_without_a_table_the_rows_are_parted_from_the_summary() -> None:
    assert read(TEXT, SETTLEMENT, table=None) == read(TEXT, SETTLEMENT, table="rows")


def test_an_entry_without_the_summary_row_reads_what_does_not_add_up() -> None:
    wrong = TEXT.replace("93,50", "93,51")

    table = read(wrong, replace(SETTLEMENT, summary_row=False))

    assert table["total-amount"].to_pylist() == [Decimal("93.51"), None, None]


def test_settlements_in_batches_of_one_row_are_held_to_their_totals() -> None:
    other = {**SUMMARY, "settlement-id": "8", "total-amount": "1.001,00"}
    row = {"settlement-id": "8", "amount": "1.001,00"}
    text = flat(SETTLEMENT, SUMMARY, *ROWS, other, row)
    assert read(text, SETTLEMENT, batch_bytes=1) == read(text, SETTLEMENT)
    wrong = text.replace("1.001,00\t\t\t", "1.001,01\t\t\t")
    assert wrong != text
    with pytest.raises(ParseError, match=r"1001\.00\b.*1001\.01\b|1001\.01.*1001\.00"):
        read(wrong, SETTLEMENT, batch_bytes=1)


@pytest.mark.slow
@pytest.mark.parametrize("table", ["rows", "summary"])
def test_texts_told_apart_for_a_sink_change_no_row_and_no_check(table: str) -> None:
    posted = {"posted-date": "05.10.2026", "quantity-purchased": "1"}
    one, two = (
        [
            {**posted, "settlement-id": name, "amount": f"{k % 7 - 3},{k % 100:02}"}
            for k in range(rows)
        ]
        for name, rows in (("007", 30_000), ("8", 700))
    )
    totals = [
        sum(Decimal(row["amount"].replace(",", ".")) for row in rows)
        for rows in (one, two)
    ]
    first, other = (
        {**SUMMARY, "settlement-id": name, "total-amount": f"{total}".replace(".", ",")}
        for name, total in zip(("007", "8"), totals, strict=True)
    )
    text = flat(SETTLEMENT, first, *one, other, *two)
    plain = read(text, SETTLEMENT, table=table)

    found = read(text, SETTLEMENT, table=table, coded=True, batch_bytes=40_000)

    assert found.num_rows == (2 if table == "summary" else 30_700)
    assert pa.dictionary(pa.int32(), pa.string()) in found.schema.types
    assert found.cast(plain.schema).equals(plain)
    wrong = text.replace("2,99", "2,98", 1)
    assert wrong != text
    for coded in (True, False):
        with pytest.raises(ParseError, match="add up"):
            read(wrong, SETTLEMENT, table=table, coded=coded, batch_bytes=40_000)


def test_a_row_without_an_id_counts_for_no_settlement_of_several() -> None:
    other = {**SUMMARY, "settlement-id": "8", "total-amount": "1,00"}
    lost = {"settlement-id": "", "amount": "1,00"}
    text = flat(SETTLEMENT, SUMMARY, *ROWS, other, lost)
    for size in range(1, 500, 25):
        with pytest.raises(ParseError, match="add up"):
            read(text, SETTLEMENT, batch_bytes=size)


def of_currency(number: int, currency: str, amounts: list[str], total: str) -> str:
    """One settlement as text, without a header."""
    name = str(number)
    head = {"settlement-id": name, "currency": currency, "total-amount": total}
    rows = [{"settlement-id": name, "amount": amount} for amount in amounts]
    return flat(SETTLEMENT, head, *rows).partition("\n")[2]


EURO = of_currency(1, "EUR", ["1,234", "1.234", "-0,468"], "1.234,766")
YEN = of_currency(2, "JPY", ["1,234", "100", "+1,234,567"], "1,235,901")
KRONA = of_currency(3, "SEK", ["1 234,50", "0,25"], "1 234,75")
READ = {
    EURO: ["1.234", "1234", "-0.468"],
    YEN: ["1234", "100", "1234567"],
    KRONA: ["1234.5", "0.25"],
}
HEADER = TEXT.partition("\n")[0] + "\n"


@pytest.mark.slow
@settings(deadline=None)
@given(
    parts=st.lists(st.sampled_from([EURO, YEN, KRONA]), min_size=1, max_size=5),
    batch_bytes=st.sampled_from([1, 90, 200, 1000, 1 << 20]),
    typed=st.booleans(),
)
def test_each_settlement_of_several_is_read_by_its_own_currency(
    parts: list[str], batch_bytes: int, typed: bool
) -> None:
    findings = Findings()
    text = HEADER + "".join(parts)

    table = read(
        text, SETTLEMENT, batch_bytes=batch_bytes, findings=findings, typed=typed
    )

    assert findings.skipped_checks == ()
    if typed:
        wanted = [Decimal(amount) for part in parts for amount in READ[part]]
        assert table["amount"].to_pylist() == wanted


@pytest.mark.parametrize("batch_bytes", [1, 200, 1 << 20])
def test_a_cell_of_another_currency_that_does_not_fit_is_told_by_its_row(
    batch_bytes: int,
) -> None:
    bad = YEN.replace("\t100\t", "\t1,2,3\t", 1)
    assert bad != YEN
    text = HEADER + EURO + bad
    with pytest.raises(ParseError, match="'amount'") as caught:
        read(text, SETTLEMENT, batch_bytes=batch_bytes)
    assert caught.value.row == 7

    table = read(text, SETTLEMENT, batch_bytes=batch_bytes, on_bad_value="rescue")

    amounts = table["amount"].to_pylist()
    assert amounts == [*map(Decimal, READ[EURO]), 1234, None, 1234567]
    assert table["_rescued"].to_pylist() == [None] * 4 + ['{"amount": "1,2,3"}', None]


def test_a_currency_that_is_named_late_holds_for_the_rows_above_and_below() -> None:
    rows = [{"settlement-id": "1", "amount": "1,234"}]
    named = {"settlement-id": "1", "amount": "1,234", "currency": "JPY"}
    entry = replace(SETTLEMENT, summary_row=False)

    table = read(flat(SETTLEMENT, *rows, named, *rows), entry)

    assert table["amount"].to_pylist() == [Decimal(1234)] * 3


@pytest.mark.parametrize("how", [{"rule": "null"}, {"rule": "rescue"}, {}])
@pytest.mark.parametrize("blocks", [1, 1 << 20])
def test_a_row_whose_amount_cannot_be_read_is_no_summary(
    how: dict[str, str], blocks: int
) -> None:
    odd = {"settlement-id": "007", "total-amount": "5,00", "order-id": "B"}
    text = flat(SETTLEMENT, SUMMARY, *ROWS, odd | {"amount": "x"}, odd)
    typed = {"on_bad_value": how["rule"]} if how else {"typed": False}

    rows = read(text, SETTLEMENT, batch_bytes=blocks, **typed)
    summaries = read(text, SETTLEMENT, table="summary", batch_bytes=blocks, **typed)

    assert [each or None for each in rows["order-id"].to_pylist()] == [None, None, "B"]
    assert summaries.num_rows == 2
    if how == {"rule": "rescue"}:
        assert rows["_rescued"].to_pylist() == [None, None, '{"amount": "x"}']
        assert summaries["_rescued"].null_count == 2

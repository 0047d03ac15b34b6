"""From a request to rows, by every way out; Amazon is asked once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import spreports as spr
from spreports.reports.amazon_origin import AmazonOrigin
from spreports.reports.shape import Shape
from spreports.simulator import Simulator
from tests.reports.conftest import calls


def orders(client: spr.Client, days: int = 90) -> spr.Reports:
    return client.reports("orders", start=f"{days}d", marketplaces=["DE", "FR"])


def january(client: spr.Client) -> spr.Reports:
    return client.reports(
        "orders", start="2026-01-01", end="2026-01-15", marketplaces=["DE"]
    )


def test_a_second_collect_asks_nobody(simulator: Simulator, client: spr.Client) -> None:
    frame = orders(client).scan()
    first = frame.collect()
    asked = len(simulator.requests)

    assert frame.collect().equals(first)
    assert first.height == 3 * 200
    assert len(simulator.requests) == asked


def test_a_second_way_out_asks_nobody(simulator: Simulator, client: spr.Client) -> None:
    reports = orders(client)
    frame = reports.read()
    asked = len(simulator.requests)

    table = reports.batches().read_all()
    again = pl.from_arrow(pa.table(reports))

    assert isinstance(again, pl.DataFrame)
    assert again.equals(frame)
    assert table.num_rows == frame.height
    assert len(simulator.requests) == asked


def test_pandas_is_told_the_way_before_anything_is_asked_for(
    simulator: Simulator, client: spr.Client
) -> None:
    asked = len(simulator.requests)
    with pytest.raises(TypeError, match=r"\.read\(\)\.to_pandas\(\)"):
        pd.DataFrame(orders(client))
    assert len(simulator.requests) == asked


def test_every_library_of_arrow_takes_reports_as_they_are(client: spr.Client) -> None:
    reports = january(client)
    rows = reports.read().height

    assert pl.DataFrame(reports).height == rows
    assert pa.table(reports).num_rows == rows
    assert duckdb.execute("SELECT count(*) FROM reports").fetchall() == [(rows,)]


def test_columns_are_typed_and_keep_amazons_names(client: spr.Client) -> None:
    frame = orders(client, 30).read()

    assert frame.columns[:3] == [
        "amazon-order-id",
        "merchant-order-id",
        "purchase-date",
    ]
    assert frame.schema["purchase-date"] == pl.Datetime("us", "UTC")
    assert frame.schema["item-price"] == pl.Decimal(38, 6)
    assert frame.schema["quantity"] == pl.Int64()
    assert frame.schema["ship-postal-code"] == pl.String()


def test_untyped_is_text_as_it_came(client: spr.Client) -> None:
    frame = orders(client, 30).read(typed=False)

    assert set(frame.dtypes) == {pl.String()}


def test_metadata_columns_come_when_asked_for(client: spr.Client) -> None:
    reports = client.reports("orders", start="60d", marketplaces=["DE"])
    frame = reports.read(metadata=True)
    ids = [report.report_id for report in reports]

    assert frame.columns[-6:] == [
        "report_id",
        "report_type",
        "marketplace",
        "data_start_time",
        "data_end_time",
        "date",
    ]
    assert frame["report_id"].unique(maintain_order=True).to_list() == ids
    assert frame["marketplace"].unique().to_list() == ["DE"]
    assert frame.schema["data_start_time"] == pl.Datetime("us", "UTC")
    assert frame.schema["date"] == pl.Date()
    batches = reports.batches(metadata=True).read_all()
    assert batches.column_names == frame.columns
    assert frame.equals(pl.DataFrame(batches))


def test_batches_can_be_read_again(client: spr.Client) -> None:
    reports = orders(client)

    first = list(reports.batches())
    second = list(reports.batches())

    assert sum(b.num_rows for b in first) == sum(b.num_rows for b in second) == 600


def test_batches_stay_small_however_large_the_document_is(tmp_path: Path) -> None:
    path = tmp_path / "d1.txt"
    row = "1" * 2_000 + "\t2\n"
    path.write_text("amazon-order-id\tquantity\n" + row * 2_000)

    batches = list(spr.open_document(path, report_type="orders").batches())

    assert sum(batch.num_rows for batch in batches) == 2_000
    assert len(batches) > 2
    assert all(batch.nbytes < 2 << 20 for batch in batches)


@pytest.mark.parametrize("kind", ["parquet", "delta"])
def test_what_is_said_of_rows_is_heard_by_every_sink(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "d1.txt"
    path.write_text("amazon-order-id\tquantity\n1\t2\n")
    source = spr.open_document(path, report_type="orders")._source
    told = []

    def refuse(*said: Any) -> None:
        told.append(said)
        raise spr.SinkError("refused")

    target = source.target(tmp_path / "lake", (), None, kind)
    with pytest.raises(spr.SinkError, match="refused"):
        source.land(target, Shape(), verdict=refuse)
    ((_, findings),) = told

    assert findings.rows == 1
    assert not list(tmp_path.rglob("*.parquet"))


@pytest.mark.parametrize("metadata", [False, True])
def test_batches_name_the_document_that_cannot_be_read(
    tmp_path: Path, metadata: bool
) -> None:
    path = tmp_path / "d2.txt"
    header = "amazon-order-id\tquantity\n"
    for text in (header + "1\tmany\n", header + "1\t2\t3\n"):
        path.write_text(text)
        document = spr.open_document(path, report_type="orders")
        with pytest.raises(spr.ParseError) as caught:
            document.batches(metadata=metadata).read_all()
        assert caught.value.report_document_id == "d2.txt"


def test_a_sink_is_read_alike_by_duckdb_and_by_us(
    client: spr.Client, tmp_path: Path
) -> None:
    reports = orders(client)
    frame = reports.read()

    result = reports.sink(
        tmp_path / "lake" / "orders",
        partition_by=["sales-channel", "purchase-date:day"],
    )

    glob = f"{tmp_path}/lake/orders/**/*.parquet"
    rows = (
        duckdb.connect()
        .execute(
            'SELECT "sales-channel", count(*), sum("item-price") '
            f"FROM read_parquet('{glob}', hive_partitioning=true, union_by_name=true) "
            "GROUP BY 1 ORDER BY 1"
        )
        .fetchall()
    )
    expected = (
        frame.group_by("sales-channel")
        .agg(pl.len(), pl.col("item-price").sum())
        .sort("sales-channel")
        .rows()
    )
    assert rows == expected
    assert result.rows == frame.height
    assert result.files == len(list(Path(tmp_path, "lake/orders").rglob("*.parquet")))
    assert not [
        p
        for p in Path(tmp_path, "lake/orders").rglob("*")
        if p.is_file() and p.suffix != ".parquet"
    ]


def test_a_second_sink_changes_nothing(client: spr.Client, tmp_path: Path) -> None:
    reports = orders(client, 30)

    def content() -> dict[str, bytes]:
        return {
            str(p): p.read_bytes() for p in Path(tmp_path / "lake").rglob("*.parquet")
        }

    first = reports.sink(tmp_path / "lake", partition_by=["sales-channel"])
    before = content()
    second = reports.sink(tmp_path / "lake", partition_by=["sales-channel"])

    assert first == second
    assert content() == before


def test_a_new_process_adopts_what_was_asked_before(
    simulator: Simulator, tmp_path: Path
) -> None:
    with simulator.client(home=tmp_path / "store") as client:
        first = january(client).read()
    asked = Counter(r.operation for r in simulator.requests)

    with simulator.client(home=tmp_path / "store") as client:
        reports = january(client)
        plan = reports.plan()
        second = reports.read()

    assert (plan.adopted, plan.stored) == (1, 1)
    assert second.equals(first)
    after = Counter(r.operation for r in simulator.requests)
    assert after["createReport"] == asked["createReport"]
    assert after["getReportDocument"] == asked["getReportDocument"]


def test_what_one_amazon_served_is_never_taken_for_anothers(tmp_path: Path) -> None:
    credentials = spr.Credentials("refresh", "app", "secret")
    frames = []
    for seed in (1, 2):
        with Simulator(seed=seed, delays=(0.0, 0.0), speed=1.0) as amazon:
            connected = spr.connect(
                endpoint=amazon.endpoint,
                token_url=amazon.token_url,
                credentials=credentials,
                home=tmp_path,
            )
            with connected as client:
                frames.append(january(client).read())

    assert not frames[0].equals(frames[1])


def test_reuse_false_asks_anew(simulator: Simulator, client: spr.Client) -> None:
    for _ in range(2):
        client.reports(
            "orders",
            start="2026-01-01",
            end="2026-01-15",
            marketplaces=["DE"],
            reuse=False,
        ).read()

    assert calls(simulator, "createReport") == 2


def test_listings_of_japan_are_japanese(client: spr.Client) -> None:
    frame = client.reports("listings", marketplaces=["JP"]).read()

    assert "商品名" in frame.columns
    assert frame["商品名"].str.contains("[\u3040-\u30ff\u4e00-\u9fff]").any()
    assert frame.schema["価格"] == pl.Decimal(38, 6)
    assert frame.schema["出品日"] == pl.Datetime("us", "UTC")


def test_listings_of_the_us_keep_raw_quotes(client: spr.Client) -> None:
    frame = client.reports("listings", marketplaces=["US"]).read()

    assert frame["item-name"].str.contains('"', literal=True).any()
    assert frame.height == 200


def test_leading_zeros_live(client: spr.Client) -> None:
    frame = orders(client).read()

    assert frame["ship-postal-code"].str.starts_with("0").any()


def test_settlements_are_listed_and_exact(client: spr.Client) -> None:
    settlements = client.existing("settlement", since="90d")

    rows = settlements.read(metadata=True)
    summaries = settlements.read(table="summary", metadata=True)

    assert settlements.tables == ("rows", "summary")
    assert len(settlements) == summaries.height == 2
    for summary in summaries.iter_rows(named=True):
        report = rows.filter(report_id=summary["report_id"])
        assert report["amount"].sum() == summary["total-amount"]
        assert report["total-amount"].null_count() == report.height > 0


def test_a_restricted_report_leaves_no_bytes_behind(
    simulator: Simulator, tmp_path: Path
) -> None:
    with simulator.client(home=tmp_path / "store") as client:
        reports = client.reports("orders_shipping", marketplaces=["US"], start="7d")
        result = reports.sink(tmp_path / "lake")

    assert result.rows > 0
    assert calls(simulator, "createRestrictedDataToken") == 1
    left = [
        p
        for p in (tmp_path / "store").rglob("*")
        if p.is_file() and p.suffix != ".sqlite"
    ]
    assert left == []


def test_restricted_bytes_are_kept_only_once_the_next_client_would_delete_them(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(AmazonOrigin, "_write_down", killed)
    with simulator.client(home=tmp_path / "store") as client:
        reports = client.reports("orders_shipping", marketplaces=["US"], start="7d")
        with pytest.raises(KeyboardInterrupt):
            reports.read()
        assert list((tmp_path / "store").glob("documents/*/*")) == []
        assert list((tmp_path / "store").glob("spool/*")) == []


def test_what_is_written_of_a_restricted_report_is_for_its_owner_alone(
    client: spr.Client, tmp_path: Path
) -> None:
    saved, table = tmp_path / "saved", tmp_path / "table"
    saved.write_bytes(b"for all to read")
    reports = client.reports("orders_shipping", marketplaces=["US"], start="7d")
    (report,) = reports

    reports.sink(table, format="delta")
    document_id = str(report.report_document_id)
    client.document(document_id, report_type="orders_shipping").save(saved)

    assert saved.stat().st_mode & 0o777 == 0o600
    assert table.stat().st_mode & 0o777 == 0o700


def test_the_log_of_a_delta_table_tells_nothing_of_buyers(
    simulator: Simulator, tmp_path: Path
) -> None:
    with simulator.client(home=tmp_path / "store") as client:
        reports = client.reports("orders_shipping", marketplaces=["US"], start="7d")
        assert reports.sink(tmp_path / "lake", format="delta").rows > 0

    rows = pl.read_delta(str(tmp_path / "lake"))
    names = rows["recipient-name"].drop_nulls().to_list()
    log = (tmp_path / "lake" / "_delta_log").glob("*.json")
    told = "".join(path.read_text() for path in log)
    assert names
    assert not [name for name in names if name in told]
    assert rows["report_id"][0] in told


def test_a_restricted_document_by_its_id_says_what_it_needs(client: spr.Client) -> None:
    (report,) = client.reports("orders_shipping", marketplaces=["US"], start="7d")
    document_id = str(report.report_document_id)

    with pytest.raises(spr.ForbiddenError, match="then needs report_type=,"):
        client.document(document_id).read()

    assert client.document(document_id, report_type="orders_shipping").read().height


def test_a_document_has_the_same_ways_out(client: spr.Client) -> None:
    (report,) = client.reports("orders", start="7d", marketplaces=["DE"])
    document = client.document(str(report.report_document_id), report_type="orders")

    assert document.tables == ("rows",)
    assert document.read().height == 200


def test_iterating_gives_reports_in_the_order_of_the_windows(
    client: spr.Client,
) -> None:
    reports = list(orders(client))

    starts = [report.data_start_time for report in reports]
    assert starts == sorted(starts, key=lambda t: t or datetime.min.replace(tzinfo=UTC))
    assert {report.processing_status for report in reports} == {"DONE"}


def test_progress_is_told_until_all_is_finished(client: spr.Client) -> None:
    seen: list[spr.Progress] = []

    orders(client).wait(on_progress=seen.append)

    assert seen[-1].finished == seen[-1].total == 3
    assert len(seen) > 3


def test_an_unknown_format_of_a_sink_is_refused(
    client: spr.Client, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match="parquet"):
        orders(client).sink(tmp_path, format="csv")


def test_a_sink_can_rescue_what_does_not_fit(tmp_path: Path) -> None:
    path = tmp_path / "orders.txt"
    path.write_text("amazon-order-id\tquantity\n1\tmany\n2\t3\n")
    document = spr.open_document(path, report_type="orders")

    with pytest.raises(spr.ParseError, match="quantity"):
        document.sink(tmp_path / "strict")
    document.sink(tmp_path / "lake", on_bad_value="rescue")

    assert not list((tmp_path / "strict").rglob("*"))
    frame = pl.read_parquet(tmp_path / "lake")
    assert frame["quantity"].to_list() == [None, 3]
    assert frame["_rescued"].to_list() == ['{"quantity": "many"}', None]


def test_a_delta_table_gets_each_report_once(
    client: spr.Client, tmp_path: Path
) -> None:
    reports = orders(client)
    by = ["sales-channel", "purchase-date:day"]

    first = reports.sink(tmp_path / "table", partition_by=by, format="delta")
    again = reports.sink(tmp_path / "table", partition_by=by, format="delta")

    written = reports.read(metadata=True)
    found = pl.scan_delta(str(tmp_path / "table")).select(written.columns).collect()
    key = ["amazon-order-id", "sku"]
    assert found.sort(key).equals(written.sort(key))
    assert (first.rows, again.rows) == (written.height, 0)
    commits = list((tmp_path / "table" / "_delta_log").glob("*.json"))
    assert len(commits) == 2, "the table, and three reports together"


@pytest.mark.slow
@pytest.mark.parametrize("report_type", ["orders", "orders_xml", "sales_and_traffic"])
@pytest.mark.parametrize("metadata", [False, True])
def test_a_small_document_is_read_as_it_is_scanned(
    client: spr.Client, report_type: str, metadata: bool
) -> None:
    reports = client.reports(
        report_type, start="2026-01-04", end="2026-01-11", marketplaces=["DE"]
    )

    frame = reports.read(metadata=metadata)

    assert frame.height
    assert frame.equals(reports.scan(metadata=metadata).collect())
    assert frame.schema == reports.scan(metadata=metadata).collect_schema()


def test_a_small_document_is_read_without_a_staged_frame(client: spr.Client) -> None:
    january(client).read()
    assert list(client._connection.store.home.glob("staged/*/*")) == []

    january(client).scan()
    assert len(list(client._connection.store.home.glob("staged/*/*"))) == 1


def test_a_large_document_that_is_staged_is_read_from_there(
    client: spr.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = january(client).read()
    monkeypatch.setattr("spreports.reports.staging.SMALL_BYTES", 0)

    assert january(client).read().equals(small)
    assert list(client._connection.store.home.glob("staged/*/*")) == []

    january(client).scan()
    monkeypatch.delattr("spreports.reports.staging.read")
    assert january(client).read().equals(small)


@pytest.mark.slow
def test_a_document_of_many_batches_is_read_as_it_is_scanned(tmp_path: Path) -> None:
    path = tmp_path / "orders.txt"
    names = [column.name for column in spr.report_type("orders").columns()][:12]
    rows = (f"{row}" + "\t" * (len(names) - 1) for row in range(300_000))
    path.write_text("\n".join(["\t".join(names), *rows, ""]))
    document = spr.open_document(path, report_type="orders")

    frame = document.read()

    assert frame.n_chunks() > 2
    assert frame.equals(document.scan().collect())
    assert frame.schema == document.scan().collect_schema()
